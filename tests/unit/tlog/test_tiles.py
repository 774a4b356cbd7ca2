"""Tiles: paths, the tiles of a size, and entry bundles."""

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog.merkle import root_hash
from zaichang.tlog.plan import TreeState, plan_batch
from zaichang.tlog.tiles import (
    ENTRIES,
    TileId,
    decode_bundle,
    encode_bundle,
    tile_at,
    tile_hash,
    tiles_of,
)


def test_paths_are_those_of_the_specification() -> None:
    assert TileId(level=0, index=1_234_067).path() == "tile/0/x001/x234/067"
    assert TileId(level=ENTRIES, index=0, width=17).path() == "tile/entries/000.p/17"
    assert TileId(level=63, index=999, width=255).path() == "tile/63/999.p/255"


def test_the_tiles_of_70_000_leaves_are_those_of_the_specification() -> None:
    tiles = list(tiles_of(70_000))
    level = {n: [t for t in tiles if t.level == n] for n in (ENTRIES, 0, 1, 2, 3)}
    assert [(len(level[n]), level[n][-1].width) for n in (0, 1, 2)] == [(274, 112), (2, 17), (1, 1)]
    assert len(level[ENTRIES]) == 274
    assert level[3] == []
    assert [t.path() for t in tiles_of(256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
    assert list(tiles_of(0)) == []


def test_bundles_hold_any_bytes_and_refuse_to_be_cut() -> None:
    entries = (b"", b"x" * 65_535, b"\x00\x00")
    data = encode_bundle(entries)
    assert decode_bundle(data, 3) == entries
    for bad, width in ((data[:-1], 3), (data + b"\x00", 3), (data, 2), (data, 4), (data[:1], 1)):
        with pytest.raises(EvidenceError):
            decode_bundle(bad, width)
    with pytest.raises(EvidenceError):
        encode_bundle([b"x" * 65_536])
    with pytest.raises(EvidenceError):
        plan_batch(TreeState(), [])


def test_a_partial_tile_names_its_full_one() -> None:
    assert TileId(level=1, index=3, width=7).full() == TileId(level=1, index=3)


@pytest.mark.parametrize(("level", "index", "size"), [(0, 1, 256), (1, 0, 255), (ENTRIES, 2, 300)])
def test_a_tile_that_the_log_does_not_have_is_refused(level: int, index: int, size: int) -> None:
    with pytest.raises(EvidenceError, match="has no tile"):
        tile_at(level, index, size)


def test_only_a_full_tile_has_a_hash_above() -> None:
    with pytest.raises(EvidenceError, match="255 hashes"):
        tile_hash([bytes(32)] * 255)
    assert tile_hash([bytes(32)] * 256) == root_hash([bytes(32)] * 256)


def test_the_largest_log_has_tiles_on_every_level() -> None:
    found = tiles_of((1 << 63) - 1)
    assert next(found).level == ENTRIES
