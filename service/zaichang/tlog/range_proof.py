"""Proof that a list of leaf hashes is exactly leaves ``[first, end)`` of a tree: none is missing, none is added. Pure.

The tree's perfect subtrees left and right of the range are given as hashes. Together with the range's own leaves they
are folded to the root. The number of hashes is at most twice the height of the tree, however long the range.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zaichang.core.errors import EvidenceError
from zaichang.tlog.merkle import HASH_BYTES, MAX_SIZE, Range, fold_peaks, node_hash


def aligned(start: int, end: int) -> tuple[Range, ...]:
    """Split any range of leaves into the fewest perfect subtrees of the tree, from left to right."""
    parts: list[Range] = []
    while start < end:
        length = 1 << ((end - start).bit_length() - 1)
        if start:
            length = min(length, start & -start)
        parts.append((start, start + length))
        start += length
    return tuple(parts)


def range_sides(first: int, end: int, size: int) -> tuple[tuple[Range, ...], tuple[Range, ...]]:
    """Return the perfect subtrees left and right of ``[first, end)`` in the tree of ``size``.

    Raises:
        EvidenceError: ``E_INCLUSION`` if the range is not within the tree.
    """
    if not 0 <= first <= end <= size <= MAX_SIZE:
        raise EvidenceError("E_INCLUSION", f"Leaves {first} to {end} are no range of a tree of {size}.")
    return aligned(0, first), aligned(end, size)


def range_root(hashes: Sequence[bytes], first: int, size: int, left: Sequence[bytes], right: Sequence[bytes]) -> bytes:
    """Return the root that a range of leaves and the hashes beside it lead to.

    Args:
        hashes: Leaf hashes of the range.
        first: Index of the range's first leaf.
        size: Size of the tree.
        left: Hashes of the perfect subtrees left of the range.
        right: Hashes of those right of it.

    Raises:
        EvidenceError: ``E_INCLUSION`` if the range is not within the tree or the hashes beside it are not as many as
            it takes.
    """
    end = first + len(hashes)
    before, after = range_sides(first, end, size)
    if (len(left), len(right)) != (len(before), len(after)):
        raise EvidenceError(
            "E_INCLUSION", f"The proof of leaves {first} to {end} has not the length that it must have."
        )
    if any(len(value) != HASH_BYTES for value in (*left, *right)):
        raise EvidenceError("E_INCLUSION", f"A hash of SHA-256 has {HASH_BYTES} bytes.")
    own = ((index, index + 1) for index in range(first, end))
    stack: list[tuple[int, int, bytes]] = []
    parts = ((before, left), (own, hashes), (after, right))
    for ranges, values in parts:
        for (low, high), value in zip(ranges, values, strict=True):
            _push(stack, low, high, value)
    return fold_peaks([value for _, _, value in stack])


def _push(stack: list[tuple[int, int, bytes]], low: int, high: int, value: bytes) -> None:
    """Add a perfect subtree, and join it with those to its left as far as they make a larger perfect one."""
    while stack and stack[-1][1] - stack[-1][0] == high - low and not stack[-1][0] & (high - low):
        start, _, left = stack.pop()
        low, value = start, node_hash(left, value)
    stack.append((low, high, value))


def prove_range(
    first: int, end: int, size: int, perfect: Callable[[int, int], bytes]
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the hashes left and right of ``[first, end)``.

    Args:
        first: The range's first leaf.
        end: The leaf after its last.
        size: Size of the tree.
        perfect: Returns the hash of a perfect subtree.

    Raises:
        EvidenceError: ``E_INCLUSION`` as ``range_sides``; whatever ``perfect`` raises.
    """
    left, right = range_sides(first, end, size)
    return tuple(perfect(*part) for part in left), tuple(perfect(*part) for part in right)
