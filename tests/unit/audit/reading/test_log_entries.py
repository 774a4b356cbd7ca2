"""The entries of a log's folder in their order, also at an earlier size than the newest."""

from __future__ import annotations

import pytest

from zaichang.audit.reading.log_entries import read_entries
from zaichang.core.errors import EvidenceError
from zaichang.tlog.tiles import ENTRIES, WIDTH, TileId, encode_bundle

ENTRIES_OF_LOG = [f"entry {number}".encode() for number in range(WIDTH + 20)]


def log(size: int) -> dict[str, bytes]:
    """Return the bundles of a log of this size."""
    files = {}
    for index, start in enumerate(range(0, size, WIDTH)):
        part = ENTRIES_OF_LOG[start : min(size, start + WIDTH)]
        files[TileId(level=ENTRIES, index=index, width=len(part)).path()] = encode_bundle(part)
    return files


@pytest.mark.parametrize("size", [0, 1, WIDTH - 1, WIDTH, WIDTH + 1, WIDTH + 20])
def test_every_entry_comes_once_and_in_order(size: int) -> None:
    bundles = list(read_entries(log(size).get, size))
    assert [entry for bundle in bundles for entry in bundle] == ENTRIES_OF_LOG[:size]


@pytest.mark.parametrize(("size", "grown"), [(5, 7), (5, WIDTH), (WIDTH + 3, WIDTH + 20)])
def test_a_log_that_has_grown_gives_its_earlier_entries(size: int, grown: int) -> None:
    bundles = list(read_entries(log(grown).get, size))
    assert [entry for bundle in bundles for entry in bundle] == ENTRIES_OF_LOG[:size]


def test_a_missing_bundle_is_named() -> None:
    with pytest.raises(EvidenceError, match=r"E_TILE.*missing"):
        list(read_entries(log(WIDTH).get, WIDTH + 1))
    with pytest.raises(EvidenceError, match="E_TILE"):
        list(read_entries(log(5).get, 7))
