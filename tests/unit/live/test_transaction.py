"""An event and all that follows from it are one write; a session's end adds its leaves, its time and its case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from support.desk import POLICY, started
from support.stores import ROW
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import ChallengeKind, LeafKind
from zaichang.core.reasons import ReasonCode
from zaichang.evidence.segments import SegmentContext, Segments, begin
from zaichang.live.transaction import transaction_of
from zaichang.session import decisions as d
from zaichang.session.codec import encode_event, encode_minute
from zaichang.session.events import DeadlineReached, Event

INFO = started(POLICY)
CONTEXT = SegmentContext(origin="log.example/inst/2026", session_key=bytes(32), segment_ms=300_000)
MINUTE = d.Minute(
    index=0, from_ms=INFO.at_ms, to_ms=INFO.at_ms + 60_000, verdict=d.Verdict.VERIFIED, verified=((0, 48_000),)
)
FINAL = d.Final(
    at_ms=INFO.at_ms + 70_000, reason=ReasonCode.SESSION_FINISHED, minutes=1, verified_ms=48_000, undecided_ms=12_000
)
ROW_1 = replace(ROW, session_id=INFO.session_id, epoch=4)


def chain() -> Segments:
    return begin(CONTEXT, INFO, canonical_bytes(encode_event(INFO)), None, lambda _: None)[0]


def written(event: Event, *decisions: d.Decision, owed: ChallengeKind | None = None) -> Any:
    return transaction_of(
        event, decisions, row=ROW_1, seq=7, segments=chain(), anchor=None, owed=owed, leniency=None, review_days=7
    )


def test_an_event_alone_is_written_under_its_number_and_the_writers_epoch() -> None:
    event = DeadlineReached(at_ms=INFO.at_ms + 5)
    segments, write = written(event, d.OrderResume())
    assert (write.session_id, write.epoch, write.first_seq) == (INFO.session_id, 4, 7)
    [stored] = write.events
    assert (stored.at_ms, stored.body) == (event.at_ms, canonical_bytes(encode_event(event)))
    assert (write.minutes, write.leaves, write.closed_ms, write.owed, write.case) == ((), (), None, None, None)
    assert len(segments.events) == len(chain().events) + 1


def test_a_minute_is_written_with_the_time_that_it_credits() -> None:
    segments, write = written(DeadlineReached(at_ms=INFO.at_ms + 60_000), d.RecordMinute(minute=MINUTE))
    [stored] = write.minutes
    assert (stored.minute, stored.credited, stored.published) == (0, ((0, 48_000),), False)
    assert stored.body == canonical_bytes(encode_minute(MINUTE))
    assert segments.minutes == (MINUTE,) and write.leaves == (), "the segment goes on"


def test_the_end_writes_the_last_leaves_the_closing_time_and_the_case() -> None:
    event = DeadlineReached(at_ms=FINAL.at_ms)
    decisions = (d.RecordMinute(minute=MINUTE), d.RecordFinal(final=FINAL))
    _, write = written(event, *decisions, owed=ChallengeKind.CODE)
    assert [leaf.kind for leaf in write.leaves] == [LeafKind.SEGMENT, LeafKind.FINAL]
    assert [leaf.leaf_seq for leaf in write.leaves] == [1, 2]
    assert (write.closed_ms, write.owed) == (FINAL.at_ms, ChallengeKind.CODE)
    assert write.case is not None
    assert (write.case.subject, write.case.undecided_ms) == (INFO.session_id, 12_000)
    assert write.case.due_ms == FINAL.at_ms + 7 * 86_400_000


def test_an_end_that_leaves_nothing_to_a_person_makes_no_case() -> None:
    clean = d.RecordFinal(final=replace(FINAL, undecided_ms=0))
    _, write = written(DeadlineReached(at_ms=FINAL.at_ms), clean)
    assert write.case is None and write.closed_ms == FINAL.at_ms
