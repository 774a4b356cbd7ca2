"""A range of leaves with the hashes beside it gives the root, and nothing else does."""

from __future__ import annotations

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog.merkle import leaf_hash, root_hash
from zaichang.tlog.range_proof import aligned, prove_range, range_root, range_sides

HASHES = [leaf_hash(b"%d" % n) for n in range(40)]


def sides(first: int, end: int, size: int) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    return prove_range(first, end, size, lambda low, high: root_hash(HASHES[low:high]))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 21, 40])
def test_every_range_of_a_tree_gives_its_root(size: int) -> None:
    root = root_hash(HASHES[:size])
    for first in range(size + 1):
        for end in range(first, size + 1):
            left, right = sides(first, end, size)
            assert range_root(HASHES[first:end], first, size, left, right) == root
            assert len(left) + len(right) <= 2 * size.bit_length()


def test_a_leaf_left_out_added_or_moved_gives_another_root() -> None:
    root = root_hash(HASHES)
    left, right = sides(5, 30, 40)
    for hashes in (
        [*HASHES[5:12], HASHES[13], HASHES[12], *HASHES[14:30]],
        [*HASHES[5:12], leaf_hash(b"other"), *HASHES[13:30]],
    ):
        assert range_root(hashes, 5, 40, left, right) != root


def test_a_shorter_or_longer_range_needs_another_proof() -> None:
    left, right = sides(5, 30, 40)
    with pytest.raises(EvidenceError, match="length"):
        range_root(HASHES[5:29], 5, 40, left, right)
    assert range_root(HASHES[5:31], 5, 40, left, right) != root_hash(HASHES)
    with pytest.raises(EvidenceError, match="32 bytes"):
        range_root(HASHES[5:30], 5, 40, (b"short", *left[1:]), right)


def test_perfect_subtrees_are_aligned() -> None:
    assert aligned(0, 0) == ()
    assert aligned(3, 8) == ((3, 4), (4, 8))
    assert aligned(0, 7) == ((0, 4), (4, 6), (6, 7))


@pytest.mark.parametrize(("first", "end", "size"), [(-1, 2, 4), (3, 2, 4), (0, 5, 4)])
def test_a_range_outside_the_tree_is_refused(first: int, end: int, size: int) -> None:
    with pytest.raises(EvidenceError, match="no range"):
        range_sides(first, end, size)
