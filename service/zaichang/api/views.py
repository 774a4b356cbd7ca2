"""Stored sessions, minutes and cases in the form of the API's answers, with the later decisions of reviewers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from zaichang.api.models.cases import CaseLine, CaseReasonLine
from zaichang.api.models.common import InstitutionNames, Reason
from zaichang.api.models.sessions import Minute, ReviewMinute, SessionLine
from zaichang.core.enums import CaseKind, stored
from zaichang.core.errors import PeerViolation
from zaichang.core.reason_sentences import SENTENCES
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records import Institution, SessionRow, StoredLeaf, StoredMinute
from zaichang.ports.records_cases import Case
from zaichang.ports.records_review import Amendment
from zaichang.session.decisions import Verdict
from zaichang.session.playhead import IntervalSet, difference, normalise, total_ms

NEWEST = (2**53 - 1, "~")
"""Before every session: the begin of the first page."""


def names_of(institution: Institution) -> InstitutionNames:
    """Return an institution's id and names."""
    return InstitutionNames(id=institution.institution_id, zh=institution.name_zh, en=institution.name_en)


def sentences_of(code: str) -> dict[str, str]:
    """Return a reason code with its sentence in both languages."""
    sentence = SENTENCES[stored(ReasonCode, code, "A reason of a minute or case")]
    return {"code": code, "zh": sentence.zh, "en": sentence.en}


def reason_view(code: str) -> Reason:
    """Return a reason with its sentence in both languages."""
    return Reason.model_validate(sentences_of(code))


def amended(minutes: Sequence[StoredMinute], amendments: Sequence[Amendment]) -> dict[int, list[Amendment]]:
    """Return the reviewers' decisions, grouped by minute."""
    found: dict[int, list[Amendment]] = {minute.minute: [] for minute in minutes}
    for each in amendments:
        found.setdefault(each.minute, []).append(each)
    return found


def session_fields(
    row: SessionRow, minutes: Sequence[StoredMinute], amendments: Sequence[Amendment] = ()
) -> dict[str, Any]:
    """Return the fields of ``SessionLine``, which longer answers contain too.

    Args:
        row: The session.
        minutes: Its minutes, as stored.
        amendments: The reviewers' decisions about them.
    """
    records = [json.loads(minute.body) for minute in minutes]
    later = amended(minutes, amendments)
    letters = [
        (later[record["index"]][-1].verdict if later[record["index"]] else record["verdict"]) for record in records
    ]
    granted_ms = sum(max(0, each.delta_ms) for each in amendments)
    revoked_ms = -sum(min(0, each.delta_ms) for each in amendments)
    return {
        "session": row.session_id,
        "learner": row.learner_id,
        "course": row.course_id,
        "lesson": row.lesson_id,
        "lesson_version": row.lesson_version,
        "state": row.state,
        "opened_ms": row.opened_ms,
        "closed_ms": row.closed_ms,
        "superseded_by": row.superseded_by,
        "minutes": len(records),
        "verified_ms": sum(record["verified_ms"] for record in records) + granted_ms - revoked_ms,
        "granted_ms": granted_ms,
        "revoked_ms": revoked_ms,
        "verdicts": "".join(letters),
    }


def session_view(row: SessionRow, minutes: Sequence[StoredMinute], amendments: Sequence[Amendment] = ()) -> SessionLine:
    """Return a session in one line: totals and verdict letters, with reviewers' decisions applied.

    Args:
        row: The session.
        minutes: Its minutes, as stored.
        amendments: The reviewers' decisions about them.
    """
    return SessionLine.model_validate(session_fields(row, minutes, amendments))


def minute_view(
    minute: StoredMinute, leaves: Sequence[StoredLeaf], amendments: Sequence[Amendment], left: IntervalSet
) -> Minute:
    """Return a minute in the learner's form. The arguments are those of ``review_minute_view``."""
    return Minute.model_validate(_minute(minute, leaves, amendments, left, signed=False))


