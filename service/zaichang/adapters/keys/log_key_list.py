"""Every key that a log has ever had, as a file beside its tiles, in the words of a trust file.

The log itself says the same in its ``key`` leaves; this copy is what the writer needs before it can read the log.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from zaichang.adapters.posix.folder import write_durably
from zaichang.core.errors import StorageError
from zaichang.tlog.keys import KeyVerifier
from zaichang.tlog.trust import Trust, parse_trust

KEY_LIST: Final = "vkeys"
_PUBLIC_MODE: Final = 0o644


class KeyList:
    """The list of one log.

    Args:
        root: The log's folder.
    """

    def __init__(self, root: Path) -> None:
        """Remember where it is."""
        self._path = root / KEY_LIST

    def lines(self) -> list[str]:
        """Return the lines: ``log <vkey>``, ``retired <vkey> <size>``, ``revoked <vkey> <size>``; none for a new log.

        Raises:
            StorageError: ``log.key_list``.
        """
        try:
            return self._path.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise StorageError("log.key_list", f"{self._path} cannot be read ({error}).") from error

    def trust(self) -> Trust:
        """Return the list as a trust that asks for no witness.

        Raises:
            EvidenceError: ``E_TRUST`` if a line is damaged.
            StorageError: ``log.key_list``.
        """
        return parse_trust("\n".join([*self.lines(), "quorum none", ""]).encode("ascii"))

    def verifiers(self) -> tuple[KeyVerifier, ...]:
        """Return every key that was ever listed; see ``trust``."""
        return self.trust().logs

    def add(self, *new: str) -> None:
        """Add those lines that are not there yet, durably.

        Raises:
            StorageError: ``log.key_list``.
        """
        present = self.lines()
        missing = [line for line in new if line not in present]
        if missing:
            self._write([*present, *missing])

    def replace(self, beginning: str, line: str) -> None:
        """Put a line in the place of those that begin so, durably.

        Raises:
            StorageError: ``log.key_list``.
        """
        self._write([*(old for old in self.lines() if not old.startswith(beginning)), line])

    def _write(self, lines: list[str]) -> None:
        try:
            write_durably(self._path, ("\n".join(lines) + "\n").encode("ascii"), _PUBLIC_MODE)
        except OSError as error:
            raise StorageError("log.key_list", f"{self._path} cannot be written ({error.strerror}).") from error
