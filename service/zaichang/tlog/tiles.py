"""The tile layout: where hashes and entries lie, and how proofs are read out of them (C2SP tlog-tiles).

A *tile* is up to 256 hashes of one level; a *bundle* is up to 256 entries, each behind its length. Full ones never
change; a partial one carries its width in its name. All are plain files that any web server can serve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from zaichang.core.errors import EvidenceError
from zaichang.tlog.merkle import (
    HASH_BYTES,
    consistency_ranges,
    inclusion_ranges,
    node_hash,
    range_hash,
    root_hash,
)

WIDTH: Final = 256
HEIGHT: Final = 8
MAX_ENTRY_BYTES: Final = 65_535
CHECKPOINT_PATH: Final = "checkpoint"
ENTRIES: Final = -1
"""The level that stands for bundles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileId:
    """The place of a tile or bundle.

    Attributes:
        level: 0 for leaf hashes and up; ``ENTRIES`` for a bundle.
        index: Number within its level.
        width: Hashes or entries in it, 1 to 256; 256 is a full one.
    """

    level: int
    index: int
    width: int = WIDTH

    def path(self) -> str:
        """Return the path below the log's prefix."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        name = "entries" if self.level == ENTRIES else str(self.level)
        suffix = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{name}/{number}{suffix}"

    def full(self) -> TileId:
        """Return the same tile when full."""
        return TileId(level=self.level, index=self.index)


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes (or entries) tile ``index`` of ``level`` has in a log of ``size``; 0 if it has none."""
    return max(0, min(WIDTH, (size >> (HEIGHT * max(level, 0))) - index * WIDTH))


def tile_at(level: int, index: int, size: int) -> TileId:
    """Return the tile as it is named in a log of ``size``.

    Raises:
        EvidenceError: ``E_TILE`` if a log of that size has no such tile.
    """
    width = tile_width(level, index, size)
    if width == 0:
        _bad(f"a log of {size} leaves has no tile {index} at level {level}")
    return TileId(level=level, index=index, width=width)


def tiles_of(size: int) -> Iterator[TileId]:
    """Yield every tile and bundle of a log of ``size``: bundles first, then hashes from the leaves up."""
    level = ENTRIES
    while count := size >> (HEIGHT * max(level, 0)):
        for index in range(-(-count // WIDTH)):
            yield tile_at(level, index, size)
        level += 1


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return the entries, each behind its length as a big-endian uint16.

    Raises:
        EvidenceError: ``E_TILE`` if an entry is longer than 65,535 bytes.
    """
    parts = bytearray()
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            _bad(f"an entry of {len(entry)} bytes is longer than {MAX_ENTRY_BYTES}")
        parts += len(entry).to_bytes(2, "big") + entry
    return bytes(parts)


def decode_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """Return the ``width`` entries of a bundle.

    Raises:
        EvidenceError: ``E_TILE`` if there are fewer or more, or the last is cut off.
    """
    entries: list[bytes] = []
    position = 0
    while position < len(data):
        if len(entries) == width:
            _bad(f"a bundle holds more than its {width} entries")
        start = position + 2
        end = start + int.from_bytes(data[position:start], "big")
        if start > len(data) or end > len(data):
            _bad(f"a bundle is cut off in its entry {len(entries)}")
        entries.append(data[start:end])
        position = end
    if len(entries) != width:
        _bad(f"a bundle holds {len(entries)} entries, not {width}")
    return tuple(entries)


def decode_tile(data: bytes, width: int) -> tuple[bytes, ...]:
    """Return the ``width`` hashes of a tile.

    Raises:
        EvidenceError: ``E_TILE`` if the length is not ``32 * width``.
    """
    if len(data) != HASH_BYTES * width:
        _bad(f"a tile of {width} hashes has {len(data)} bytes, not {HASH_BYTES * width}")
    return tuple(data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES))


def tile_hash(hashes: Sequence[bytes]) -> bytes:
    """Return the hash that a full tile has in the level above it.

    Raises:
        EvidenceError: ``E_TILE`` if the tile is not full.
    """
    if len(hashes) != WIDTH:
        _bad(f"a tile of {len(hashes)} hashes has no hash in the level above")
    return root_hash(hashes)


class TileTree:
    """Hashes and proofs of a log of ``size``, read from its tiles.

    Args:
        size: The checkpoint's size.
        read: Returns a tile's bytes; each is asked for at most once.
    """

    def __init__(self, size: int, read: Callable[[TileId], bytes]) -> None:
        """Keep the reader."""
        self.size = size
        self._read = read
        self._tiles: dict[TileId, list[list[bytes]]] = {}

    def leaf_hash(self, index: int) -> bytes:
        """Return the hash of leaf ``index``.

        Raises:
            EvidenceError: ``E_TILE``.
        """
        return self._rows(0, index // WIDTH)[0][index % WIDTH]

    def root(self) -> bytes:
        """Return the root that the tiles give.

        Raises:
            EvidenceError: ``E_TILE``.
        """
        return self.range_hash(0, self.size)

    def range_hash(self, start: int, end: int) -> bytes:
        """Return the hash of subtree ``[start, end)``.

        Raises:
            EvidenceError: ``E_TILE``.
        """
        return range_hash(start, end, self._perfect)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Return the proof for leaf ``index``, from the leaf up.

        Raises:
            EvidenceError: ``E_INCLUSION``, ``E_TILE``.
        """
        return [self.range_hash(*pair) for pair in inclusion_ranges(index, self.size)]

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """Return the proof that the log's first ``old_size`` leaves are unchanged.

        Raises:
            EvidenceError: ``E_CONSISTENCY``, ``E_TILE``.
        """
        return [self.range_hash(*pair) for pair in consistency_ranges(old_size, self.size)]

    def _perfect(self, start: int, end: int) -> bytes:
        height = (end - start).bit_length() - 1
        level, row = divmod(height, HEIGHT)
        place = start >> height
        per_tile = WIDTH >> row
        rows = self._rows(level, place // per_tile)
        return rows[row][place % per_tile]

    def _rows(self, level: int, index: int) -> list[list[bytes]]:
        """Return a tile's hashes and, above them, those of its inner nodes; kept, so that many proofs cost little."""
        tile = tile_at(level, index, self.size)
        rows = self._tiles.get(tile)
        if rows is None:
            rows = [list(decode_tile(self._read(tile), tile.width))]
            while len(rows[-1]) > 1:
                below = rows[-1]
                rows.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
            self._tiles[tile] = rows
        return rows


def _bad(what: str) -> NoReturn:
    raise EvidenceError("E_TILE", f"Tiles: {what}.")
