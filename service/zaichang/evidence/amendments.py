"""Amendments: the time of a session that a reviewer may still decide, and the leaves of a decision. No I/O of its own.

The rules leave undecided time to review. An appeal re-opens the minutes that it names. There a reviewer may also grant
what the player's own reports show as played, at most the minute's server time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from zaichang.audit.changes.documents import VERSION
from zaichang.audit.changes.rulings import SLACK_MS, at_most, played_in
from zaichang.audit.openings.field_openings import RULING
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import LeafKind, ReviewOutcome
from zaichang.core.errors import NotAllowed
from zaichang.core.ids import ReviewerId
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records import SessionRow, StoredLeaf, StoredMinute
from zaichang.ports.records_review import Amendment
from zaichang.session.decisions import Verdict
from zaichang.session.events import Event
from zaichang.session.playhead import IntervalSet, difference, normalise, total_ms, union
from zaichang.tlog.commit import commitment, salt
from zaichang.tlog.leaf import Anchor, SessionRef, parse_leaf, session_amend
from zaichang.tlog.merkle import leaf_hash

NOTE = "note"
APPEAL = "appeal"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealBehind:
    """The appeal that a decision answers, as the decision's document names it.

    Attributes:
        number: Its number in the session.
        at_ms: When the learner appealed, server time.
        minutes: The minutes that it names.
        words: The learner's text; the document holds a commitment to it.
    """

    number: int
    at_ms: int
    minutes: tuple[int, ...]
    words: str


class MinuteView(msgspec.Struct, frozen=True):
    """The fields of a minute's record that amendments need."""

    index: int
    from_ms: int
    to_ms: int
    verdict: Verdict
    verified: tuple[tuple[int, int], ...] = ()
    undecided: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A reviewer's decision on minutes: the granted time (none for a refusal) and the reason.

    Attributes:
        reviewer_id: Its author.
        outcome: Grant, refuse or revoke.
        reason: Why.
        note: For the institution.
        granted: Granted time by minute.
        at_ms: Server time.
        appeal: The waiting appeal that it answers, or None.
        revoked: For a revocation, the time that is taken back, by minute.
        empty: Minutes of which people took back all, now or earlier.
        proposer: For a revocation, the person who proposed it.
        revocation_id: Of the revocation.
    """

    reviewer_id: ReviewerId
    outcome: ReviewOutcome
    reason: ReasonCode
    note: str
    granted: Mapping[int, IntervalSet]
    at_ms: int
    appeal: AppealBehind | None = None
    revoked: Mapping[int, IntervalSet] = field(default_factory=dict)
    empty: frozenset[int] = frozenset()
    proposer: str = ""
    revocation_id: str = ""

    def verdict_of(self, minute: MinuteView, granted: IntervalSet) -> Verdict:
        """Return the minute's verdict after the decision."""
        stands = minute.verdict == Verdict.VERIFIED or minute.index in self.revoked
        counts = bool(granted) or (stands and minute.index not in self.empty)
        return Verdict.VERIFIED if counts else Verdict.REFUSED


def view(stored: StoredMinute) -> MinuteView:
    """Return the fields of a stored minute that amendments need."""
    return msgspec.json.decode(stored.body, type=MinuteView)


def left_to_decide(
    minutes: Sequence[StoredMinute],
    decided: Collection[int],
    credited: IntervalSet,
    appealed: Collection[int] = (),
    events: Sequence[Event] = (),
) -> dict[int, IntervalSet]:
    """Return the time that a reviewer may still grant, by minute: disjoint, and without credited time.

    Args:
        minutes: Of the session.
        decided: Minutes that a reviewer has decided.
        credited: The learner's credited time in this lesson.
        appealed: Minutes of a waiting appeal: re-opened, decided or not, also for time that was taken back.
        events: The session's, for appealed minutes.
    """
    left: dict[int, IntervalSet] = {}
    for stored in minutes:
        minute = view(stored)
        if minute.index in decided and minute.index not in appealed:
            continue
        open_to_people = normalise(minute.undecided)
        if minute.index in appealed:
            open_to_people = union(open_to_people, normalise(minute.verified))
            open_to_people = union(open_to_people, played_in(events, minute.from_ms, minute.to_ms))
        free = at_most(difference(open_to_people, credited), max(0, minute.to_ms - minute.from_ms + SLACK_MS))
        if free:
            left[minute.index] = free
            credited = union(credited, free)
    return left


