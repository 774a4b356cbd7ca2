"""One log's keys as files: secrets in the ``keys`` folder, the key list and the present ``vkey`` beside its tiles."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from zaichang.adapters.keys.log_keys import load_or_create_log_key, load_or_create_secret
from zaichang.adapters.keys.signing_command import CommandSigner
from zaichang.adapters.posix.folder import storage_error, sync_dir, write_durably
from zaichang.core.errors import StorageError
from zaichang.tlog.keys import Signer

VKEY: Final = "vkey"
KEY_LIST: Final = "vkeys"
_PUBLIC_MODE: Final = 0o644


class LogKeyFiles:
    """``KeyFiles`` in two folders.

    Args:
        keys: Folder of the secret keys.
        stem: Beginning of the names of this log's secret files.
        root: The log's folder.
    """

    def __init__(self, keys: Path, stem: str, root: Path) -> None:
        """Store the folders; nothing is created before it is used."""
        self._keys = keys
        self._stem = stem
        self._root = root

    def own_signer(self, origin: str) -> Signer:
        """See ``KeyFiles``."""
        return load_or_create_log_key(self._own, origin)

    def next_signer(self, origin: str) -> Signer:
        """See ``KeyFiles``."""
        return load_or_create_log_key(self._next, origin)

    def complete_rotation(self, old_key_id: int) -> None:
        """See ``KeyFiles``.

        The old secret stays as ``<stem>.key.ended-<key id>``; deleting it is the operator's decision
        (docs/evidence.md).

        Raises:
            StorageError: ``log.key_file``.
        """
        try:
            with suppress(FileExistsError):
                os.link(self._own, self._keys / f"{self._stem}.key.ended-{old_key_id:08x}")
            self._next.replace(self._own)
            sync_dir(self._keys)
        except OSError as error:
            raise StorageError("log.key_file", f"The key files cannot be renamed ({error.strerror}).") from error

    def command_signer(self, command: str, origin: str) -> Signer:
        """See ``KeyFiles``."""
        return CommandSigner(command, origin)

    def ml_dsa_secret(self) -> bytes:
        """See ``KeyFiles``."""
        return load_or_create_secret(self._keys / f"{self._stem}.mldsa")

    def sm2_signer(self, name: str) -> Signer:
        """See ``KeyFiles``."""
        from zaichang.adapters.keys.sm2_signer import load_or_create_sm2_key  # optional: zaichang[sm]

        return load_or_create_sm2_key(self._keys / f"{self._stem}.sm2", name)

    def publish(self, vkey: str) -> None:
        """See ``KeyFiles``."""
        path = self._root / VKEY
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(vkey + "\n", encoding="ascii")
        except OSError as error:
            raise storage_error(error, path) from error

    def listed(self) -> list[str]:
        """Return the lines: ``log <vkey>``, ``retired <vkey> <size>``, ``revoked <vkey> <size>``; none for a new log.

        Raises:
            StorageError: ``log.key_list``.
        """
        path = self._root / KEY_LIST
        try:
            return path.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise StorageError("log.key_list", f"{path} cannot be read ({error}).") from error

    def replace_list(self, lines: Sequence[str]) -> None:
        """Replace the key list durably.

        Raises:
            StorageError: ``log.key_list``.
        """
        path = self._root / KEY_LIST
        try:
            write_durably(path, ("\n".join(lines) + "\n").encode("ascii"), _PUBLIC_MODE)
        except OSError as error:
            raise StorageError("log.key_list", f"{path} cannot be written ({error.strerror}).") from error

    @property
    def _own(self) -> Path:
        return self._keys / f"{self._stem}.key"

    @property
    def _next(self) -> Path:
        return self._keys / f"{self._stem}.key.next"
