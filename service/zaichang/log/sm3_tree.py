"""A second tree over a log's entries, with SM3, for sites that must show Chinese commercial cryptography (国密).

It follows the log: it reads new entries, adds them to its own tree, and signs the result with SM2 under the origin
``<origin>/sm3``, as the side file ``checkpoint.sm3``. It can be rebuilt from the entries at any time, so losing its
state loses nothing. It offers no inclusion proofs; checking it takes the whole log (``zaichang verify DIR``).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.errors import EvidenceError, StorageError, ZaichangError
from zaichang.log.reader import LogReader
from zaichang.ports.log.side_files import SideFile, SideFiles
from zaichang.ports.log.store import PublishedLog
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Signer
from zaichang.tlog.sm import Sm3Tree

PERIOD_S: Final = 5.0
STEP: Final = 20_000
"""Entries added in one step, which takes some tens of milliseconds."""

_log = logging.getLogger("zaichang.log")


class StoredSm3Tree:
    """The SM3 tree of one log, stored beside it.

    Args:
        published: The log.
        side_files: Where the tree's state and its checkpoint are stored.
        signer: SM2 signer named ``<origin>/sm3``.
    """

    def __init__(self, published: PublishedLog, side_files: SideFiles, signer: Signer) -> None:
        """Continue from the stored state; without one, begin with the first entry."""
        self._published = published
        self._side_files = side_files
        self._signer = signer
        self._tree = self._load()

    @property
    def size(self) -> int:
        """Number of entries in the tree."""
        return self._tree.size

    def update(self) -> bool:
        """Add new entries, at most ``STEP``, and sign; return whether more are waiting.

        Raises:
            NotFound, EvidenceError: As ``LogReader``. ``E_CONSISTENCY`` if the log is smaller than this tree.
            StorageError: ``log.second_tree``.
        """
        reader = LogReader(self._published)
        if reader.size < self._tree.size:
            raise EvidenceError("E_CONSISTENCY", "The SM3 tree is ahead of the log: a backup of the log was restored.")
        end = min(reader.size, self._tree.size + STEP)
        if end == self._tree.size:
            return False
        while self._tree.size < end:
            self._tree.append(reader.entry(self._tree.size))
        checkpoint = Checkpoint(origin=self._signer.name, size=self._tree.size, root=self._tree.root())
        note = sign_checkpoint(checkpoint, [self._signer])
        state = {"size": self._tree.size, "perfect": [value.hex() for value in self._tree.perfect]}
        try:
            self._side_files.replace(SideFile.SM3_STATE, canonical_bytes(state))
            self._side_files.replace(SideFile.SM3_CHECKPOINT, note)
        except StorageError as error:
            raise StorageError("log.second_tree", f"The SM3 tree cannot be stored ({error.message}).") from error
        return end < reader.size

    def _load(self) -> Sm3Tree:
        try:
            value = parse_canonical_object(self._side_files.read(SideFile.SM3_STATE) or b"")
            size, perfect = value.get("size"), value.get("perfect")
            if isinstance(size, int) and isinstance(perfect, list):
                return Sm3Tree(size, tuple(bytes.fromhex(str(part)) for part in perfect))
        except (StorageError, EvidenceError, ValueError):
            pass
        return Sm3Tree()  # rebuilt from the entries


async def keep_sm3_tree(tree: StoredSm3Tree, size: Callable[[], int], period_s: float = PERIOD_S) -> None:
    """Follow the log until cancelled.

    Args:
        tree: The SM3 tree.
        size: Returns the log's published size.
        period_s: Pause between two looks, in seconds.
    """
    while True:
        try:
            while size() > tree.size and await asyncio.to_thread(tree.update):
                await asyncio.sleep(0)
        except ZaichangError as error:
            _log.error("the SM3 tree: %s", error)
        await asyncio.sleep(period_s)
