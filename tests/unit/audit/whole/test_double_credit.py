"""One learner credited twice for the same media or the same time is named; honest learners are not."""

from __future__ import annotations

from dataclasses import replace

from support.log_sessions import SmallLog
from zaichang.audit.bundle import Bundle, FieldOpening, Opening
from zaichang.audit.check import Check, Status
from zaichang.audit.findings import Findings
from zaichang.audit.whole.double_credit import Credited, CreditedMinute, check_double_credit, credited_of
from zaichang.core.canonical import canonical_bytes

LESSON = ("c", "l", "1")


def session(sid: str, *minutes: tuple[int, int, int, int], learner: bytes = b"anna", lesson: str = "l") -> Credited:
    made = tuple(
        CreditedMinute(number=n, server=(begin, end), media=((low, high),))
        for n, (begin, end, low, high) in enumerate(minutes)
    )
    return Credited(origin="o", sid=sid, learner=learner, lesson=("c", lesson, "1"), minutes=made)


def found(*sessions: Credited) -> list[Check]:
    findings = Findings()
    check_double_credit(sessions, findings)
    return [check for check in findings.checks if check.status is Status.FAIL]


def test_honest_sessions_pass() -> None:
    findings = Findings()
    check_double_credit(
        [
            session("a", (0, 60, 0, 60), (60, 120, 60, 120)),
            session("b", (120, 180, 120, 180)),
            session("c", (0, 60, 0, 60), learner=b"bert"),
            session("d", (200, 260, 0, 60), lesson="m"),
            session("e", (0, 60, 0, 60), learner=b""),
        ],
        findings,
    )
    assert [check.message for check in findings.checks] == ["4 sessions of 2 learners: no time is credited twice."]


def test_the_same_media_in_two_sessions_is_named_once() -> None:
    checks = found(session("a", (0, 60, 0, 60), (60, 120, 60, 120)), session("b", (900, 999, 50, 70)))
    assert [(c.code, c.sid, c.event, c.got) for c in checks] == [("E_DOUBLE", "b", 0, "10 ms")]
    assert "same part of the lesson in another session too: a, minute 0" in checks[0].message


def test_the_same_time_in_two_lessons_is_named() -> None:
    checks = found(session("a", (0, 100, 0, 60)), session("b", (90, 120, 0, 60), lesson="m"))
    assert [(c.code, c.sid, c.field) for c in checks] == [("E_DOUBLE", "b", "the same time by the clock")]


def test_a_long_piece_is_compared_with_all_that_follow() -> None:
    long, others = (
        session("long", (0, 1_000, 0, 1)),
        [session(f"s{n}", (n, n + 1, n * 9 + 5, n * 9 + 6)) for n in range(9)],
    )
    assert {c.sid for c in found(long, *others)} | {"s0"} >= {f"s{n}" for n in range(1, 9)}


def test_the_same_media_counts_in_each_year_and_not_in_years_that_overlap() -> None:
    years = [
        replace(session(period, (n * 900, n * 900 + 99, 0, 70)), period=period)
        for n, period in enumerate(("2026-01-01", "2026-11-01", "2027-01-01", "once"))
    ]
    assert found(years[0], years[2]) == []
    assert [(c.sid, c.field) for c in found(*years[:2])] == [("2026-11-01", "the same part of the lesson")]
    assert len(found(years[0], years[3])) == 1
    assert len(found(*years)) == 5, "each pair that overlaps once"


def record(index: int, verified: list[list[int]], undecided: list[list[int]], verdict: str = "V") -> bytes:
    times = {"from_ms": index * 60, "to_ms": index * 60 + 60}
    return canonical_bytes({"index": index, "verdict": verdict, "verified": verified, "undecided": undecided, **times})


NAMED = canonical_bytes({"lesson": "l", "lesson_v": "2", "timeline": "1"})
NAMED_LESSON = FieldOpening(sid="a", seq=0, field="lesson_c", kind="lesson", salt=b"", payload=NAMED)


def test_a_lesson_that_is_not_opened_hides_no_double_credit_in_silence() -> None:
    one, other = session("a", (0, 60, 0, 60)), session("b", (100, 160, 0, 60))
    findings = Findings()
    check_double_credit([one, replace(other, lesson=None)], findings)
    assert [(c.status.value, c.code, c.sid, c.field) for c in findings.checks] == [
        ("undecided", "E_OPENING", "b", "lesson_c")
    ]


def credited(log: SmallLog, *records: bytes, fields: tuple[FieldOpening, ...] = ()) -> Credited | None:
    openings = [Opening(sid="a", kind="record", n=n, salt=b"", payload=data) for n, data in enumerate(records)]
    subject = FieldOpening(sid="a", seq=0, field="subj_c", kind="subject", salt=b"", payload=b"anna")
    bundle = Bundle(origin="o", checkpoint=b"", openings=tuple(openings), fields=(subject, NAMED_LESSON, *fields))
    return credited_of(bundle, log.known())


def test_a_session_s_credit_is_its_records_and_later_changes() -> None:
    log = SmallLog()
    _, segment, _ = log.whole("a")
    log.amend("a", segment, delta_ms=20, minute=1)
    log.amend("a", segment, delta_ms=-5, minute=2)
    log.amend("a", segment, delta_ms=7, minute=3)
    half = record(0, [[0, 60]], [])
    got = credited(
        log, half, record(1, [], [[60, 80]], "U"), record(2, [[90, 99]], []), record(3, [], [[100, 120]], "U"), b"no"
    )
    assert got is not None
    assert (got.learner, got.lesson) == (b"anna", ("c", "l", "1"))
    # Minute 2 was taken back in part and minute 3 granted in part: which part is not in the log.
    assert [(m.number, m.media) for m in got.minutes] == [(0, ((0, 60),)), (1, ((60, 80),))]


def test_a_part_that_a_decision_grants_counts_as_credit() -> None:
    log = SmallLog()
    _, segment, _ = log.whole("a")
    log.amend("a", segment, delta_ms=7, minute=3)
    ruling = canonical_bytes({"granted": [[110, 117]]})
    field = FieldOpening(sid="a", seq=3, field="request", kind="ruling", salt=b"", payload=ruling)
    undecided = record(3, [], [[100, 120]], "U")
    got = credited(log, undecided, fields=(field,))
    assert got is not None and [(m.number, m.media) for m in got.minutes] == [(3, ((110, 117),))]
    unread = replace(field, payload=b"no")
    got = credited(log, undecided, fields=(unread,))
    assert got is not None and got.minutes == ()
    log.void("a", 3)
    got = credited(log, undecided, record(4, [[9, 3]], []), fields=(field,))
    assert got is not None and got.minutes == (), "a voided change grants nothing, and a reversed interval is no credit"


def test_a_voided_or_headless_session_has_no_credit() -> None:
    log = SmallLog()
    start, _, _ = log.whole("a")
    log.void("a", start)
    assert credited(log, record(0, [[0, 60]], [])) is None
    log = SmallLog()
    log.whole("a")
    log.leaves = log.leaves[1:]
    assert credited(log) is None
