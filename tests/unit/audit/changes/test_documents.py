"""The document of a decision: shape, agreement with its leaf, the author's role, and the appeal behind it."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.audit.changes.documents import Appeals, role, says, shape_of
from zaichang.audit.known_leaf import KnownLeaf

AMEND: dict[str, Any] = {
    "v": 3, "session": "s", "minute": 0, "at_ms": 60_001, "verdict": "V", "reason": "REVIEW_GRANTED", "reviewer": "r1",
    "outcome": "grant", "granted": [[20, 40]],
}  # fmt: skip
VOID: dict[str, Any] = {
    "v": 3, "session": "s", "at_ms": 60_001, "reviewer": "r1", "outcome": "void", "reason": "SERVICE_FAULT",
    "target": 4, "proposer": "r2",
}  # fmt: skip
APPEAL: dict[str, Any] = {"number": 0, "at_ms": 50_000, "minutes": [0, 2], "text_c": "ab" * 32}


def leaf(kind: str, **fields: Any) -> KnownLeaf:
    value = {"t": kind, "v": 2, "at": 60_000, "sid": "s", **fields}
    return KnownLeaf(index=9, data=b"", hash=b"", value=value)


def test_honest_documents_have_the_shape_of_their_version() -> None:
    assert shape_of(AMEND, void=False) == shape_of(VOID, void=True) == []
    assert shape_of({**AMEND, "appeal": APPEAL, "note_c": "ab" * 32, "revoked": []}, void=False) == []
    assert shape_of({**AMEND, "v": 1, "note": "words"}, void=False) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [({"v": 4}, "v"), ({"v": True}, "v"), ({"more": 1}, "more"), ({"granted": [[2, 1]]}, "granted"),
     ({"reviewer": "service:"}, "reviewer"), ({"reviewer": ""}, "reviewer"), ({"note_c": "words"}, "note_c"),
     ({"note": "words"}, "note"), ({"appeal": {}}, "appeal"), ({"appeal": {**APPEAL, "minutes": []}}, "appeal"),
     ({"appeal": {**APPEAL, "minutes": [2, 0]}}, "appeal"), ({"v": 2, "appeal": APPEAL}, "appeal")],
)  # fmt: skip
def test_other_shapes_are_named(change: dict[str, Any], field: str) -> None:
    assert [each.field for each in shape_of({**AMEND, **change}, void=False)] == [field]


def test_a_void_is_of_the_newest_version_and_grants_nothing() -> None:
    assert [each.field for each in shape_of({**VOID, "v": 2}, void=True)] == ["v"]
    assert [each.field for each in shape_of({**VOID, "granted": []}, void=True)] == ["granted"]
    assert [each.field for each in shape_of({**VOID, "appeal": APPEAL}, void=True)] == ["appeal"]


def test_a_document_says_what_its_leaf_says() -> None:
    void = leaf("session.void", target=4, reason="SERVICE_FAULT")
    assert says(void, VOID) == []
    for change, field in (({"target": 5}, "target"), ({"at_ms": 120_000}, "at_ms"), ({"session": "t"}, "session")):
        assert [each.field for each in says(void, {**VOID, **change})] == [field]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"outcome": "noted"}, "outcome"), ({"granted": []}, "outcome"), ({"revoked": [[1, 2]]}, "outcome"),
     ({"outcome": "refuse"}, "outcome"), ({"outcome": "void"}, "outcome"), ({"reason": "NO_FACE"}, "reason"),
     ({"reviewer": "service:movements"}, "reason"),
     ({"reviewer": "service:movements", "reason": "DELIVERY_CONFIRMED"}, "reviewer"),
     ({"reviewer": "service:x", "reason": "DELIVERY_CONFIRMED"}, "reviewer")],
)  # fmt: skip
def test_an_author_decides_only_what_the_role_may(change: dict[str, Any], field: str) -> None:
    assert [each.field for each in role({**AMEND, **change})] == [field]


def test_revocations_and_voids_have_reasons_of_their_own() -> None:
    back = {
        **AMEND,
        "granted": [],
        "revoked": [[20, 40]],
        "outcome": "revoke",
        "reason": "NOT_SAME_PERSON",
        "proposer": "r2",
    }
    assert role(AMEND) == role(back) == role(VOID) == []
    assert [each.field for each in role({**back, "reason": "REVIEW_GRANTED"})] == ["reason"]
    assert [each.field for each in role({**VOID, "reviewer": "service:movements"})] == ["reason"]
    for alone in ({**VOID, "proposer": "r1"}, {name: value for name, value in VOID.items() if name != "proposer"}):
        assert [each.field for each in role(alone)] == ["proposer"], "two people void a session"


MINUTES = {0: None, 2: None}


def appealed(*documents: dict[str, Any], ended_ms: int | None = 40_000) -> list[str]:
    appeals = Appeals(ended_ms)
    return [each.message for document in documents for each in appeals.take({**AMEND, **document}, MINUTES)]


def test_an_appeal_that_fits_is_counted_with_its_minutes() -> None:
    appeals = Appeals(40_000)
    assert appeals.take({**AMEND, "appeal": APPEAL}, MINUTES) == [] == appeals.take(AMEND, MINUTES)
    assert (len(appeals), appeals.minutes) == (1, [0, 2])
    assert appealed({"appeal": APPEAL}, {"appeal": {**APPEAL, "number": 1, "at_ms": 55_000}}) == []
    assert appealed({"appeal": APPEAL}, ended_ms=None) == []


@pytest.mark.parametrize(
    ("documents", "words"),
    [([{"appeal": APPEAL, "reviewer": "service:movements"}], "answers no appeal"),
     ([{"appeal": {**APPEAL, "minutes": [2]}}], "does not name the minute"),
     ([{"appeal": {**APPEAL, "minutes": [0, 7]}}], "does not have"),
     ([{"appeal": {**APPEAL, "at_ms": 39_999}}], "before the session's end"),
     ([{"appeal": {**APPEAL, "at_ms": 60_002}}], "after the decision"),
     ([{"appeal": APPEAL}, {"appeal": {**APPEAL, "text_c": "cd" * 32}}], "differently"),
     ([{"appeal": APPEAL}, {"appeal": {**APPEAL, "number": 1, "at_ms": 45_000}}], "in the order of their numbers")],
)  # fmt: skip
def test_an_appeal_that_does_not_fit_is_named(documents: list[dict[str, Any]], words: str) -> None:
    found = appealed(*documents)
    assert len(found) == 1 and words in found[0]
