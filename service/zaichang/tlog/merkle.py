"""The Merkle tree of RFC 6962 section 2.1 and its proofs (RFC 9162 sections 2.1.3 and 2.1.4, C2SP merkle-tree).

All functions take plain values. Verification succeeds silently or raises ``EvidenceError``: there is no result to
overlook. A *subtree* ``[start, end)`` is one of the ranges that appear as a node in some tree
(draft-ietf-plants-merkle-tree-certs: ``start`` is a multiple of the smallest power of two not below its length).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NoReturn, TypeAlias

from zaichang.core.errors import EvidenceError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
MAX_SIZE: Final = 2**63 - 1

Range: TypeAlias = tuple[int, int]
"""Leaves ``[start, end)`` whose Merkle tree hash is wanted."""


def leaf_hash(data: bytes) -> bytes:
    """Return ``SHA-256(0x00 || data)``."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return ``SHA-256(0x01 || left || right)``."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_hash(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over ``leaf_hashes``; the root of nothing is ``SHA-256("")``.

    Raises:
        EvidenceError: ``E_INCLUSION`` if a leaf hash is not 32 bytes.
    """
    row = _listed("E_INCLUSION", leaf_hashes)
    _check_hashes("E_INCLUSION", *row)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        # An odd node at the end moves up unchanged: the same shape as RFC 6962's recursive definition.
        odd = [row[-1]] if len(row) % 2 else []
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)] + odd
    return row[0]


def inclusion_ranges(index: int, size: int, start: int = 0) -> tuple[Range, ...]:
    """Return the subtrees whose hashes prove leaf ``index`` in the tree over ``[start, start + size)``, leaf first.

    Raises:
        EvidenceError: ``E_INCLUSION`` if the index lies outside.
    """
    if not start <= index < start + size:
        _bad_inclusion(f"leaf {index} is not among leaves {start} to {start + size - 1}")
    low, high = start, start + size
    ranges: list[Range] = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return tuple(reversed(ranges))


def consistency_ranges(size1: int, size2: int) -> tuple[Range, ...]:
    """Return the subtrees whose hashes prove that the tree of ``size1`` is a prefix of the one of ``size2``.

    Raises:
        EvidenceError: ``E_CONSISTENCY`` if ``size1 > size2``.
    """
    return () if size1 == 0 else subtree_consistency_ranges(0, size1, size2)


def subtree_consistency_ranges(start: int, end: int, size: int) -> tuple[Range, ...]:
    """Return the subtrees whose hashes prove that subtree ``[start, end)`` is part of the tree of ``size``.

    Raises:
        EvidenceError: ``E_CONSISTENCY`` if ``[start, end)`` is not a subtree of it.
    """
    _check_subtree(start, end, "E_CONSISTENCY")
    if end > size:
        _bad_consistency(f"the smaller tree ends at {end}, beyond {size}")
    low, high, known = 0, size, True
    ranges: list[Range] = []
    while (low, high) != (start, end):
        middle = low + _split(high - low)
        if end <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            if start < middle:
                # The right part of the smaller tree is not a hash the verifier holds.
                start, known = middle, False
            low = middle
    if not known:
        ranges.append((low, high))
    return tuple(reversed(ranges))


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the proof that leaf ``index`` is in the tree over ``leaf_hashes``.

    Raises:
        EvidenceError: ``E_INCLUSION`` if the index lies outside.
    """
    return [root_hash(leaf_hashes[low:high]) for low, high in inclusion_ranges(index, len(leaf_hashes))]


def consistency_proof(leaf_hashes: Sequence[bytes], size1: int, size2: int | None = None) -> list[bytes]:
    """Return the proof that the first ``size1`` leaves are a prefix of the first ``size2`` (default: all).

    Raises:
        EvidenceError: ``E_CONSISTENCY`` if the sizes do not fit.
    """
    wanted = len(leaf_hashes) if size2 is None else size2
    if wanted > len(leaf_hashes):
        _bad_consistency(f"only {len(leaf_hashes)} leaves are known, not {wanted}")
    return [root_hash(leaf_hashes[low:high]) for low, high in consistency_ranges(size1, wanted)]


def subtree_inclusion_proof(leaf_hashes: Sequence[bytes], index: int, start: int, end: int) -> list[bytes]:
    """Return the proof that leaf ``index`` is in subtree ``[start, end)``.

    Raises:
        EvidenceError: ``E_INCLUSION``.
    """
    _check_subtree(start, end, "E_INCLUSION")
    return [root_hash(leaf_hashes[low:high]) for low, high in inclusion_ranges(index, end - start, start)]


def subtree_consistency_proof(leaf_hashes: Sequence[bytes], start: int, end: int) -> list[bytes]:
    """Return the proof that subtree ``[start, end)`` is part of the tree over all ``leaf_hashes``.

    Raises:
        EvidenceError: ``E_CONSISTENCY``.
    """
    if start == end:
        return []
    ranges = subtree_consistency_ranges(start, end, len(leaf_hashes))
    return [root_hash(leaf_hashes[low:high]) for low, high in ranges]


def inclusion_root(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that ``proof`` leads to (C2SP merkle-tree, *Inclusion proofs: Verification*).

    Raises:
        EvidenceError: ``E_INCLUSION`` if index, size or the proof's length do not fit.
    """
    proof = _listed("E_INCLUSION", proof)
    _check_hashes("E_INCLUSION", leaf_hash, *proof)
    _check_numbers("E_INCLUSION", index, size)
    if not 0 <= index < size <= MAX_SIZE:
        _bad_inclusion(f"leaf {index} cannot be in a tree of {size}")
    node, last, result = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            _bad_inclusion(f"the proof for leaf {index} is too long for a tree of {size}")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last:
        _bad_inclusion(f"the proof for leaf {index} is too short for a tree of {size}")
    return result


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf with this hash is number ``index`` (from 0) in the tree of ``size`` with ``root``.

    Raises:
        EvidenceError: ``E_INCLUSION``.
    """
    _check_hashes("E_INCLUSION", root)
    if inclusion_root(leaf_hash, index, size, proof) != root:
        _bad_inclusion(f"leaf {index} is not in the tree of {size} with this root")


def verify_subtree_inclusion(
    leaf_hash: bytes, index: int, start: int, end: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf is number ``index`` of the log and lies in subtree ``[start, end)`` with ``root``.

    Raises:
        EvidenceError: ``E_INCLUSION``.
    """
    _check_subtree(start, end, "E_INCLUSION")
    if not start <= index < end:
        _bad_inclusion(f"leaf {index} is not among leaves {start} to {end - 1}")
    verify_inclusion(leaf_hash, index - start, end - start, proof, root)


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Check that the tree of ``size1`` with ``root1`` is a prefix of the tree of ``size2`` with ``root2``.

    Everything begins with the empty tree, so from size 0 the proof is empty; the roots must still be possible ones.

    Raises:
        EvidenceError: ``E_CONSISTENCY``.
    """
    proof = _listed("E_CONSISTENCY", proof)
    _check_hashes("E_CONSISTENCY", root1, root2, *proof)
    _check_numbers("E_CONSISTENCY", size1, size2)
    if not 0 <= size1 <= size2 <= MAX_SIZE:
        _bad_consistency(f"a tree of {size1} cannot be a prefix of a tree of {size2}")
    for size, root in ((size1, root1), (size2, root2)):
        if (size == 0) != (root == EMPTY_ROOT):
            _bad_consistency(f"the root given for size {size} is impossible")
    if size1 == 0:
        if proof:
            _bad_consistency("a proof from the empty tree must be empty")
        return
    _verify_prefix(0, size1, size2, proof, root1, root2)


def verify_subtree_consistency(
    start: int, end: int, size: int, proof: Sequence[bytes], subtree_root: bytes, root: bytes
) -> None:
    """Check that subtree ``[start, end)`` with ``subtree_root`` is part of the tree of ``size`` with ``root``.

    Raises:
        EvidenceError: ``E_CONSISTENCY``.
    """
    if start == end:
        # Nothing is claimed about ``root``: the empty list is part of every tree.
        if proof or subtree_root != EMPTY_ROOT or not 0 <= end <= size:
            _bad_consistency("an empty subtree has the empty root and an empty proof")
        return
    _check_hashes("E_CONSISTENCY", subtree_root, root, *proof)
    _check_subtree(start, end, "E_CONSISTENCY")
    if not end <= size <= MAX_SIZE:
        _bad_consistency(f"subtree {start} to {end} is not within {size} leaves")
    _verify_prefix(start, end, size, proof, subtree_root, root)


def _verify_prefix(start: int, end: int, size: int, proof: Sequence[bytes], small: bytes, large: bytes) -> None:
    """RFC 9162 section 2.1.4.2, in the form that also serves a subtree (draft-ietf-plants-merkle-tree-certs)."""
    first, node, last = start, end - 1, size - 1
    while first != node and (node == last or node & 1):
        first, node, last = first >> 1, node >> 1, last >> 1
    rest = list(proof)
    if first == node:
        seed = small
    elif rest:
        seed = rest.pop(0)
    else:
        _bad_consistency(f"the proof from {end} to {size} is empty")
    small_seen = large_seen = seed
    for sibling in rest:
        if last == 0:
            _bad_consistency(f"the proof from {end} to {size} is too long")
        if node & 1 or node == last:
            if first < node:
                small_seen = node_hash(sibling, small_seen)
            large_seen = node_hash(sibling, large_seen)
            while not node & 1 and node:
                first, node, last = first >> 1, node >> 1, last >> 1
        else:
            large_seen = node_hash(large_seen, sibling)
        first, node, last = first >> 1, node >> 1, last >> 1
    if last:
        _bad_consistency(f"the proof from {end} to {size} is too short")
    if small_seen != small:
        _bad_consistency(f"the proof does not lead to the root of the smaller tree ({end} leaves)")
    if large_seen != large:
        _bad_consistency(f"the tree of {end} is not a prefix of the tree of {size}")


def peaks(start: int, end: int) -> tuple[Range, ...]:
    """Split ``[start, end)`` into the perfect subtrees that its hash is folded from, largest first.

    ``start`` must be such that ``[start, end)`` is a subtree.
    """
    ranges: list[Range] = []
    while start < end:
        length = 1 << ((end - start).bit_length() - 1)
        ranges.append((start, start + length))
        start += length
    return tuple(ranges)


def fold_peaks(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of the tree whose perfect subtrees, largest first, have these hashes."""
    if not hashes:
        return EMPTY_ROOT
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = node_hash(left, result)
    return result


def range_hash(start: int, end: int, perfect: Callable[[int, int], bytes]) -> bytes:
    """Return the hash of subtree ``[start, end)``, asking ``perfect(start, end)`` for each perfect subtree."""
    return fold_peaks([perfect(low, high) for low, high in peaks(start, end)])


def _split(size: int) -> int:
    """Return the largest power of two smaller than ``size`` (RFC 6962's k)."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_subtree(start: int, end: int, code: str) -> None:
    if not 0 <= start < end <= MAX_SIZE or start % (1 << (end - start - 1).bit_length()):
        raise EvidenceError(code, f"Leaves {start} to {end} are not a subtree.")


def _listed(code: str, hashes: object) -> list[bytes]:
    """Return ``hashes`` as a list of hashes; values from outside may be anything."""
    if not isinstance(hashes, Iterable):
        raise EvidenceError(code, f"A list of hashes is wanted, not {type(hashes).__name__}.")
    return list(hashes)


def _check_hashes(code: str, *hashes: object) -> None:
    for value in hashes:
        if not isinstance(value, bytes):
            raise EvidenceError(code, f"A hash is bytes, not {type(value).__name__}.")
        if len(value) != HASH_BYTES:
            raise EvidenceError(code, f"A hash of {len(value)} bytes; SHA-256 has {HASH_BYTES}.")


def _check_numbers(code: str, *numbers: object) -> None:
    if any(type(number) is not int for number in numbers):
        raise EvidenceError(code, "An index and a size are integers.")


def _bad_inclusion(what: str) -> NoReturn:
    raise EvidenceError("E_INCLUSION", f"Not included: {what}.")


def _bad_consistency(what: str) -> NoReturn:
    raise EvidenceError("E_CONSISTENCY", f"Not consistent: {what}.")