def ruling_leaves(
    row: SessionRow,
    origin: str,
    anchor: Anchor | None,
    leaves: Sequence[StoredLeaf],
    minutes: Sequence[StoredMinute],
    ruling: Ruling,
    session_key: bytes,
    waiting: Sequence[Amendment] = (),
) -> tuple[tuple[StoredLeaf, ...], tuple[Amendment, ...]]:
    """Return the ``session.amend`` leaves of a decision, one per minute, and their records.

    A leaf names the place of the record that it changes. Where that record, or an earlier decision, is not in the log
    yet, there are no leaves: ``amend_leaves`` makes them later from the records.

    Args:
        row: The session.
        origin: Its log.
        anchor: The newest checkpoint.
        leaves: The session's, all of them, in order.
        minutes: The session's.
        ruling: The decision; its keys are the minutes.
        session_key: Source of the salts (``tlog.commit.session_key``).
        waiting: Earlier decisions that have no leaf yet, in order.

    Raises:
        NotAllowed: ``review.unsealed`` where a minute has no stored record.
    """
    of_minute = {minute.minute: minute for minute in minutes}
    last = waiting[-1] if waiting else leaves[-1]
    seq, at_ms = last.leaf_seq, max(ruling.at_ms, last.at_ms)
    amendments: list[Amendment] = []
    for number in sorted({*ruling.granted, *ruling.revoked}):
        granted, revoked = ruling.granted.get(number, ()), ruling.revoked.get(number, ())
        seq += 1
        verdict, delta_ms = ruling.verdict_of(view(of_minute[number]), granted), total_ms(granted) - total_ms(revoked)
        body = canonical_bytes(
            {
                "v": VERSION,
                "session": row.session_id,
                "minute": number,
                "at_ms": at_ms,
                "reviewer": ruling.reviewer_id,
                "outcome": ruling.outcome.value,
                "reason": ruling.reason.value,
                "verdict": verdict.value,
                "granted": [list(each) for each in granted],
                **({"revoked": [list(each) for each in revoked], "proposer": ruling.proposer} if revoked else {}),
                **note_of(session_key, seq, ruling.note),
                **_appeal_of(session_key, number, ruling.appeal),
            }
        )
        amendments.append(
            Amendment(
                session_id=row.session_id,
                leaf_seq=seq,
                minute=number,
                at_ms=at_ms,
                verdict=verdict,
                delta_ms=delta_ms,
                reason=ruling.reason,
                reviewer_id=ruling.reviewer_id,
                body=body,
                note=ruling.note,
                revocation_id=ruling.revocation_id,
            )
        )
    decided = tuple(amendments)
    if waiting or any(_segment(leaves, minutes, each).entry_index is None for each in decided):
        return (), decided
    return amend_leaves(row, origin, anchor, leaves, minutes, decided, session_key), decided


def amend_leaves(
    row: SessionRow,
    origin: str,
    anchor: Anchor | None,
    leaves: Sequence[StoredLeaf],
    minutes: Sequence[StoredMinute],
    amendments: Sequence[Amendment],
    session_key: bytes,
) -> tuple[StoredLeaf, ...]:
    """Return the leaves of decisions whose records are stored.

    Args:
        row: The session.
        origin: Its log.
        anchor: A checkpoint that the server held at their date: the newest one, or for stored decisions ``anchor_of``
            the session's last leaf.
        leaves: The session's, all of them, in order.
        minutes: The session's.
        amendments: The decisions that have no leaf yet, in order.
        session_key: Source of the salts.

    Raises:
        NotAllowed: ``review.unsealed`` where the record of a minute is not in the log yet.
    """
    prev, made = leaf_hash(leaves[-1].body), list[StoredLeaf]()
    for each in amendments:
        segment = _segment(leaves, minutes, each)
        if segment.entry_index is None:
            raise _unsealed()
        leaf = session_amend(
            SessionRef(
                origin=origin,
                sid=row.session_id,
                seq=each.leaf_seq,
                prev=prev,
                at_ms=each.at_ms,
                anchor=anchor,
                began_ms=row.opened_ms,
            ),
            target=segment.entry_index,
            target_hash=leaf_hash(segment.body),
            minute=each.minute,
            verdict=each.verdict.value,
            delta_ms=each.delta_ms,
            reason=each.reason.value,
            request=commitment(RULING, salt(session_key, RULING, each.leaf_seq), each.body),
        )
        prev = leaf_hash(leaf)
        made.append(StoredLeaf(leaf_seq=each.leaf_seq, kind=LeafKind.AMEND, at_ms=each.at_ms, body=leaf))
    return tuple(made)


def anchor_of(leaf: StoredLeaf) -> Anchor | None:
    """Return the checkpoint that a leaf names, or None.

    A leaf that is made later than its date names the one of the record before it: a checkpoint that a witness saw after
    the date would make the date look forged.
    """
    match parse_leaf(leaf.body).get("anchor"):
        case {"size": int(size), "root": str(root)}:
            return Anchor(size=size, root=bytes.fromhex(root))
        case _:
            return None


def without_leaf(leaves: Sequence[StoredLeaf], amendments: Sequence[Amendment]) -> tuple[Amendment, ...]:
    """Return a session's decisions that have no leaf yet: the record that they change was not in the log."""
    return tuple(each for each in amendments if each.leaf_seq > leaves[-1].leaf_seq)


def _segment(leaves: Sequence[StoredLeaf], minutes: Sequence[StoredMinute], decided: Amendment) -> StoredLeaf:
    """Return the leaf that holds the record of a decision's minute."""
    place = next((each.leaf_seq for each in minutes if each.minute == decided.minute), None)
    found = next((leaf for leaf in leaves if leaf.leaf_seq == place), None)
    if found is None:
        raise _unsealed()
    return found


def _unsealed() -> NotAllowed:
    return NotAllowed("review.unsealed", "The minute's record is not in the log yet.", "Try again shortly.")


def note_of(session_key: bytes, seq: int, note: str) -> dict[str, object]:
    """Return the part of a decision's document that commits to the reviewer's note, which is not shown."""
    return {"note_c": commitment(NOTE, salt(session_key, NOTE, seq), note.encode()).hex()} if note else {}


def _appeal_of(session_key: bytes, minute: int, appeal: AppealBehind | None) -> dict[str, object]:
    """Return the part of a decision's document that names the appeal behind it, where one names the minute."""
    if appeal is None or minute not in appeal.minutes:
        return {}
    words_c = commitment(APPEAL, salt(session_key, APPEAL, appeal.number), appeal.words.encode())
    named = {"number": appeal.number, "at_ms": appeal.at_ms, "minutes": list(appeal.minutes)}
    return {"appeal": {**named, "text_c": words_c.hex()}}
