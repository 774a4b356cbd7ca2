"""Cuts a session's events and minutes into the leaves of the log.

``Segments`` is a value: ``advance`` returns the next one and the leaves that the event completed, so that a failed
commit leaves nothing behind. A segment ends with the first event at or after ``segment_ms``, or with the session; where
it ends depends on stored events alone, so a restart finds the same cuts and reuses the written leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from zaichang.audit.openings.field_openings import LESSON, REASONS, SUBJECT
from zaichang.audit.openings.lesson_opening import lesson_payload
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import LeafKind
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.ports.records import StoredLeaf
from zaichang.session.codec import encode_minute
from zaichang.session.decisions import Final, Minute, Verdict
from zaichang.session.events import SessionStarted
from zaichang.tlog.commit import commit_all, commitment, commitments_root, salt, schedule_commitment
from zaichang.tlog.leaf import Anchor, ScheduleReveal, SessionRef, session_final, session_segment, session_start
from zaichang.tlog.merkle import leaf_hash

EVENT = "event"
RECORD = "record"

Written = Callable[[int], bytes | None]
"""Returns the body of a leaf that was written before (restart), by its number; None to build a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentContext:
    """The context of a session's leaves.

    Attributes:
        origin: The log.
        session_key: Source of the salts (``tlog.commit.session_key``).
        segment_ms: Wall time that one segment covers.
    """

    origin: str
    session_key: bytes
    segment_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """The state of a session's chain of leaves.

    Attributes:
        context: Of the session.
        info: The session's start.
        leaf_seq: Number of the next leaf.
        prev: Leaf hash of the last one.
        segment: Number of the running segment.
        from_ms: When it began.
        n_events: Events in earlier segments.
        events: Commitments of the running segment's events.
        n_minutes: Minutes in earlier segments.
        minutes: The running segment's minutes.
        verdicts: Count of V, F, U over the session.
        verified_ms: Sum over the session.
        codes: How often each reason was given.
    """

    context: SegmentContext
    info: SessionStarted
    leaf_seq: int = 0
    prev: bytes | None = None
    segment: int = 0
    from_ms: int = 0
    n_events: int = 0
    events: tuple[bytes, ...] = ()
    n_minutes: int = 0
    minutes: tuple[Minute, ...] = ()
    verdicts: tuple[int, int, int] = (0, 0, 0)
    verified_ms: int = 0
    codes: tuple[tuple[str, int], ...] = ()

    @property
    def due_ms(self) -> int | None:
        """When the running segment should be cut without an event; None where it holds no minute."""
        return self.from_ms + self.context.segment_ms if self.minutes else None


def begin(
    context: SegmentContext, info: SessionStarted, body: bytes, anchor: Anchor | None, written: Written
) -> tuple[Segments, StoredLeaf]:
    """Return the chain after the session's start, and its ``session.start`` leaf.

    Args:
        context: Of the session.
        info: The start event.
        body: Its canonical bytes.
        anchor: The newest checkpoint.
        written: See ``Written``.
    """
    segments = Segments(context=context, info=info, from_ms=info.at_ms)
    subject = subject_payload(info.institution_id, info.learner_id)
    leaf = written(0) or session_start(
        segments_ref(segments, info.at_ms, anchor),
        policy=bytes.fromhex(info.policy_digest),
        course=info.lesson.course_id,
        lesson_c=commitment(LESSON, salt(context.session_key, LESSON, 0), lesson_of_start(info)),
        subj_c=commitment(SUBJECT, salt(context.session_key, SUBJECT, 0), subject),
        sched_c=schedule_commitment(info.session_id, bytes.fromhex(info.seed)),
        client_nonce_c=bytes.fromhex(info.client_nonce_c),
        rules=None if info.rules is None else info.rules.parts(),
        period=info.period,
    )
    stored = StoredLeaf(leaf_seq=0, kind=LeafKind.START, at_ms=info.at_ms, body=leaf)
    started = replace(segments, leaf_seq=1, prev=leaf_hash(leaf))
    return _with_event(started, body), stored


def advance(
    segments: Segments,
    body: bytes,
    at_ms: int,
    minutes: tuple[Minute, ...],
    final: Final | None,
    anchor: Anchor | None,
    written: Written,
) -> tuple[Segments, tuple[StoredLeaf, ...]]:
    """Add one event with its decisions; return the chain and the completed leaves.

    Args:
        segments: The chain so far.
        body: The event's canonical bytes.
        at_ms: Its server time.
        minutes: Minutes that it made final.
        final: The session's end, where it ended.
        anchor: The newest checkpoint.
        written: See ``Written``.
    """
    leaves: list[StoredLeaf] = []
    segments = _with_minutes(_with_event(segments, body), minutes)
    if final is not None or at_ms >= segments.from_ms + segments.context.segment_ms:
        segments, leaf = _cut(segments, at_ms, anchor, written)
        leaves.append(leaf)
    if final is not None:
        segments, leaf = _finish(segments, final, at_ms, anchor, written)
        leaves.append(leaf)
    return segments, tuple(leaves)