def review_minute_view(
    minute: StoredMinute, leaves: Sequence[StoredLeaf], amendments: Sequence[Amendment], left: IntervalSet
) -> ReviewMinute:
    """Return a minute in the institution's form, with the authors of decisions and their notes.

    Args:
        minute: The minute, as stored.
        leaves: All leaves of the session.
        amendments: Decisions about this minute.
        left: Media time of this minute that may still be granted.
    """
    return ReviewMinute.model_validate(_minute(minute, leaves, amendments, left, signed=True))


def _minute(
    minute: StoredMinute,
    leaves: Sequence[StoredLeaf],
    amendments: Sequence[Amendment],
    left: IntervalSet,
    *,
    signed: bool,
) -> dict[str, Any]:
    record: Mapping[str, Any] = json.loads(minute.body)
    index_of = {leaf.leaf_seq: leaf.entry_index for leaf in leaves}
    decisions = []
    counted = [(low, high) for low, high in record["verified"]]
    for each in amendments:
        body = json.loads(each.body)
        counted += [(low, high) for low, high in body["granted"]]
        if "revoked" in body:
            counted = list(difference(normalise(counted), normalise((low, high) for low, high in body["revoked"])))
        shown = {
            "at_ms": each.at_ms,
            "outcome": body["outcome"],
            "delta_ms": each.delta_ms,
            "reason": sentences_of(each.reason),
            "log_index": index_of.get(each.leaf_seq),
        }
        decisions.append(
            {**shown, "reviewer": each.reviewer_id, "note": body.get("note", each.note)} if signed else shown
        )
    return {
        **record,
        "verdict": amendments[-1].verdict if amendments else record["verdict"],
        "was": record["verdict"],
        "verified": [list(part) for part in sorted(counted)],
        "verified_ms": record["verified_ms"] + sum(each.delta_ms for each in amendments),
        "reasons": [sentences_of(code) for code in record["reasons"]],
        "log_index": None if minute.leaf_seq is None else index_of.get(minute.leaf_seq),
        "left_ms": total_ms(left),
        "waits": bool(left) or (record["verdict"] == Verdict.INDETERMINATE and not amendments),
        "decisions": decisions,
    }


def case_fields(case: Case) -> dict[str, Any]:
    """Return the fields of ``CaseLine``, which the case's detail contains too."""
    return {
        "case": case.case_id,
        "kind": case.kind,
        "subject": case.subject if case.kind in (CaseKind.SESSION, CaseKind.ACCOUNT) else case.subject[:8],
        "learner": case.learner_id,
        "opened_ms": case.opened_ms,
        "due_ms": case.due_ms,
        "undecided_ms": case.undecided_ms,
        "state": case.state,
        "outcome": case.outcome or "",
        "closed_ms": case.closed_ms,
        "closed_by": case.closed_by,
        "note": case.note,
        "reasons": [
            CaseReasonLine(**sentences_of(reason.code), n=reason.n, other=reason.other) for reason in case.reasons
        ],
    }


def case_view(case: Case) -> CaseLine:
    """Return a case in one line of the queue."""
    return CaseLine.model_validate(case_fields(case))


def cursor_text(after: tuple[int, str]) -> str:
    """Return the end of a page as a text; the client sends it back to get the next page."""
    return f"{after[0]}.{after[1]}"


def parse_cursor(text: str, start: tuple[int, str]) -> tuple[int, str]:
    """Return the beginning of the page that a client asks for.

    Args:
        text: A text that ``cursor_text`` wrote; empty for the first page.
        start: The beginning of the first page.

    Raises:
        PeerViolation: ``http.cursor``.
    """
    if not text:
        return start
    number, _, name = text.partition(".")
    if not (number.isascii() and number.isdigit()) or len(number) > 16 or not 1 <= len(name) <= 64:
        raise PeerViolation("http.cursor", "The page's cursor is not one of ours.", "Begin at the first page.")
    return int(number), name
