"""A log's second tree, with SM3 over the same entries, for sites that must show Chinese commercial cryptography.

It follows the first tree: whatever is published there is taken in here, and signed with SM2 under ``<origin>/sm3`` as
``checkpoint.sm3`` beside the other files. It can be made anew from the entries at any time, so losing it loses nothing.
There are no inclusion proofs in it: who checks it reads the whole log (``zaichang verify DIR``).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from zaichang.adapters.posix.folder import write_durably
from zaichang.adapters.posix.log_store import PUBLIC
from zaichang.audit.log_scan import SECOND_CHECKPOINT
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.errors import EvidenceError, StorageError, ZaichangError
from zaichang.log.reader import LogReader
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Signer
from zaichang.tlog.sm import Sm3Tree

PERIOD_S: Final = 5.0
STEP: Final = 20_000
"""Entries taken in at once: some tens of milliseconds."""

_STATE: Final = "sm3-state"
_log = logging.getLogger("zaichang.log")


class SecondTree:
    """One log's second tree.

    Args:
        root: The log's folder.
        signer: SM2 signer named ``<origin>/sm3``.
    """

    def __init__(self, root: Path, signer: Signer) -> None:
        """Go on from what is kept."""
        self._root = root
        self._signer = signer
        self._path = root / _STATE
        self._tree = self._load()

    @property
    def size(self) -> int:
        """Number of entries taken in."""
        return self._tree.size

    def update(self) -> bool:
        """Take in what is new, ``STEP`` entries at most, and sign; return whether there is more.

        Raises:
            NotFound, EvidenceError: From the first tree.
            StorageError: ``log.second_tree``.
        """
        reader = LogReader(self._root)
        if reader.size < self._tree.size:
            raise EvidenceError("E_CONSISTENCY", "The second tree is ahead of the first: the log was put back.")
        end = min(reader.size, self._tree.size + STEP)
        if end == self._tree.size:
            return False
        while self._tree.size < end:
            self._tree.append(reader.entry(self._tree.size))
        checkpoint = Checkpoint(origin=self._signer.name, size=self._tree.size, root=self._tree.root())
        note = sign_checkpoint(checkpoint, [self._signer])
        state = {"size": self._tree.size, "perfect": [value.hex() for value in self._tree.perfect]}
        try:
            write_durably(self._path, canonical_bytes(state))
            write_durably(self._root / PUBLIC / SECOND_CHECKPOINT, note, 0o644)
        except OSError as error:
            raise StorageError("log.second_tree", f"The second tree cannot be kept ({error.strerror}).") from error
        return end < reader.size

    def _load(self) -> Sm3Tree:
        try:
            value = parse_canonical_object(self._path.read_bytes())
            size, perfect = value.get("size"), value.get("perfect")
            if isinstance(size, int) and isinstance(perfect, list):
                return Sm3Tree(size, tuple(bytes.fromhex(str(part)) for part in perfect))
        except (OSError, EvidenceError, ValueError):
            pass
        return Sm3Tree()  # made anew from the entries


async def keep_second_tree(tree: SecondTree, size: Callable[[], int], period_s: float = PERIOD_S) -> None:
    """Follow the first tree until cancelled.

    Args:
        tree: The second one.
        size: Published size of the first now.
        period_s: Pause between two looks.
    """
    while True:
        try:
            while size() > tree.size and await asyncio.to_thread(tree.update):
                await asyncio.sleep(0)
        except ZaichangError as error:
            _log.error("the second tree: %s", error)
        await asyncio.sleep(period_s)
