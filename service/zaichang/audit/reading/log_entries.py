"""Reads the entries of a log's folder in their order, also up to an earlier size than the newest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from zaichang.core.errors import EvidenceError
from zaichang.tlog.tiles import ENTRIES, WIDTH, TileId, decode_bundle, tile_at


def read_entries(read: Callable[[str], bytes | None], size: int) -> Iterator[Sequence[bytes]]:
    """Yield the first ``size`` entries, bundle by bundle.

    Args:
        read: Reads the log's files.
        size: How many.

    Raises:
        EvidenceError: ``E_TILE`` if a bundle is missing or damaged.
    """
    for number in range(-(-size // WIDTH)):
        tile = tile_at(ENTRIES, number, size)
        data = read(tile.path())
        width = tile.width
        if data is None:
            # The log has grown past this size: its larger tile holds these entries first.
            data, width = _larger(read, tile)
        yield decode_bundle(data, width)[: tile.width]


def _larger(read: Callable[[str], bytes | None], tile: TileId) -> tuple[bytes, int]:
    for width in range(tile.width + 1, WIDTH + 1):
        data = read(TileId(level=ENTRIES, index=tile.index, width=width).path())
        if data is not None:
            return data, width
    raise EvidenceError("E_TILE", f"{tile.path()} is missing.")
