"""Reviewers decide: the undecided time, the time that may be granted, and the leaves that record it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zaichang.audit.changes.rulings import SLACK_MS, played_in
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.enums import LeafKind, ReviewOutcome, SessionState
from zaichang.core.errors import NotAllowed
from zaichang.core.reasons import ReasonCode
from zaichang.evidence.amendments import (
    AppealBehind,
    Ruling,
    amend_leaves,
    anchor_of,
    left_to_decide,
    note_of,
    ruling_leaves,
    without_leaf,
)
from zaichang.ports.records import SessionRow, StoredLeaf, StoredMinute
from zaichang.session.events import DeadlineReached, Event, HeartbeatReceived
from zaichang.session.playhead import IntervalSet
from zaichang.tlog.commit import commitment, salt
from zaichang.tlog.leaf import Anchor, SessionRef, parse_leaf, session_start
from zaichang.tlog.merkle import leaf_hash

SID = "ab" * 16
KEY = b"\x07" * 32
ROW = SessionRow(
    session_id=SID,
    institution_id="inst",
    learner_id="learner",
    course_id="course",
    lesson_id="lesson",
    token_id="t",
    policy_digest="cd" * 32,
    state=SessionState.CLOSED,
    opened_ms=0,
)
SEGMENT = StoredLeaf(leaf_seq=1, kind=LeafKind.SEGMENT, at_ms=60_000, body=b"segment", entry_index=41)
LEAVES = (StoredLeaf(leaf_seq=0, kind=LeafKind.START, at_ms=0, body=b"start", entry_index=40), SEGMENT)


def minute(number: int, verdict: str = "U", undecided: IntervalSet = (), leaf_seq: int | None = 1) -> StoredMinute:
    begin_ms = number * 60_000
    fields = {"index": number, "from_ms": begin_ms, "to_ms": begin_ms + 60_000, "verdict": verdict}
    parts = {"verified": [], "undecided": [list(part) for part in undecided]}
    return StoredMinute(minute=number, body=canonical_bytes({**fields, **parts}), leaf_seq=leaf_seq)


def beat(at_ms: int, playhead_ms: int, playing: bool = True) -> HeartbeatReceived:
    return HeartbeatReceived(at_ms=at_ms, seq=1, nonce="n", playhead_ms=playhead_ms, playing=playing)


def ruling(granted: dict[int, IntervalSet], at_ms: int = 90_000) -> Ruling:
    return Ruling(
        reviewer_id="r1", outcome=ReviewOutcome.GRANT, reason=ReasonCode.NO_FACE, note="", granted=granted, at_ms=at_ms
    )


def test_a_later_decision_names_the_checkpoint_of_the_record_before_it() -> None:
    for anchor in (None, Anchor(size=7, root=b"\x09" * 32)):
        ref = SessionRef(origin="o.example/log", sid=SID, seq=0, prev=None, at_ms=1, anchor=anchor)
        body = session_start(ref, policy=KEY, course="c", lesson_c=KEY, subj_c=KEY, sched_c=KEY)
        assert anchor_of(StoredLeaf(leaf_seq=0, kind=LeafKind.START, at_ms=1, body=body)) == anchor


def test_played_is_what_two_reports_of_one_minute_show_at_the_clocks_pace() -> None:
    events: list[Event] = [
        beat(0, 0),
        DeadlineReached(at_ms=4_000),
        beat(5_000, 5_000),
        beat(10_000, 5_000 + 5_000 + SLACK_MS),
        beat(15_000, 40_000),
        beat(20_000, 30_000),
        beat(25_000, 30_000, playing=False),
        beat(30_000, 35_000),
        beat(61_002, 66_000),
    ]
    assert played_in(events, 0, 60_000) == ((0, 10_000 + SLACK_MS),)
    assert played_in(events, 5_002, 60_000) == ()


def test_never_more_is_played_than_the_minute_is_long() -> None:
    events = [beat(0, 0), beat(5_000, 5_000), beat(10_000, 20_000), beat(12_000, 22_000)]
    assert played_in(events, 0, 6_000) == ((0, 5_000),)
    assert played_in(events, 0, 4_000) == ()
    assert played_in([beat(0, 0), beat(1_000, 2_000), beat(1_000, 9_000), beat(2_000, 10_000)], 0, 2_000) == (
        (0, 2_000),
    )


def test_open_are_undecided_minutes_without_what_is_decided_or_credited() -> None:
    minutes = [minute(0, undecided=((0, 20_000),)), minute(1, undecided=((10_000, 50_000),)), minute(2, "V")]
    assert left_to_decide(minutes, decided=(), credited=((0, 5_000),)) == {
        0: ((5_000, 20_000),),
        1: ((20_000, 50_000),),
    }
    assert left_to_decide(minutes, decided=(0, 1), credited=()) == {}


def test_an_appeal_opens_decided_minutes_and_what_was_played_in_them() -> None:
    events = [beat(0, 0), beat(30_000, 30_000)]
    minutes = [minute(0, "F")]
    assert left_to_decide(minutes, decided=(0,), credited=(), appealed=(0,), events=events) == {0: ((0, 30_000),)}


def test_no_minute_grants_more_than_its_time_and_the_slack() -> None:
    wide = [minute(0, undecided=((0, 50_000), (60_000, 90_000), (100_000, 101_000)))]
    assert left_to_decide(wide, decided=(), credited=()) == {0: ((0, 50_000), (60_000, 70_000 + SLACK_MS))}


def test_a_ruling_becomes_one_chained_leaf_for_each_minute() -> None:
    minutes = [minute(0, undecided=((0, 20_000),)), minute(1, "F"), minute(2, "V")]
    granted: dict[int, IntervalSet] = {2: (), 0: ((0, 20_000),), 1: ()}
    leaves, records = ruling_leaves(
        ROW, "log/1", Anchor(size=50, root=b"r" * 32), LEAVES, minutes, ruling(granted), KEY
    )
    fields = [parse_leaf(leaf.body) for leaf in leaves]
    assert [(each["minute"], each["verdict"], each["delta_ms"]) for each in fields] == [
        (0, "V", 20_000),
        (1, "F", 0),
        (2, "V", 0),
    ]
    assert [each["seq"] for each in fields] == [2, 3, 4] == [record.leaf_seq for record in records]
    assert [each["prev"] for each in fields] == [
        leaf_hash(body).hex() for body in (SEGMENT.body, leaves[0].body, leaves[1].body)
    ]
    for each, record in zip(fields, records, strict=True):
        committed = commitment("ruling", salt(KEY, "ruling", record.leaf_seq), record.body)
        assert each["request"] == committed.hex(), "the leaf commits to the decision, and its own number salts it"
    assert {each["target"] for each in fields} == {41}
    assert {each["target_hash"] for each in fields} == {leaf_hash(SEGMENT.body).hex()}


def test_a_revocation_takes_back_and_says_what_still_counts() -> None:
    minutes = [minute(0, "V"), minute(1, "V"), minute(2, "V")]
    taken: dict[int, IntervalSet] = {0: ((0, 20_000),), 1: ((60_000, 70_000),)}
    words = replace(
        ruling({2: ()}), outcome=ReviewOutcome.REVOKE, reason=ReasonCode.REVOKED_PROXY, revoked=taken,
        empty=frozenset({0, 2}), proposer="r2", revocation_id="v1",
    )  # fmt: skip
    leaves, records = ruling_leaves(ROW, "log/1", None, LEAVES, minutes, words, KEY)
    fields = [parse_leaf(leaf.body) for leaf in leaves]
    assert [(each["minute"], each["verdict"], each["delta_ms"]) for each in fields] == [
        (0, "F", -20_000),
        (1, "V", -10_000),
        (2, "F", 0),
    ]
    document = parse_canonical_object(records[0].body)
    assert (document["revoked"], document["granted"], document["proposer"]) == ([[0, 20_000]], [], "r2")
    assert "revoked" not in parse_canonical_object(records[2].body)
    assert {record.revocation_id for record in records} == {"v1"}


def test_a_note_is_committed_to_and_not_shown() -> None:
    words = replace(ruling({0: ()}), note="刚刚看过")
    _, (record,) = ruling_leaves(ROW, "log/1", None, LEAVES, [minute(0)], words, KEY)
    assert "看过".encode() not in record.body
    assert note_of(KEY, record.leaf_seq, words.note)["note_c"] == parse_canonical_object(record.body)["note_c"]
    assert note_of(KEY, record.leaf_seq, "") == {}


def test_a_decision_names_the_appeal_behind_it_where_that_names_the_minute() -> None:
    appeal = AppealBehind(number=1, at_ms=80_000, minutes=(0, 3), words="我当时在看")
    _, records = ruling_leaves(
        ROW, "log/1", None, LEAVES, [minute(0), minute(1)], replace(ruling({0: (), 1: ()}), appeal=appeal), KEY
    )
    documents = [parse_canonical_object(record.body) for record in records]
    text_c = commitment("appeal", salt(KEY, "appeal", 1), "我当时在看".encode()).hex()
    assert documents[0]["appeal"] == {"number": 1, "at_ms": 80_000, "minutes": [0, 3], "text_c": text_c}
    assert "appeal" not in documents[1]
    assert "我当时".encode() not in records[0].body


def test_a_ruling_is_never_dated_before_the_last_leaf() -> None:
    leaves, _ = ruling_leaves(ROW, "log/1", None, LEAVES, [minute(0)], ruling({0: ()}, at_ms=5), KEY)
    assert leaves[0].at_ms == SEGMENT.at_ms


@pytest.mark.parametrize("leaf_seq", [None, 7])
def test_a_minute_without_a_stored_record_is_not_decided(leaf_seq: int | None) -> None:
    with pytest.raises(NotAllowed, match=r"review\.unsealed"):
        ruling_leaves(ROW, "log/1", None, LEAVES, [minute(0, leaf_seq=leaf_seq)], ruling({0: ()}), KEY)


def test_a_decision_about_a_record_that_is_not_in_the_log_gets_its_leaf_later() -> None:
    minutes = [minute(0, undecided=((0, 20_000),)), minute(1, "F")]
    held = (LEAVES[0], replace(SEGMENT, entry_index=None))
    granted: dict[int, IntervalSet] = {0: ((0, 20_000),)}
    none, first = ruling_leaves(ROW, "log/1", None, held, minutes, ruling(granted), KEY)
    # The record is in the log by now; the first decision is not, so the second waits for it.
    also, second = ruling_leaves(ROW, "log/1", None, LEAVES, minutes, ruling({1: ()}, at_ms=5), KEY, first)
    assert (none, also) == ((), ())
    assert [each.leaf_seq for each in (*first, *second)] == [2, 3]
    assert second[0].at_ms == first[0].at_ms, "no decision is dated before an earlier one"
    with pytest.raises(NotAllowed, match=r"review\.unsealed"):
        amend_leaves(ROW, "log/1", None, held, minutes, first, KEY)
    assert without_leaf(LEAVES, (*first, *second)) == (*first, *second)
    made = amend_leaves(ROW, "log/1", None, LEAVES, minutes, (*first, *second), KEY)
    (whole,), (record,) = ruling_leaves(ROW, "log/1", None, LEAVES, minutes, ruling(granted), KEY)
    assert (made[0], first[0]) == (whole, record), "the leaf is the one that would have been written at once"
    assert parse_leaf(made[1].body)["prev"] == leaf_hash(made[0].body).hex()
    assert without_leaf((*LEAVES, *made), (*first, *second)) == ()
