from hypothesis import given
from hypothesis import strategies as st

from zaichang.core.errors import EvidenceError
from zaichang.tlog import merkle

trees = st.lists(st.binary(max_size=4), min_size=2, max_size=40).map(lambda d: [merkle.leaf_hash(x) for x in d])


def refused(call: object, *arguments: object) -> bool:
    try:
        call(*arguments)  # type: ignore[operator]  # every caller passes a function
    except EvidenceError:
        return True
    return False


@given(trees, st.data())
def test_any_changed_bit_of_an_inclusion_proof_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(leaves, index)
    root = merkle.root_hash(leaves)
    merkle.verify_inclusion(leaves[index], index, len(leaves), proof, root)
    assert proof, "a tree of two or more leaves has a proof to damage"
    position, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    bad = list(proof)
    bad[position] = (int.from_bytes(bad[position], "big") ^ (1 << bit)).to_bytes(32, "big")
    assert refused(merkle.verify_inclusion, leaves[index], index, len(leaves), bad, root)
    assert refused(merkle.verify_inclusion, leaves[index], index, len(leaves), proof[:-1], root)
    assert refused(merkle.verify_inclusion, leaves[index], index, len(leaves), [*proof, proof[0]], root)


@given(trees, st.data())
def test_a_history_that_was_changed_is_never_consistent(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves) - 1))
    changed = data.draw(st.integers(0, old - 1))
    proof = merkle.consistency_proof(leaves, old)
    merkle.verify_consistency(old, len(leaves), proof, merkle.root_hash(leaves[:old]), merkle.root_hash(leaves))
    rewritten = [*leaves]
    rewritten[changed] = merkle.leaf_hash(b"rewritten!")
    arguments = (old, len(leaves), merkle.consistency_proof(rewritten, old))
    assert refused(merkle.verify_consistency, *arguments, merkle.root_hash(leaves[:old]), merkle.root_hash(rewritten))
