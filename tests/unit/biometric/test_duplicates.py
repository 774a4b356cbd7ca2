from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaichang.biometric.duplicates import TemplateIndex, face_groups
from zaichang.biometric.template import Template

EMBEDDER = "ab" * 8


def person(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=128)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def near(vector: np.ndarray, seed: int, amount: float = 0.4) -> np.ndarray:
    mixed = vector + amount * person(1000 + seed)
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


def template(*vectors: np.ndarray, embedder: str = EMBEDDER) -> Template:
    return Template(embedder=embedder, vectors=np.stack(vectors))


def test_one_face_behind_two_accounts_is_found_and_others_are_not() -> None:
    enrolled = [(f"a{index}", template(person(index))) for index in range(50)]
    enrolled.append(("twin", template(near(person(7), 1), near(person(7), 2))))
    index = TemplateIndex(EMBEDDER, enrolled)
    assert len(index) == 52
    found = index.search(near(person(7), 3))
    assert [candidate.account for candidate in found] == ["a7", "twin"]
    assert found[0].similarity_bp >= found[1].similarity_bp
    assert [candidate.account for candidate in index.search(near(person(7), 3), apart="a7")] == ["twin"]
    assert index.search(person(99)) == []
    assert len(index.search(near(person(7), 3), limit=1)) == 1


def test_templates_of_another_embedder_are_left_out_and_counted() -> None:
    index = TemplateIndex(EMBEDDER, [("a", template(person(1), embedder="cd" * 8))])
    assert (len(index), index.skipped) == (0, 1)
    assert index.search(person(1)) == []


def test_a_probe_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="64 dimensions"):
        TemplateIndex(EMBEDDER, [("a", template(person(1)))]).search(np.zeros(64, np.float32))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_search_equals_comparing_one_by_one(order: list[int]) -> None:
    enrolled = [(f"a{at}", template(near(person(seed), at))) for at, seed in enumerate(order)]
    probe = near(person(order[0]), 77)
    expected = {name for name, each in enrolled if round(10_000 * float(each.vectors[0] @ probe)) >= 6_000}
    found = TemplateIndex(EMBEDDER, enrolled).search(probe, limit=100)
    assert {candidate.account for candidate in found} == expected
    assert "a0" in expected


def test_two_people_behind_one_account_make_two_groups() -> None:
    captures = [near(person(1), index) for index in range(6)] + [near(person(2), index) for index in range(4)]
    captures.insert(3, person(3))
    labels = face_groups(np.stack(captures), 3900)
    assert labels == [0, 0, 0, 2, 0, 0, 0, 1, 1, 1, 1]
    assert face_groups(np.zeros((0, 128), np.float32), 3900) == []


def test_an_index_refuses_more_than_its_limit_and_another_dimension() -> None:
    index = TemplateIndex(EMBEDDER, max_vectors=3)
    assert index.add("a", template(person(1), person(2)))
    with pytest.raises(ValueError, match="exceed its limit 3"):
        index.add("b", template(person(3), person(4)))
    assert (len(index), "b" in index) == (2, False)
    with pytest.raises(ValueError, match="64 dimensions"):
        index.add("b", Template(embedder=EMBEDDER, vectors=np.eye(1, 64, dtype=np.float32)))


def test_what_is_removed_is_overwritten() -> None:
    index = TemplateIndex(EMBEDDER, [("a", template(person(1))), ("b", template(person(2)))])
    assert index.remove("a")
    assert not index.remove("a")
    kept = index._matrix[np.abs(index._matrix).sum(axis=1) > 0]
    assert np.array_equal(kept, person(2)[None])


STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(1, 3)), min_size=1, max_size=25)


@given(STEPS)
def test_coming_and_going_leaves_what_a_new_index_would_have(steps: list[tuple[bool, int, int]]) -> None:
    index, model = TemplateIndex(EMBEDDER), dict[str, list[np.ndarray]]()
    for number, (comes, who, rows) in enumerate(steps):
        account = f"a{who}"
        if comes:
            vectors = [near(person(who), 10 * number + row) for row in range(rows)]
            assert index.add(account, template(*vectors))
            model.setdefault(account, []).extend(vectors)
        else:
            assert index.remove(account) is (model.pop(account, None) is not None)
    fresh = TemplateIndex(EMBEDDER, [(account, template(*vectors[:16])) for account, vectors in model.items()])
    # Templates hold at most 16 rows; more come in several.
    for account, vectors in model.items():
        for start in range(16, len(vectors), 16):
            fresh.add(account, template(*vectors[start : start + 16]))
    assert len(index) == len(fresh) == sum(map(len, model.values()))
    for who in range(5):
        assert (f"a{who}" in index) is (f"a{who}" in model)
        assert index.search(person(who), threshold_bp=0) == fresh.search(person(who), threshold_bp=0)


def test_the_last_row_moves_into_the_gap_and_is_still_found() -> None:
    index = TemplateIndex(EMBEDDER, [(f"a{at}", template(person(at))) for at in range(4)])
    index.remove("a1")
    assert [candidate.account for candidate in index.search(person(3))] == ["a3"]
    index.remove("a3")
    assert index.search(person(3)) == []
    assert [candidate.account for candidate in index.search(person(2))] == ["a2"]
