"""Leaves of a session: cut where the events say, chained, and the same again after a restart."""

from __future__ import annotations

from zaichang.core.canonical import canonical_bytes
from zaichang.core.lesson import LessonRef
from zaichang.core.reasons import ReasonCode
from zaichang.evidence.segments import SegmentContext, Segments, advance, begin, codes_payload
from zaichang.ports.records import StoredLeaf
from zaichang.session.decisions import Final, Minute, Verdict
from zaichang.session.events import SessionStarted
from zaichang.session.schedule import client_commitment
from zaichang.tlog.commit import commitment, salt
from zaichang.tlog.leaf import Anchor, parse_leaf
from zaichang.tlog.merkle import leaf_hash

CONTEXT = SegmentContext(origin="log.example/inst/2026", session_key=b"k" * 32, segment_ms=60_000)
INFO = SessionStarted(
    at_ms=1_000_000,
    session_id="ab" * 16,
    institution_id="inst",
    learner_id="learner",
    lesson=LessonRef(course_id="course", lesson_id="lesson", duration_ms=600_000),
    policy_digest="cd" * 32,
    seed="11" * 32,
    client_nonce_c=client_commitment("22" * 16),
)
FINAL = Final(at_ms=1_200_000, reason=ReasonCode.SESSION_FINISHED, minutes=2, verified_ms=60_000, undecided_ms=0)


def minute(index: int, verdict: Verdict = Verdict.VERIFIED) -> Minute:
    verified = ((index * 60_000, index * 60_000 + 60_000),) if verdict is Verdict.VERIFIED else ()
    reasons = () if verified else (ReasonCode.NO_FACE,)
    return Minute(index=index, from_ms=0, to_ms=1, verdict=verdict, verified=verified, reasons=reasons)


def run(anchor: Anchor | None, written: dict[int, bytes] | None = None) -> tuple[Segments, list[StoredLeaf]]:
    found = (written or {}).get
    segments, leaf = begin(CONTEXT, INFO, b"start", anchor, found)
    leaves = [leaf]
    steps: list[tuple[int, tuple[Minute, ...], Final | None]] = [
        (1_005_000, (), None),
        (1_065_000, (minute(0),), None),
        (1_070_000, (), None),
        (1_200_000, (minute(1, Verdict.REFUSED),), FINAL),
    ]
    for number, (at_ms, minutes, final) in enumerate(steps):
        segments, more = advance(segments, b"event %d" % number, at_ms, minutes, final, anchor, found)
        leaves += more
    return segments, leaves


def test_leaves_are_cut_where_time_says_and_hold_every_event_once() -> None:
    _, leaves = run(None)
    kinds = [leaf.kind for leaf in leaves]
    assert kinds == ["session.start", "session.segment", "session.segment", "session.final"]
    first, second, final = (parse_leaf(leaf.body) for leaf in leaves[1:])
    assert (first["minutes"], second["minutes"]) == ("V", "F")
    assert (first["n_events"], second["n_events"]) == (3, 2)
    assert (second["first_minute"], leaves[2].first_minute, leaves[2].n_minutes) == (1, 1, 1)
    assert (final["segments"], final["n_verified"], final["n_refused"], final["verified_ms"]) == (2, 1, 1, 60_000)
    counts = codes_payload({"NO_FACE": 1})
    assert final["codes_c"] == commitment("codes", salt(CONTEXT.session_key, "codes", 0), counts).hex()


def test_the_public_leaves_tell_no_time_finer_than_a_minute_and_no_reasons() -> None:
    _, leaves = run(None)
    for leaf in leaves:
        fields = parse_leaf(leaf.body)
        assert all(
            value % 60_000 == 0 for name in ("at", "from_ms", "to_ms") if isinstance(value := fields.get(name, 0), int)
        )
        assert b"NO_FACE" not in leaf.body


def test_leaves_form_a_chain() -> None:
    _, leaves = run(None)
    for number, leaf in enumerate(leaves):
        fields = parse_leaf(leaf.body)
        assert fields["seq"] == leaf.leaf_seq == number
        assert fields["prev"] == ("" if number == 0 else leaf_hash(leaves[number - 1].body).hex())


def test_a_restart_takes_the_leaves_that_were_written_and_goes_on_alike() -> None:
    before, leaves = run(Anchor(size=7, root=b"r" * 32))
    after, again = run(None, {leaf.leaf_seq: leaf.body for leaf in leaves})
    assert again == leaves
    assert after == before
    assert run(None)[1] != leaves


def test_no_leaf_names_the_learner() -> None:
    _, leaves = run(None)
    assert all(b"learner" not in leaf.body for leaf in leaves)
    assert b"learner" in canonical_bytes({"learner": INFO.learner_id})


def test_a_segment_with_minutes_is_due_by_itself() -> None:
    segments, _ = begin(CONTEXT, INFO, b"start", None, lambda _: None)
    assert segments.due_ms is None
    segments, _ = advance(segments, b"e", 1_001_000, (minute(0),), None, None, lambda _: None)
    assert segments.due_ms == 1_060_000
