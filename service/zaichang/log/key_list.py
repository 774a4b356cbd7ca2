"""All keys that a log has ever had, in the format of a trust file.

The log's own ``key`` leaves hold the same facts. This copy exists because the writer needs the keys before it can read
the log.
"""

from __future__ import annotations

from zaichang.ports.log.keys import KeyFiles
from zaichang.tlog.keys import KeyVerifier
from zaichang.tlog.trust import Trust, parse_trust


class KeyList:
    """The key list of one log.

    Args:
        keys: Where it is stored.
    """

    def __init__(self, keys: KeyFiles) -> None:
        """Remember the storage."""
        self._keys = keys

    def lines(self) -> list[str]:
        """Return the lines: ``log <vkey>``, ``retired <vkey> <size>``, ``revoked <vkey> <size>``; none for a new log.

        Raises:
            StorageError: ``log.key_list``.
        """
        return self._keys.listed()

    def trust(self) -> Trust:
        """Return the list as a trust that requires no witness.

        Raises:
            EvidenceError: ``E_TRUST`` if a line is damaged.
            StorageError: ``log.key_list``.
        """
        return parse_trust("\n".join([*self.lines(), "quorum none", ""]).encode("ascii"))

    def verifiers(self) -> tuple[KeyVerifier, ...]:
        """Return every key that was ever listed; see ``trust``."""
        return self.trust().logs

    def add(self, *new: str) -> None:
        """Add the lines that are missing, durably.

        Raises:
            StorageError: ``log.key_list``.
        """
        present = self.lines()
        missing = [line for line in new if line not in present]
        if missing:
            self._keys.replace_list([*present, *missing])

    def replace(self, beginning: str, line: str) -> None:
        """Replace all lines that start with ``beginning`` by ``line``, durably.

        Raises:
            StorageError: ``log.key_list``.
        """
        self._keys.replace_list([*(old for old in self.lines() if not old.startswith(beginning)), line])
