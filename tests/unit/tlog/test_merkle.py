from typing import Any

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog import merkle

LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(70)]


def reference(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(reference(leaves[:k]), reference(leaves[k:]))


def test_roots_follow_the_recursive_definition() -> None:
    for size in range(len(LEAVES) + 1):
        assert merkle.root_hash(LEAVES[:size]) == reference(LEAVES[:size])


def test_every_leaf_of_every_tree_is_proven_and_no_other_position_is() -> None:
    refusals = 0
    for size in range(1, 34):
        leaves, root = LEAVES[:size], merkle.root_hash(LEAVES[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(leaves, index)
            merkle.verify_inclusion(leaves[index], index, size, proof, root)
            for wrong in (index - 1, index + 1, size):
                with pytest.raises(EvidenceError) as caught:
                    merkle.verify_inclusion(leaves[index], wrong, size, proof, root)
                assert caught.value.code == "E_INCLUSION"
                refusals += 1
    assert refusals > 1_500


def test_every_prefix_is_consistent_and_no_other_tree_is() -> None:
    other = [merkle.leaf_hash(b"other"), *LEAVES[1:]]
    refusals = 0
    for size2 in range(34):
        root2 = merkle.root_hash(LEAVES[:size2])
        for size1 in range(size2 + 1):
            proof = merkle.consistency_proof(LEAVES, size1, size2)
            merkle.verify_consistency(size1, size2, proof, merkle.root_hash(LEAVES[:size1]), root2)
            if size1:
                with pytest.raises(EvidenceError) as caught:
                    merkle.verify_consistency(size1, size2, proof, merkle.root_hash(other[:size1]), root2)
                assert caught.value.code == "E_CONSISTENCY"
                refusals += 1
    assert refusals > 500


def test_subtrees_are_proven_to_be_part_of_the_tree() -> None:
    proven = 0
    for size in range(1, 34):
        root = merkle.root_hash(LEAVES[:size])
        for start in range(size):
            for end in range(start + 1, size + 1):
                width = 1 << (end - start - 1).bit_length()
                part = merkle.root_hash(LEAVES[start:end])
                if start % width:
                    with pytest.raises(EvidenceError):
                        merkle.subtree_consistency_proof(LEAVES[:size], start, end)
                    continue
                proof = merkle.subtree_consistency_proof(LEAVES[:size], start, end)
                merkle.verify_subtree_consistency(start, end, size, proof, part, root)
                inner = merkle.subtree_inclusion_proof(LEAVES, end - 1, start, end)
                merkle.verify_subtree_inclusion(LEAVES[end - 1], end - 1, start, end, inner, part)
                proven += 1
    assert proven > 1_000


@pytest.mark.parametrize(
    ("size1", "size2", "root1", "root2"),
    [
        (0, 3, LEAVES[0], merkle.root_hash(LEAVES[:3])),
        (0, 3, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT),
        (3, 3, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT),
        (-1, 3, merkle.EMPTY_ROOT, merkle.root_hash(LEAVES[:3])),
        (3, 2**63, merkle.root_hash(LEAVES[:3]), merkle.root_hash(LEAVES[:3])),
        (4, 3, merkle.root_hash(LEAVES[:4]), merkle.root_hash(LEAVES[:3])),
        (3, 3, b"short", b"short"),
    ],
)
def test_impossible_roots_and_sizes_are_refused(size1: int, size2: int, root1: bytes, root2: bytes) -> None:
    with pytest.raises(EvidenceError) as caught:
        merkle.verify_consistency(size1, size2, [], root1, root2)
    assert caught.value.code == "E_CONSISTENCY"


def test_the_empty_tree_is_a_prefix_of_every_tree_by_an_empty_proof_only() -> None:
    root = merkle.root_hash(LEAVES[:3])
    merkle.verify_consistency(0, 3, [], merkle.EMPTY_ROOT, root)
    with pytest.raises(EvidenceError):
        merkle.verify_consistency(0, 3, [LEAVES[0]], merkle.EMPTY_ROOT, root)


def test_asking_for_proofs_that_cannot_be_is_refused() -> None:
    for call in (
        lambda: merkle.inclusion_proof(LEAVES[:3], 3),
        lambda: merkle.inclusion_proof([], 0),
        lambda: merkle.consistency_proof(LEAVES[:3], 2, 4),
        lambda: merkle.consistency_proof(LEAVES[:3], 3, 2),
        lambda: merkle.root_hash([b"short"]),
    ):
        with pytest.raises(EvidenceError):
            call()


STRANGE: tuple[Any, ...] = (
    None,
    True,
    1.0,
    "4",
    b"",
    b"x" * 31,
    bytearray(32),
    [],
    [None],
    ["x" * 32],
    2**200,
    -1,
    object(),
)


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("strange", STRANGE, ids=lambda value: type(value).__name__)
def test_whatever_is_given_instead_of_a_value_is_a_finding_and_no_accident(place: int, strange: Any) -> None:
    """Proofs come from untrusted files: a number there may be anything."""
    root, old = merkle.root_hash(LEAVES[:7]), merkle.root_hash(LEAVES[:3])
    included: list[Any] = [LEAVES[4], 4, 7, merkle.inclusion_proof(LEAVES[:7], 4), root]
    consistent: list[Any] = [3, 7, merkle.consistency_proof(LEAVES[:7], 3), old, root]
    for call, arguments, code in (
        (merkle.verify_inclusion, included, "E_INCLUSION"),
        (merkle.verify_consistency, consistent, "E_CONSISTENCY"),
    ):
        arguments[place] = strange
        with pytest.raises(EvidenceError) as caught:
            call(*arguments)
        assert caught.value.code == code


@pytest.mark.parametrize("strange", [None, 7, [None], ["x" * 32], [b"short"], [1.0]], ids=repr)
def test_a_root_is_taken_over_hashes_only(strange: Any) -> None:
    with pytest.raises(EvidenceError):
        merkle.root_hash(strange)
    assert merkle.root_hash(iter(LEAVES[:3])) == merkle.root_hash(LEAVES[:3])


@pytest.mark.parametrize(
    ("start", "end", "size", "proof", "small"),
    [
        (0, 0, 3, [bytes(32)], merkle.EMPTY_ROOT),
        (2, 2, 3, [], bytes(32)),
        (4, 4, 3, [], merkle.EMPTY_ROOT),
        (0, 4, 3, [], bytes(32)),
    ],
)
def test_a_subtree_that_cannot_be_is_refused(start: int, end: int, size: int, proof: list[bytes], small: bytes) -> None:
    with pytest.raises(EvidenceError, match="E_CONSISTENCY"):
        merkle.verify_subtree_consistency(start, end, size, proof, small, bytes(32))


def test_the_empty_subtree_is_part_of_every_tree() -> None:
    assert merkle.subtree_consistency_proof(LEAVES, 2, 2) == []
    merkle.verify_subtree_consistency(2, 2, 3, [], merkle.EMPTY_ROOT, bytes(32))


def test_a_leaf_outside_a_subtree_is_refused() -> None:
    with pytest.raises(EvidenceError, match="leaf 5 is not among leaves 0 to 3"):
        merkle.verify_subtree_inclusion(LEAVES[5], 5, 0, 4, [], merkle.root_hash(LEAVES[:4]))


@pytest.mark.parametrize("change", ["none", "one more", "one less", "other root", "all"])
def test_a_consistency_proof_has_exactly_its_length(change: str) -> None:
    small, large = merkle.root_hash(LEAVES[:6]), merkle.root_hash(LEAVES[:13])
    proof = merkle.consistency_proof(LEAVES[:13], 6)
    if change == "none":
        merkle.verify_consistency(6, 13, proof, small, large)
        return
    wrong = {"one more": [*proof, bytes(32)], "one less": proof[:-1], "all": []}.get(change, proof)
    with pytest.raises(EvidenceError, match="E_CONSISTENCY"):
        merkle.verify_consistency(6, 13, wrong, small, bytes(32) if change == "other root" else large)


def test_the_peaks_of_no_tree_fold_to_the_empty_root() -> None:
    assert merkle.fold_peaks([]) == merkle.EMPTY_ROOT
