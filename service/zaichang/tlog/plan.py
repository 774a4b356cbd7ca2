"""The plan of a batch: from the tree's right edge and new leaves to the tiles to write. Pure; storage applies it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zaichang.core.errors import EvidenceError
from zaichang.tlog.merkle import EMPTY_ROOT, fold_peaks, leaf_hash, peaks, root_hash
from zaichang.tlog.tiles import (
    ENTRIES,
    WIDTH,
    TileId,
    decode_bundle,
    decode_tile,
    encode_bundle,
    tile_at,
    tile_hash,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeState:
    """The state needed to append: the partial tiles at the right edge.

    Attributes:
        size: Number of leaves.
        edge: For each level the hashes of its partial tile, 0 to 255 of them; the last level is not empty.
        tail: The entries of the partial bundle, as many as ``edge[0]`` has hashes.
    """

    size: int = 0
    edge: tuple[tuple[bytes, ...], ...] = ()
    tail: tuple[bytes, ...] = ()

    def root(self) -> bytes:
        """Return the root over all leaves."""
        if self.size == 0:
            return EMPTY_ROOT
        perfect: list[bytes] = []
        for hashes in reversed(self.edge):
            perfect += [root_hash(hashes[low:high]) for low, high in peaks(0, len(hashes))]
        return fold_peaks(perfect)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The result of appending a batch.

    Attributes:
        state: The tree afterwards.
        root: Its root.
        leaf_hashes: Of the batch, in order; the first has index ``state.size - len(leaf_hashes)``.
        objects: Path and content of every tile and bundle to write: those filled, and the partial ones of the new size.
        obsolete: Paths of partial tiles that need not be kept once ``objects`` are durable.
    """

    state: TreeState
    root: bytes
    leaf_hashes: tuple[bytes, ...]
    objects: tuple[tuple[str, bytes], ...]
    obsolete: tuple[str, ...]


def plan_batch(state: TreeState, leaves: Sequence[bytes]) -> Plan:
    """Plan the appending of ``leaves``, in their order.

    Raises:
        EvidenceError: ``E_TILE`` if a leaf is too long for a bundle; ``E_SCHEMA`` if the batch is empty.
    """
    if not leaves:
        raise EvidenceError("E_SCHEMA", "A batch must hold at least one leaf.")
    objects: list[tuple[str, bytes]] = []
    filled: list[TileId] = []
    hashes = tuple(leaf_hash(leaf) for leaf in leaves)
    size = state.size + len(leaves)

    bundle, first = [*state.tail, *leaves], state.size // WIDTH
    while len(bundle) >= WIDTH:
        filled.append(TileId(level=ENTRIES, index=first))
        objects.append((filled[-1].path(), encode_bundle(bundle[:WIDTH])))
        bundle, first = bundle[WIDTH:], first + 1
    if bundle:
        objects.append((tile_at(ENTRIES, first, size).path(), encode_bundle(bundle)))

    edge: list[tuple[bytes, ...]] = []
    level, carried = 0, list(hashes)
    while carried or level < len(state.edge):
        old = state.edge[level] if level < len(state.edge) else ()
        row, first = [*old, *carried], (state.size >> (8 * level)) // WIDTH
        grown, carried = bool(carried), []
        while len(row) >= WIDTH:
            filled.append(TileId(level=level, index=first))
            objects.append((filled[-1].path(), b"".join(row[:WIDTH])))
            carried.append(tile_hash(row[:WIDTH]))
            row, first = row[WIDTH:], first + 1
        if row and grown:
            objects.append((tile_at(level, first, size).path(), b"".join(row)))
        edge.append(tuple(row))
        level += 1
    after = TreeState(size=size, edge=tuple(edge), tail=tuple(bundle))
    return Plan(
        state=after,
        root=after.root(),
        leaf_hashes=hashes,
        objects=tuple(objects),
        obsolete=tuple(f"{tile.path()}.p" for tile in filled),
    )


def load_state(size: int, read: Callable[[TileId], bytes]) -> TreeState:
    """Read the right edge of a log of ``size`` back, checking the last bundle against the leaf hashes.

    The caller compares ``root()`` with the checkpoint's.

    Raises:
        EvidenceError: ``E_TILE`` if a tile has the wrong length; ``E_LEAF_HASH`` naming the first entry that does not
            hash to its leaf.
    """
    edge: list[tuple[bytes, ...]] = []
    level = 0
    while size >> (8 * level):
        count = size >> (8 * level)
        width = count % WIDTH
        tile = TileId(level=level, index=count // WIDTH, width=width)
        edge.append(decode_tile(read(tile), width) if width else ())
        level += 1
    tail: tuple[bytes, ...] = ()
    if size % WIDTH:
        bundle = TileId(level=ENTRIES, index=size // WIDTH, width=size % WIDTH)
        tail = decode_bundle(read(bundle), bundle.width)
        for position, entry in enumerate(tail):
            if leaf_hash(entry) != edge[0][position]:
                index = bundle.index * WIDTH + position
                raise EvidenceError("E_LEAF_HASH", f"Entry {index} does not hash to its leaf.")
    return TreeState(size=size, edge=tuple(edge), tail=tail)
