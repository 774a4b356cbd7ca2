"""One learner credited twice: for the same media, or for the same time by the clock. Pure.

Checked over all sessions of one bundle or of many, as far as pseudonyms and minute records are opened. A session that
was voided does not take part, and neither does media that a person took back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations_with_replacement

import msgspec

from zaichang.audit.bundle import RECORD, Bundle
from zaichang.audit.changes.rulings import intervals
from zaichang.audit.changes.standing import Media
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.openings.lesson_opening import LESSON_FIELD, lesson_of, opened_lesson
from zaichang.audit.whole.periods import period_of
from zaichang.audit.whole.totals import total_of
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.core.periods import ONCE, overlap
from zaichang.session.playhead import IntervalSet, normalise

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditedMinute:
    """A minute that counts.

    Attributes:
        number: Its number in the session.
        server: When it was studied, server time.
        media: The parts of the lesson that it counts.
    """

    number: int
    server: Span
    media: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """The credit of one session.

    Attributes:
        origin: The log.
        sid: The session.
        learner: The opened pseudonym with its institution, as bytes; empty where it is not opened.
        lesson: Course, lesson and time line; None where the lesson is not opened.
        minutes: The minutes that count; empty where their records are not opened.
        period: The period in which each part of the lesson counts once.
    """

    origin: str
    sid: str
    learner: bytes
    lesson: tuple[str, str, str] | None
    minutes: tuple[CreditedMinute, ...]
    period: str = ONCE


class _Record(msgspec.Struct):
    index: int
    from_ms: int
    to_ms: int
    verdict: str
    verified: tuple[Span, ...] = ()
    undecided: tuple[Span, ...] = ()


_decode = msgspec.json.Decoder(_Record).decode


def credited_of(bundle: Bundle, leaves: Sequence[KnownLeaf]) -> Credited | None:
    """Return the credit of a session; None if it was voided or its first leaf is missing.

    Args:
        bundle: The whole bundle, or the session's part of it.
        leaves: The session's leaves in their order.
    """
    start = leaves[0]
    if start.kind != "session.start" or total_of(leaves).voided_at is not None:
        return None
    records = {}
    for opening in bundle.openings:
        if opening.sid == start.sid and opening.kind == RECORD and (record := _record(opening.payload)) is not None:
            records[record.index] = record
    learner = next((f.payload for f in bundle.fields if f.sid == start.sid and f.field == "subj_c"), b"")
    media = _standing(bundle, leaves, records)
    minutes = tuple(
        CreditedMinute(number=number, server=(record.from_ms, record.to_ms), media=media[number])
        for number, record in records.items()
        if media.get(number)
    )
    named = lesson_of(start, opened_lesson(bundle.fields, start.sid))
    lesson = None if named is None else (start.text("course"), named.lesson, named.timeline)
    return Credited(
        origin=start.text("origin"),
        sid=start.sid,
        learner=learner,
        lesson=lesson,
        minutes=minutes,
        period=period_of(start.text("period"), start.number("at")),
    )


def _standing(bundle: Bundle, leaves: Sequence[KnownLeaf], records: Mapping[int, _Record]) -> dict[int, IntervalSet]:
    """Return the media of each minute that counts after all changes and voids, as far as decisions are opened."""
    rulings = {f.seq: f.payload for f in bundle.fields if f.sid == leaves[0].sid and f.field == "request"}
    media = Media({number: record.verified for number, record in records.items()})
    by_index = {leaf.index: leaf for leaf in leaves}
    for leaf in leaves:
        if leaf.kind == "session.amend" and leaf.number("minute") in records:
            granted, revoked = _change(leaf, rulings.get(leaf.number("seq")), records[leaf.number("minute")])
            media.change(leaf.index, leaf.number("minute"), granted, revoked)
        elif leaf.kind == "session.void" and leaf.number("target") in by_index:
            media.void(by_index[leaf.number("target")])
    return media.of_minute


def _change(leaf: KnownLeaf, document: bytes | None, record: _Record) -> tuple[IntervalSet, IntervalSet]:
    """Return the media that a change grants and takes back: of its decision, or of the record where none is opened."""
    if document is not None:
        with suppress(EvidenceError):
            value = parse_canonical_object(document)
            granted, revoked = intervals(value.get("granted", [])), intervals(value.get("revoked", []))
            if granted is not None and revoked is not None:
                return granted, revoked
    delta_ms = leaf.delta("delta_ms")
    if delta_ms < 0:
        return (), normalise((*record.verified, *record.undecided))  # which part a person took back is not in the log
    return (record.undecided if delta_ms == sum(end - start for start, end in record.undecided) else ()), ()


def _record(payload: bytes) -> _Record | None:
    try:
        record = _decode(payload)
        normalise((*record.verified, *record.undecided))
    except (ValueError, UnicodeDecodeError):  # msgspec's errors are ValueErrors
        return None
    return record


def check_double_credit(sessions: Iterable[Credited], findings: Findings) -> None:
    """Find media and clock time that one learner was credited for in two sessions.

    Args:
        sessions: The sessions; those without an opened pseudonym are passed over.
        findings: Takes the results.
    """
    clock: dict[bytes, list[_Piece]] = {}
    media: dict[tuple[bytes, tuple[str, str, str]], dict[str, list[_Piece]]] = {}
    count, before = 0, len(findings.checks)
    for session in sessions:
        if not session.learner or not session.minutes:
            continue
        count += 1
        if session.lesson is None:
            message = "The session's lesson is not opened: whether its media were credited before cannot be seen."
            about = About(origin=session.origin, sid=session.sid)
            findings.undecided("double", "E_OPENING", message, about, field=LESSON_FIELD)
        for minute in session.minutes:
            clock.setdefault(session.learner, []).append((*minute.server, session.sid, minute.number, session.origin))
            if session.lesson is None:
                continue
            of_lesson = media.setdefault((session.learner, session.lesson), {}).setdefault(session.period, [])
            of_lesson += [(*span, session.sid, minute.number, session.origin) for span in minute.media]
    for pieces in clock.values():
        _overlaps(pieces, "the same time by the clock", findings, set())
    for periods in media.values():
        told: set[tuple[str, str]] = set()
        for one, other in combinations_with_replacement(sorted(periods), 2):
            if overlap(one, other):
                pieces = periods[one] if one == other else periods[one] + periods[other]
                _overlaps(pieces, "the same part of the lesson", findings, told)
    if count > 1 and len(findings.checks) == before:
        learners = len(clock)
        findings.passed("double", About(), f"{count} sessions of {learners} learners: no time is credited twice.")


_Piece = tuple[int, int, str, int, str]


def _overlaps(pieces: list[_Piece], what: str, findings: Findings, told: set[tuple[str, str]]) -> None:
    """Name each pair of sessions once; those in ``told`` were named before."""
    pieces.sort()
    widest: dict[str, _Piece] = {}  # the two sessions whose pieces reach furthest
    for piece in pieces:
        start, _, sid, number, origin = piece
        for other_sid, other in widest.items():
            overlap_ms = min(other[1], piece[1]) - start
            if other_sid == sid or overlap_ms <= 0 or (other_sid, sid) in told or (sid, other_sid) in told:
                continue
            told.add((sid, other_sid))
            message = f"One learner is credited for {what} in another session too: {other_sid}, minute {other[3]}."
            about = About(origin=origin, sid=sid, event=number)
            findings.failed("double", "E_DOUBLE", message, about, field=what, got=f"{overlap_ms} ms")
        if sid not in widest or widest[sid][1] < piece[1]:
            widest[sid] = piece
        if len(widest) > 2:
            del widest[min(widest, key=lambda each: widest[each][1])]
