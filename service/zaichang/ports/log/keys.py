"""Signing keys of one log, and the list of all verifier keys that ever signed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.tlog.keys import Signer


class KeyFiles(Protocol):
    """The keys of one log. A key that does not exist is created on first use. All methods block.

    Every method may raise ``StorageError`` or ``ConfigError`` with the code ``log.key_file`` (``log.key_list`` for the
    list), and ``log.signer`` where a command signs.
    """

    def own_signer(self, origin: str) -> Signer:
        """Return the signer of the log's own Ed25519 key, named after the log's origin.

        Cost: read; commit where the key is made.
        """

    def next_signer(self, origin: str) -> Signer:
        """Return the signer of the key that a rotation is about to introduce.

        Cost: read; commit where the key is made.
        """

    def complete_rotation(self, old_key_id: int) -> None:
        """Make the next key the log's own key; keep the old secret aside under its key id. Safe to repeat.

        Cost: commit.
        """

    def command_signer(self, command: str, origin: str) -> Signer:
        """Return a signer that runs ``command`` for every signature (a smart card, an HSM, a remote signer).

        Cost: memory; each signature is a trip.
        """

    def ml_dsa_secret(self) -> bytes:
        """Return the 32 secret bytes of the log's ML-DSA-44 key. Cost: read; commit where the key is made."""

    def sm2_signer(self, name: str) -> Signer:
        """Return the signer of the log's SM2 key under ``name``: the log's origin, or its SM3 tree's.

        Cost: read; commit where the key is made.

        Raises:
            ConfigError: ``verify.no_sm`` where SM2 is not installed.
        """

    def publish(self, vkey: str) -> None:
        """Show the verifier key that signs now, beside the log's objects. Cost: commit."""

    def listed(self) -> list[str]:
        """Return the lines of the key list, in the format of a trust file; none for a new log. Cost: read."""

    def replace_list(self, lines: Sequence[str]) -> None:
        """Replace the key list durably. Cost: commit."""
