"""Planned batches: tiles, obsolete tiles, and a damaged right edge."""

import random

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog.merkle import EMPTY_ROOT, leaf_hash, root_hash, verify_consistency, verify_inclusion
from zaichang.tlog.plan import TreeState, load_state, plan_batch
from zaichang.tlog.tiles import (
    ENTRIES,
    TileTree,
    encode_bundle,
    tile_at,
    tiles_of,
)


def grow(sizes: list[int], seed: int = 1) -> tuple[list[bytes], dict[str, bytes], TreeState]:
    draw = random.Random(seed)  # noqa: S311 - test data
    leaves: list[bytes] = []
    store: dict[str, bytes] = {}
    state = TreeState()
    for count in sizes:
        batch = [draw.randbytes(draw.randrange(12)) for _ in range(count)]
        plan = plan_batch(state, batch)
        leaves += batch
        for path, data in plan.objects:
            assert store.get(path, data) == data, "an object never changes"
            store[path] = data
        state = plan.state
        assert plan.root == state.root() == root_hash([leaf_hash(leaf) for leaf in leaves])
    return leaves, store, state


@pytest.mark.parametrize("sizes", [[1], [255, 1, 1], [256, 256], [257], [3, 700, 1, 65_000, 500], [65_536], [65_537]])
def test_batches_of_any_size_give_the_tiles_and_the_root(sizes: list[int]) -> None:
    leaves, store, state = grow(sizes)
    size = len(leaves)
    read = lambda tile: store[tile.path()]  # noqa: E731
    assert load_state(size, read) == state
    for tile in tiles_of(size):
        assert tile.path() in store
    tree, root = TileTree(size, read), state.root()
    assert tree.root() == root
    draw = random.Random(2)  # noqa: S311 - test data
    for index in {0, size - 1, *(draw.randrange(size) for _ in range(10))}:
        assert tree.leaf_hash(index) == leaf_hash(leaves[index])
        verify_inclusion(leaf_hash(leaves[index]), index, size, tree.inclusion_proof(index), root)
    for old in {0, 1, size, *(draw.randrange(size) for _ in range(10))}:
        verify_consistency(
            old, size, tree.consistency_proof(old), root_hash([leaf_hash(x) for x in leaves[:old]]), root
        )


def test_partial_tiles_are_obsolete_once_the_full_one_is_written() -> None:
    plan = plan_batch(plan_batch(TreeState(), [b"x"] * 255).state, [b"y"])
    assert plan.obsolete == ("tile/entries/000.p", "tile/0/000.p")


def test_a_damaged_right_edge_is_named() -> None:
    leaves, store, _ = grow([300])
    bundle = tile_at(ENTRIES, 1, 300).path()
    store[bundle] = encode_bundle([*leaves[256:270], b"changed", *leaves[271:]])
    with pytest.raises(EvidenceError, match="Entry 270 does not hash") as caught:
        load_state(300, lambda tile: store[tile.path()])
    assert caught.value.code == "E_LEAF_HASH"
    store[tile_at(0, 1, 300).path()] += b"x"
    with pytest.raises(EvidenceError) as caught:
        load_state(300, lambda tile: store[tile.path()])
    assert caught.value.code == "E_TILE"


def test_an_empty_tree_has_the_empty_root() -> None:
    assert TreeState().root() == EMPTY_ROOT
