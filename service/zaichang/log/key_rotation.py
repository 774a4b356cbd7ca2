"""Changing a log's key: the old and the new one sign the checkpoint that holds the news; from there on the new one.

Crash-safe: the new key is on disk before anything is signed with it; the key list ends the old one before the log
tells, so that the service does not start with it any more; the file names change last. Doing it again finishes
what a crash left. The service must not be running on the data folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from zaichang.adapters.keys.log_key_list import KeyList
from zaichang.adapters.keys.log_keys import load_or_create_log_key
from zaichang.adapters.keys.signing_command import CommandSigner
from zaichang.adapters.posix.folder import sync_dir
from zaichang.core.errors import ConfigError, IllegalEvent, StorageError
from zaichang.log.signing import LogPlace, SigningConfig, former_keys, key_leaf, more_signers, open_signers
from zaichang.log.writer import LogWriter
from zaichang.ports.log import HeadStore, LogStore
from zaichang.tlog.keys import Signer, parse_vkey


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What a rotation did.

    Attributes:
        old: The verifier key that ended.
        new: The one that signs now; the same as before where an earlier key was revoked.
        size: The log's size after it told.
        until: The last size up to which the ended key is good alone.
    """

    old: str
    new: str
    size: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """One log whose key is to change.

    Attributes:
        place: The log.
        config: How it is signed.
        store: Its tiles.
        heads: Its head.
        now_ms: Server time.
        known_size: What witnesses know.
    """

    place: LogPlace
    config: SigningConfig
    store: LogStore
    heads: HeadStore
    now_ms: Callable[[], int]
    known_size: Callable[[], int] = lambda: 0

    def rotate(self, *, revoke: bool = False, until: int | None = None, next_command: str = "") -> Rotated:
        """Bring in a new key and end the present one.

        Args:
            revoke: Whether the present key may be in somebody else's hands.
            until: For a revocation: the last size that is known to be ours; the present size by default.
            next_command: Where a command signs: the command that reaches the new key.

        Raises:
            ConfigError: ``log.next_command``, ``log.until``.
            StorageError, FatalLogError: as ``LogWriter``.
        """
        place, config = self.place, self.config
        old = open_signers(place, config)[0]
        new: Signer
        if config.command:
            if not next_command:
                raise ConfigError(
                    "log.next_command", "A command signs this log: name the new key's with --next-command."
                )
            new = CommandSigner(next_command, place.origin)
        else:
            new = load_or_create_log_key(place.next_key_file, place.origin)
        if new.vkey == old.vkey:
            raise ConfigError("log.next_command", "The new key is the one that signs already.")
        writer = self._writer([new, old, *more_signers(place, config)])
        size = writer.recover().checkpoint.size
        end = size if until is None else until
        if not 0 <= end <= size:
            raise ConfigError("log.until", f"The size must be from 0 to {size}.")
        if not revoke:
            end = size + 2
        at_ms = self.now_ms()
        old_key, new_key = parse_vkey(old.vkey), parse_vkey(new.vkey)
        word, line = ("revoke", "revoked") if revoke else ("retire", "retired")
        batch = [
            ((f"key-{new_key.key_id:08x}-add", 0), key_leaf(place.origin, at_ms, "add", new_key, size)),
            ((f"key-{old_key.key_id:08x}-end", 0), key_leaf(place.origin, at_ms, word, old_key, end)),
        ]
        names = KeyList(place.root)
        names.add(f"log {old.vkey}", f"log {new.vkey}")
        names.replace(f"{line} {old.vkey} ", f"{line} {old.vkey} {end}")
        results, signed = writer.commit(batch)
        if any(isinstance(result, IllegalEvent) or result.duplicate for result in results) and not revoke:
            # A crash came between the log's telling and the new file names: what it told then holds.
            end = signed.checkpoint.size
            names.replace(f"{line} {old.vkey} ", f"{line} {old.vkey} {end}")
        if not config.command:
            self._rename(old_key.key_id)
        self._publish(new)
        return Rotated(old=old.vkey, new=new.vkey, size=signed.checkpoint.size, until=end)

    def revoke_former(self, key_id: str, until: int | None = None) -> Rotated:
        """Revoke a key that signs no more.

        Args:
            key_id: Its id, 8 hex digits.
            until: The last size that is known to be ours; by default the one at which it retired.

        Raises:
            ConfigError: ``log.unknown_key``, ``log.until``.
            StorageError, FatalLogError: as ``LogWriter``.
        """
        place = self.place
        trust = KeyList(place.root).trust()
        found = next((key for key in trust.logs if f"{key.key_id:08x}" == key_id), None)
        if found is None:
            raise ConfigError("log.unknown_key", f"No key {key_id} has signed this log.", "See zaichang log keys.")
        before = trust.ended.get((found.name, found.key_id))
        signers = open_signers(place, self.config)
        writer = self._writer(signers)
        size = writer.recover().checkpoint.size
        end = until if until is not None else size if before is None else before.size
        if not 0 <= end <= size:
            raise ConfigError("log.until", f"The size must be from 0 to {size}.")
        leaf = key_leaf(place.origin, self.now_ms(), "revoke", found, end)
        _, signed = writer.commit([((f"key-{key_id}-revoke", 0), leaf)])
        names = KeyList(place.root)
        names.replace(f"retired {found.vkey} ", f"revoked {found.vkey} {end}")
        return Rotated(old=found.vkey, new=signers[0].vkey, size=signed.checkpoint.size, until=end)

    def _writer(self, signers: list[Signer]) -> LogWriter:
        former = former_keys(self.place, signers)
        return LogWriter(
            self.place.origin, signers, self.store, self.heads, self.now_ms, self.known_size, former=former
        )

    def _rename(self, old_id: int) -> None:
        place = self.place
        try:
            # The retired secret is put aside, not destroyed: destroying is the operator's decision (docs/evidence.md).
            with suppress(FileExistsError):
                os.link(place.key_file, place.keys / f"{place.stem}.key.ended-{old_id:08x}")
            place.next_key_file.replace(place.key_file)
            sync_dir(place.keys)
        except OSError as error:
            raise StorageError("log.key_file", f"The key files cannot be renamed ({error.strerror}).") from error

    def _publish(self, new: Signer) -> None:
        (self.place.root / "vkey").write_text(new.vkey + "\n", encoding="ascii")
