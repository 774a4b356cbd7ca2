"""Stored rows as answers: verdicts as they stand after decisions, and pages that find their place again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.stores import ROW
from zaichang.api import views
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import CaseKind, CaseState, LeafKind, ReviewOutcome
from zaichang.core.errors import PeerViolation
from zaichang.core.reason_sentences import SENTENCES
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records import Institution, StoredLeaf, StoredMinute
from zaichang.ports.records_cases import Case, CaseReason
from zaichang.ports.records_review import Amendment
from zaichang.session.codec import encode_minute
from zaichang.session.decisions import Minute, Verdict

UNDECIDED = Minute(
    index=0, from_ms=0, to_ms=60_000, verdict=Verdict.INDETERMINATE, verified=((0, 10_000),),
    undecided=((10_000, 40_000),), reasons=(ReasonCode.NO_FACE,),
)  # fmt: skip
VERIFIED = Minute(index=1, from_ms=60_000, to_ms=120_000, verdict=Verdict.VERIFIED, verified=((40_000, 90_000),))
LEAVES = (
    StoredLeaf(leaf_seq=1, kind=LeafKind.SEGMENT, at_ms=1, body=b"", entry_index=41),
    StoredLeaf(leaf_seq=2, kind=LeafKind.AMEND, at_ms=2, body=b"", entry_index=None),
)


def stored(minute: Minute, leaf_seq: int | None = 1) -> StoredMinute:
    return StoredMinute(minute=minute.index, body=canonical_bytes(encode_minute(minute)), leaf_seq=leaf_seq)


GRANT = Amendment(
    session_id="s1", leaf_seq=2, minute=0, at_ms=200, verdict=Verdict.VERIFIED, delta_ms=30_000,
    reason=ReasonCode.REVIEW_GRANTED, reviewer_id="ren",
    body=canonical_bytes({"granted": [[10_000, 40_000]], "outcome": "grant", "note": "seen"}),
)  # fmt: skip


def test_a_sessions_line_counts_what_was_verified_and_granted() -> None:
    minutes = [stored(UNDECIDED), stored(VERIFIED)]
    before = views.session_view(ROW, minutes)
    assert (before.verdicts, before.verified_ms, before.granted_ms, before.minutes) == ("UV", 60_000, 0, 2)
    after = views.session_view(ROW, minutes, [GRANT])
    assert (after.verdicts, after.verified_ms, after.granted_ms) == ("VV", 90_000, 30_000)


def test_amendments_are_sorted_by_their_minute() -> None:
    later = replace(GRANT, minute=1, leaf_seq=3)
    found = views.amended([stored(UNDECIDED), stored(VERIFIED)], [GRANT, later, GRANT])
    assert found == {0: [GRANT, GRANT], 1: [later]}


def test_a_learner_sees_the_decision_and_not_its_author() -> None:
    learner = views.minute_view(stored(UNDECIDED), LEAVES, [GRANT], ()).model_dump()
    [decision] = learner["decisions"]
    assert "reviewer" not in decision and "note" not in decision
    assert (decision["outcome"], decision["delta_ms"], decision["log_index"]) == ("grant", 30_000, None)
    institution = views.review_minute_view(stored(UNDECIDED), LEAVES, [GRANT], ()).model_dump()
    [signed] = institution["decisions"]
    assert (signed["reviewer"], signed["note"]) == ("ren", "seen")


def test_a_minute_shows_its_verdict_now_and_before_and_where_it_is_in_the_log() -> None:
    plain = views.minute_view(stored(UNDECIDED), LEAVES, [], ((10_000, 40_000),)).model_dump()
    assert (plain["verdict"], plain["was"], plain["log_index"]) == ("U", "U", 41)
    assert (plain["left_ms"], plain["waits"], plain["verified_ms"]) == (30_000, True, 10_000)
    sentence = SENTENCES[ReasonCode.NO_FACE]
    assert plain["reasons"] == [{"code": "NO_FACE", "zh": sentence.zh, "en": sentence.en}]
    granted = views.minute_view(stored(UNDECIDED), LEAVES, [GRANT], ()).model_dump()
    assert (granted["verdict"], granted["was"], granted["waits"]) == ("V", "U", False)
    assert [list(part) for part in granted["verified"]] == [[0, 10_000], [10_000, 40_000]]
    unlogged = views.minute_view(stored(VERIFIED, None), LEAVES, [], ()).model_dump()
    assert unlogged["log_index"] is None and not unlogged["waits"]


CASE = Case(
    case_id="c", institution_id="inst", kind=CaseKind.SESSION, subject="0123456789abcdef", learner_id="p",
    opened_ms=1, due_ms=2, undecided_ms=3, state=CaseState.OPEN, reasons=(CaseReason(code="NO_FACE", n=4),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (CaseKind.SESSION, CASE.subject), (CaseKind.ACCOUNT, CASE.subject), (CaseKind.DEVICE, "01234567"),
        (CaseKind.ADDRESS, "01234567"),
    ],
)  # fmt: skip
def test_only_the_beginning_of_a_digest_is_shown(kind: CaseKind, subject: str) -> None:
    line = views.case_view(replace(CASE, kind=kind))
    assert (line.kind, line.subject, line.state, line.outcome) == (kind.value, subject, "open", "")
    assert [(each.code, each.n) for each in line.reasons] == [("NO_FACE", 4)]


def test_a_closed_case_names_its_outcome() -> None:
    assert views.case_view(replace(CASE, outcome=ReviewOutcome.NOTED)).outcome == "noted"


def test_a_cursor_comes_back_as_it_went() -> None:
    for place in ((0, "a"), (2**53 - 1, "5f0c" * 8)):
        assert views.parse_cursor(views.cursor_text(place), (0, "")) == place
    assert views.parse_cursor("", (7, "~")) == (7, "~")


@pytest.mark.parametrize("text", ["x.y", "7", "7.", "-1.a", "1" * 17 + ".a", "1." + "a" * 65, "\u0661.a"])
def test_a_cursor_that_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(PeerViolation, match=r"http\.cursor"):
        views.parse_cursor(text, (0, ""))


def test_an_institutions_names() -> None:
    values: dict[str, Any] = {"key_digest": "", "staff_digest": "", "created_ms": 0}
    shown = views.names_of(Institution(institution_id="inst", name_zh="机构", name_en="Institution", **values))
    assert (shown.id, shown.zh, shown.en) == ("inst", "机构", "Institution")