def subject_payload(institution_id: InstitutionId, learner_id: LearnerId) -> bytes:
    """Return the payload of a session's ``subj_c`` commitment: the learner's pseudonym at the institution."""
    return canonical_bytes({"institution": institution_id, "learner": learner_id})


def lesson_of_start(info: SessionStarted) -> bytes:
    """Return the payload of a session's ``lesson_c`` commitment: its lesson, the version and the time line."""
    return lesson_payload(info.lesson.lesson_id, info.lesson.version, info.lesson.timeline)


def codes_payload(codes: Mapping[str, int]) -> bytes:
    """Return the bytes that a session's ``codes_c`` commits to: how often each reason was given for a minute."""
    return canonical_bytes({"codes": dict(codes)})


def segments_ref(segments: Segments, at_ms: int, anchor: Anchor | None) -> SessionRef:
    """Return the place of the chain's next leaf."""
    began_ms = segments.info.at_ms if segments.leaf_seq else None
    return SessionRef(
        origin=segments.context.origin,
        sid=segments.info.session_id,
        seq=segments.leaf_seq,
        prev=segments.prev,
        at_ms=at_ms,
        anchor=anchor,
        began_ms=began_ms,
    )


def _with_event(segments: Segments, body: bytes) -> Segments:
    number = segments.n_events + len(segments.events)
    committed = commit_all(EVENT, segments.context.session_key, [body], number)
    return replace(segments, events=(*segments.events, *committed))


def _with_minutes(segments: Segments, minutes: tuple[Minute, ...]) -> Segments:
    if not minutes:
        return segments
    order = (Verdict.VERIFIED, Verdict.REFUSED, Verdict.INDETERMINATE)
    counts = list(segments.verdicts)
    codes = dict(segments.codes)
    for minute in minutes:
        counts[order.index(minute.verdict)] += 1
        for reason in minute.reasons:
            codes[reason.value] = codes.get(reason.value, 0) + 1
    return replace(
        segments,
        minutes=(*segments.minutes, *minutes),
        verdicts=(counts[0], counts[1], counts[2]),
        verified_ms=segments.verified_ms + sum(minute.verified_ms for minute in minutes),
        codes=tuple(codes.items()),
    )


def _cut(segments: Segments, at_ms: int, anchor: Anchor | None, written: Written) -> tuple[Segments, StoredLeaf]:
    key = segments.context.session_key
    records = [canonical_bytes(encode_minute(minute)) for minute in segments.minutes]
    body = written(segments.leaf_seq) or session_segment(
        segments_ref(segments, at_ms, anchor),
        n=segments.segment,
        from_ms=segments.from_ms,
        to_ms=at_ms,
        first_minute=segments.n_minutes,
        minutes="".join(minute.verdict.value for minute in segments.minutes),
        verified_ms=sum(minute.verified_ms for minute in segments.minutes),
        events_root=commitments_root(segments.events),
        n_events=len(segments.events),
        records_root=commitments_root(commit_all(RECORD, key, records, segments.n_minutes)),
        n_records=len(records),
    )
    leaf = StoredLeaf(
        leaf_seq=segments.leaf_seq,
        kind=LeafKind.SEGMENT,
        at_ms=at_ms,
        body=body,
        first_minute=segments.n_minutes,
        n_minutes=len(segments.minutes),
    )
    following = replace(
        segments,
        leaf_seq=segments.leaf_seq + 1,
        prev=leaf_hash(body),
        segment=segments.segment + 1,
        from_ms=at_ms,
        n_events=segments.n_events + len(segments.events),
        events=(),
        n_minutes=segments.n_minutes + len(segments.minutes),
        minutes=(),
    )
    return following, leaf


def _finish(
    segments: Segments, final: Final, at_ms: int, anchor: Anchor | None, written: Written
) -> tuple[Segments, StoredLeaf]:
    nonce, beacon = bytes.fromhex(final.client_nonce) or None, bytes.fromhex(final.beacon) or None
    body = written(segments.leaf_seq) or session_final(
        segments_ref(segments, at_ms, anchor),
        segments=segments.segment,
        n_verified=segments.verdicts[0],
        n_refused=segments.verdicts[1],
        n_undecided=segments.verdicts[2],
        verified_ms=segments.verified_ms,
        reason=final.reason.value,
        codes_c=commitment(
            REASONS, salt(segments.context.session_key, REASONS, 0), codes_payload(dict(segments.codes))
        ),
        sched=ScheduleReveal(secret=bytes.fromhex(segments.info.seed), client_nonce=nonce, beacon=beacon),
    )
    leaf = StoredLeaf(leaf_seq=segments.leaf_seq, kind=LeafKind.FINAL, at_ms=at_ms, body=body)
    return replace(segments, leaf_seq=segments.leaf_seq + 1, prev=leaf_hash(body)), leaf
