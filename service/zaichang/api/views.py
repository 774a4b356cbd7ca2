"""Sessions, minutes and cases as the API shows them: what the rules decided, and what people changed since."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from zaichang.core.errors import PeerViolation
from zaichang.core.reasons import SENTENCES, ReasonCode
from zaichang.ports.records import SessionRow, StoredLeaf, StoredMinute
from zaichang.ports.records_cases import Case, CaseReason
from zaichang.ports.records_review import Amendment
from zaichang.session.decisions import Verdict
from zaichang.session.playhead import IntervalSet, total_ms

NEWEST = (2**53 - 1, "~")
"""Before every session: the begin of the first page."""


def reason_view(code: str) -> dict[str, str]:
    """Return a reason with its sentence in both languages."""
    sentence = SENTENCES[ReasonCode(code)]
    return {"code": code, "zh": sentence.zh, "en": sentence.en}


def amended(minutes: Sequence[StoredMinute], amendments: Sequence[Amendment]) -> dict[int, list[Amendment]]:
    """Return people's decisions by minute."""
    found: dict[int, list[Amendment]] = {minute.minute: [] for minute in minutes}
    for each in amendments:
        found.setdefault(each.minute, []).append(each)
    return found


def session_view(
    row: SessionRow, minutes: Sequence[StoredMinute], amendments: Sequence[Amendment] = ()
) -> dict[str, Any]:
    """Return a session in one line: its totals and verdict letters, as they stand after people's decisions."""
    records = [json.loads(minute.body) for minute in minutes]
    later = amended(minutes, amendments)
    letters = [
        (later[record["index"]][-1].verdict if later[record["index"]] else record["verdict"]) for record in records
    ]
    granted_ms = sum(each.delta_ms for each in amendments)
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
        "verified_ms": sum(record["verified_ms"] for record in records) + granted_ms,
        "granted_ms": granted_ms,
        "verdicts": "".join(letters),
    }


def minute_view(
    minute: StoredMinute,
    leaves: Sequence[StoredLeaf],
    amendments: Sequence[Amendment],
    left: IntervalSet,
    *,
    reviewers: bool,
) -> dict[str, Any]:
    """Return a minute with its reasons, its place in the log, people's decisions, and what they may still grant.

    Args:
        minute: As stored.
        leaves: Of the session.
        amendments: Of this minute.
        left: What may still be granted.
        reviewers: Whether to say who decided (to the institution, not to the learner).
    """
    record: Mapping[str, Any] = json.loads(minute.body)
    index_of = {leaf.leaf_seq: leaf.entry_index for leaf in leaves}
    decisions = []
    granted: list[list[int]] = []
    for each in amendments:
        body = json.loads(each.body)
        granted += body["granted"]
        shown = {
            "at_ms": each.at_ms,
            "outcome": body["outcome"],
            "delta_ms": each.delta_ms,
            "reason": reason_view(each.reason),
            "log_index": index_of.get(each.leaf_seq),
        }
        decisions.append({**shown, "reviewer": each.reviewer_id, "note": body["note"]} if reviewers else shown)
    return {
        **record,
        "verdict": amendments[-1].verdict if amendments else record["verdict"],
        "was": record["verdict"],
        "verified": sorted([*record["verified"], *granted]),
        "verified_ms": record["verified_ms"] + sum(each.delta_ms for each in amendments),
        "reasons": [reason_view(code) for code in record["reasons"]],
        "log_index": None if minute.leaf_seq is None else index_of.get(minute.leaf_seq),
        "left_ms": total_ms(left),
        "waits": bool(left) or (record["verdict"] == Verdict.INDETERMINATE and not amendments),
        "decisions": decisions,
    }


def case_view(case: Case) -> dict[str, Any]:
    """Return a case in one line of the queue."""
    return {
        "case": case.case_id,
        "kind": case.kind,
        "subject": case.subject if case.kind in ("session", "account") else case.subject[:8],
        "learner": case.learner_id,
        "opened_ms": case.opened_ms,
        "due_ms": case.due_ms,
        "undecided_ms": case.undecided_ms,
        "state": case.state,
        "outcome": case.outcome,
        "closed_ms": case.closed_ms,
        "closed_by": case.closed_by,
        "note": case.note,
        "reasons": [_case_reason(reason) for reason in case.reasons],
    }


def _case_reason(reason: CaseReason) -> dict[str, Any]:
    return {**reason_view(reason.code), "n": reason.n, "other": reason.other}


def cursor_text(after: tuple[int, str]) -> str:
    """Return a page's end as the text that asks for the next one."""
    return f"{after[0]}.{after[1]}"


def parse_cursor(text: str, start: tuple[int, str]) -> tuple[int, str]:
    """Return where a page begins.

    Args:
        text: As ``cursor_text`` wrote it; empty for the first page.
        start: The first page's.

    Raises:
        PeerViolation: ``http.cursor``.
    """
    if not text:
        return start
    number, _, name = text.partition(".")
    if not (number.isascii() and number.isdigit()) or len(number) > 16 or not 1 <= len(name) <= 64:
        raise PeerViolation("http.cursor", "The page's cursor is not one of ours.", "Begin at the first page.")
    return int(number), name
