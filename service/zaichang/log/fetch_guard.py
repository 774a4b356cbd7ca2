"""Guards the fetching of a copy: each bundle is checked as it comes, and storage is not filled without a limit.

A hostile log can sign any size and serve any bytes. A bundle's entries give the hashes of its lowest tile; with the
log's higher tiles they must lead to the signed root. So the first bundle that was never signed ends the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.core.errors import EvidenceError, StorageError
from zaichang.tlog.checkpoint import Checkpoint
from zaichang.tlog.merkle import leaf_hash, verify_inclusion
from zaichang.tlog.tiles import WIDTH, TileId, TileTree

FREE_BYTES: Final = 1_000_000_000
"""The space that a run leaves free on the copy's disk."""
_TILES_KEPT: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one run.

    Attributes:
        max_bytes: Most bytes that are fetched; None for no limit.
        free_bytes: Bytes that must stay free.
        free: Returns the free bytes on the copy's disk; None asks no disk.
    """

    max_bytes: int | None = None
    free_bytes: int = FREE_BYTES
    free: Callable[[], int] | None = None


class FetchGuard:
    """Checks the bundles of one run.

    Args:
        checkpoint: The log's signed checkpoint.
        tile: Returns a tile of the log with at least the asked hashes, or raises ``E_TILE``.
        limits: See ``Limits``.
    """

    def __init__(self, checkpoint: Checkpoint, tile: Callable[[TileId], bytes], limits: Limits) -> None:
        """Nothing is fetched yet."""
        self._checkpoint = checkpoint
        self._tile = tile
        self._limits = limits
        self._kept: dict[TileId, bytes] = {}
        self._spent = 0

    def spend(self, count: int) -> None:
        """Count fetched bytes before they are stored.

        Raises:
            StorageError: ``mirror.max_bytes``, ``mirror.disk_full``.
        """
        self._spent += count
        limits = self._limits
        if limits.max_bytes is not None and self._spent > limits.max_bytes:
            raise StorageError(
                "mirror.max_bytes", f"The log hands out more than {limits.max_bytes} bytes.", "Raise --max-bytes."
            )
        if limits.free is not None and limits.free() - count < limits.free_bytes:
            raise StorageError(
                "mirror.disk_full", f"Less than {limits.free_bytes} bytes would stay free.", "Make room, run it again."
            )

    def check(self, number: int, entries: Sequence[bytes]) -> bool:
        """Check that a bundle's entries are under the signed root; return False where the log lacks a tile for it.

        Args:
            number: Of the bundle.
            entries: Its entries.

        Raises:
            EvidenceError: ``E_INCLUSION``.
        """
        hashes = [leaf_hash(entry) for entry in entries]
        first, size = number * WIDTH, self._checkpoint.size

        def read(tile: TileId) -> bytes:
            own = tile.level == 0 and tile.index == number
            return b"".join(hashes) if own else self._cached(tile)

        try:
            proof = TileTree(size, read).inclusion_proof(first)
        except EvidenceError as error:
            if error.code == "E_TILE" and number // WIDTH == (size // WIDTH) // WIDTH:
                return False  # partial tiles at the log's end are replaced as it grows; the whole is checked later
            raise
        verify_inclusion(hashes[0], first, size, proof, self._checkpoint.root)
        return True

    def _cached(self, tile: TileId) -> bytes:
        if tile not in self._kept:
            if len(self._kept) >= _TILES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[tile] = self._tile(tile)[: 32 * tile.width]
        return self._kept[tile]
