"""Replaces or revokes a log's signing key. The service must not be running on the same logs.

Theory. The checkpoint that contains the ``key`` leaves of a rotation is signed by the old key and by the new one, so
readers who know only one of them can follow. Later checkpoints are signed by the new key alone. Every step survives a
crash, and running the rotation again finishes it, because of the order of the steps:

1. the new secret is stored before anything is signed with it;
2. the key list ends the old key before the log does, so the service refuses to start with the old key from here on;
3. the log gets its ``key`` leaves, under submission keys that make a repetition harmless;
4. the new secret takes the place of the old one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zaichang.core.errors import ConfigError, IllegalEvent
from zaichang.log.key_list import KeyList
from zaichang.log.signing import SigningConfig, additional_signers, former_keys, key_leaf, open_signers
from zaichang.log.writer import LogWriter
from zaichang.ports.log.keys import KeyFiles
from zaichang.ports.log.store import HeadStore, LogStore
from zaichang.tlog.keys import Signer, parse_vkey


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """The result of a rotation or revocation.

    Attributes:
        old: The verifier key that ended.
        new: The verifier key that signs now; unchanged where an earlier key was revoked.
        size: The log's size with the new ``key`` leaves.
        until: The last size up to which the ended key's signature alone is accepted.
    """

    old: str
    new: str
    size: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """A log with its keys, ready for a change of key.

    Attributes:
        origin: The log.
        keys: Its keys.
        config: How it is signed.
        store: Its objects.
        heads: Its head; the caller closes it.
        now_ms: Returns server time.
        known_size: Asks the witnesses for the largest size that they have cosigned.
    """

    origin: str
    keys: KeyFiles
    config: SigningConfig
    store: LogStore
    heads: HeadStore
    now_ms: Callable[[], int]
    known_size: Callable[[], int] = lambda: 0

    def rotate(self, *, revoke: bool = False, until: int | None = None, next_command: str = "") -> Rotated:
        """Introduce a new key and end the present one.

        Args:
            revoke: Whether the present key may be known to an attacker.
            until: For a revocation: the last size that is known to be ours; None takes the present size.
            next_command: Where a command signs: the command that reaches the new key.

        Raises:
            ConfigError: ``log.next_command``, ``log.until``.
            StorageError, FatalLogError: As ``LogWriter``.
        """
        # (1) Old and new signer; the new secret is on disk after this.
        old = open_signers(self.keys, self.origin, self.config)[0]
        new = self._new_signer(next_command)
        if new.vkey == old.vkey:
            raise ConfigError("log.next_command", "The new key is the one that signs already.")
        # (2) Where the old key ends. A retired key signs the two new leaves too.
        writer = self._writer([new, old, *additional_signers(self.keys, self.origin, self.config)])
        size = writer.recover().checkpoint.size
        end = size if until is None else until
        if not 0 <= end <= size:
            raise ConfigError("log.until", f"The size must be from 0 to {size}.")
        if not revoke:
            end = size + 2
        at_ms = self.now_ms()
        old_key, new_key = parse_vkey(old.vkey), parse_vkey(new.vkey)
        action, word = ("revoke", "revoked") if revoke else ("retire", "retired")
        batch = [
            ((f"key-{new_key.key_id:08x}-add", 0), key_leaf(self.origin, at_ms, "add", new_key, size)),
            ((f"key-{old_key.key_id:08x}-end", 0), key_leaf(self.origin, at_ms, action, old_key, end)),
        ]
        # (3) The key list ends the old key.
        names = KeyList(self.keys)
        names.add(f"log {old.vkey}", f"log {new.vkey}")
        names.replace(f"{word} {old.vkey} ", f"{word} {old.vkey} {end}")
        # (4) The log ends the old key.
        results, signed = writer.commit(batch)
        if any(isinstance(result, IllegalEvent) or result.duplicate for result in results) and not revoke:
            # An earlier run crashed between (4) and (5). The leaves that it logged hold.
            end = signed.checkpoint.size
            names.replace(f"{word} {old.vkey} ", f"{word} {old.vkey} {end}")
        # (5) The new key becomes the log's own.
        if not self.config.command:
            self.keys.complete_rotation(old_key.key_id)
        self.keys.publish(new.vkey)
        return Rotated(old=old.vkey, new=new.vkey, size=signed.checkpoint.size, until=end)

    def revoke_former(self, key_id: str, until: int | None = None) -> Rotated:
        """Revoke a key that does not sign any more.

        Args:
            key_id: Its id, 8 hex digits.
            until: The last size that is known to be ours; None takes the size at which it retired.

        Raises:
            ConfigError: ``log.unknown_key``, ``log.until``.
            StorageError, FatalLogError: As ``LogWriter``.
        """
        trust = KeyList(self.keys).trust()
        found = next((key for key in trust.logs if f"{key.key_id:08x}" == key_id), None)
        if found is None:
            raise ConfigError("log.unknown_key", f"No key {key_id} has signed this log.", "See zaichang log keys.")
        before = trust.ended.get((found.name, found.key_id))
        signers = open_signers(self.keys, self.origin, self.config)
        writer = self._writer(signers)
        size = writer.recover().checkpoint.size
        end = until if until is not None else size if before is None else before.size
        if not 0 <= end <= size:
            raise ConfigError("log.until", f"The size must be from 0 to {size}.")
        leaf = key_leaf(self.origin, self.now_ms(), "revoke", found, end)
        _, signed = writer.commit([((f"key-{key_id}-revoke", 0), leaf)])
        KeyList(self.keys).replace(f"retired {found.vkey} ", f"revoked {found.vkey} {end}")
        return Rotated(old=found.vkey, new=signers[0].vkey, size=signed.checkpoint.size, until=end)

    def _new_signer(self, next_command: str) -> Signer:
        if not self.config.command:
            return self.keys.next_signer(self.origin)
        if not next_command:
            raise ConfigError("log.next_command", "A command signs this log: name the new key's with --next-command.")
        return self.keys.command_signer(next_command, self.origin)

    def _writer(self, signers: list[Signer]) -> LogWriter:
        former = former_keys(self.keys, signers)
        return LogWriter(self.origin, signers, self.store, self.heads, self.now_ms, self.known_size, former=former)
