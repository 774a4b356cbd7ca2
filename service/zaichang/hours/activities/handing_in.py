"""Checks what is handed in: the details against the item's list, and the kind of a file by its first bytes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.errors import ConfigError, PeerViolation
from zaichang.core.ids import LearnerId
from zaichang.core.text import plain
from zaichang.hours.activities.checklists import load_checklist
from zaichang.hours.case_shapes import check_case
from zaichang.ledger.activities.checklist import (
    DETAIL_MAX_CHARS,
    ListedItem,
    entry_of,
    missing_details,
    missing_documents,
    unknown_details,
)
from zaichang.ledger.entries.kinds import fact_of
from zaichang.ledger.entries.values import Entry
from zaichang.ports.hours.activities import NO_UNIT, Activity, UnitId

FILE_MAX_BYTES: Final = 8_000_000
"""Most bytes of one file of evidence."""
FILES_MAX: Final = 20
"""Most files of one activity."""
TITLE_MAX_CHARS: Final = 200
WORDS_MAX_CHARS: Final = 2_000
DAYS_MAX: Final = 100
MEDIA_TYPES: Final = ("application/pdf", "image/jpeg", "image/png", "image/webp")
_MAGIC: Final = {
    "application/pdf": re.compile(rb"%PDF-"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An activity that a person wants to hand in.

    Attributes:
        learner_id: Whose.
        rules: Name of the hour rules.
        item: Item of their checklist.
        details: What it states.
        title: Free words, which are encrypted; they may name the work.
        unit_id: The employer, or empty.
        ref: The sender's own number, or empty.
        batch: The import that it comes with, or empty.
        papers: Document to the file number under which the office holds it on paper.
    """

    learner_id: LearnerId
    rules: str
    item: str
    details: Mapping[str, Any]
    title: str = ""
    unit_id: UnitId = NO_UNIT
    ref: str = ""
    batch: str = ""
    papers: Mapping[str, str] = field(default_factory=dict)


def listed(rules: str, name: str) -> ListedItem:
    """Return the item of a checklist.

    Raises:
        NotFound: ``activity.rules``.
        PeerViolation: ``activity.invalid`` where the list does not have it.
    """
    checklist = load_checklist(rules)
    item = checklist.item(name)
    if item is None:
        known = ", ".join(each.name for each in checklist.items)
        raise PeerViolation("activity.invalid", f"{rules} has no item {name[:40]!r}.", f"It has: {known}.")
    return item


def check_wanted(wanted: Wanted) -> ListedItem:
    """Check an activity, and return its item.

    Raises:
        NotFound: ``activity.rules``.
        PeerViolation: ``activity.invalid``, naming the detail.
    """
    item = listed(wanted.rules, wanted.item)
    if unknown := unknown_details(item, wanted.details):
        raise _invalid(f"{item.name} has no detail {unknown[0][:40]!r}.")
    if missing := missing_details(item, wanted.details):
        raise _invalid(f"{item.name} lacks {missing[0]}.")
    for name, value in wanted.details.items():
        _check_value(name, value)
    for name, text, most in (("title", wanted.title, TITLE_MAX_CHARS), ("ref", wanted.ref, DETAIL_MAX_CHARS)):
        if len(text) > most or not plain(text):
            raise _invalid(f"{name} must be a plain text of at most {most} characters.")
    names = {document.name for document in item.documents}
    for name, number in wanted.papers.items():
        if name not in names or not number or len(number) > DETAIL_MAX_CHARS or not plain(number):
            raise _invalid(f"papers names {name[:40]!r}, or its file number does not fit.")
    try:
        entry = entry_of(item, "activity", wanted.details, ())
        check_case({"entry": [entry]})
        fact_of(entry)
        canonical_bytes(dict(wanted.details))
    except ConfigError as error:
        raise _invalid(error.message.removeprefix("Entry 'activity': ")) from None
    return item


def entry_of_activity(activity: Activity, held: Collection[str]) -> Entry:
    """Return the ledger's entry of a stored activity.

    Args:
        activity: The activity.
        held: Names of the documents that are there.
    """
    item = listed(activity.rules, activity.item)
    details = parse_canonical_object(activity.details)
    return entry_of(item, f"activity/{activity.activity_id}", details, held)


def check_complete(item: ListedItem, held: Collection[str]) -> None:
    """Refuse an activity that lacks a document.

    Raises:
        PeerViolation: ``activity.incomplete``, naming the documents.
    """
    if missing := missing_documents(item, held):
        names = ", ".join(document.name for document in missing)
        raise PeerViolation("activity.incomplete", f"Documents are missing: {names}.", "Add them, then hand it in.")


def check_file(media_type: str, data: bytes) -> None:
    """Refuse a file that is empty, too large, or not of the type that it is called.

    Raises:
        PeerViolation: ``activity.file``.
    """
    magic = _MAGIC.get(media_type)
    if magic is None or magic.match(data) is None:
        raise PeerViolation(
            "activity.file", "The file is none of the types that are taken, or not what it is called.",
            f"Send one of {', '.join(MEDIA_TYPES)} with its own content type.",
        )  # fmt: skip
    if len(data) > FILE_MAX_BYTES:
        raise PeerViolation("activity.file", f"The file has more than {FILE_MAX_BYTES} bytes.")


def _check_value(name: str, value: object) -> None:
    if name == "days":
        if not isinstance(value, list) or not 1 <= len(value) <= DAYS_MAX:
            raise _invalid(f"days must be a list of at most {DAYS_MAX} [date, hours].")
        return
    if isinstance(value, str) and 1 <= len(value) <= DETAIL_MAX_CHARS and plain(value):
        return
    if not isinstance(value, bool | int):
        raise _invalid(f"{name} must be a word of at most {DETAIL_MAX_CHARS} characters, a whole number, yes or no.")


def _invalid(message: str) -> PeerViolation:
    return PeerViolation("activity.invalid", message, "See docs/hours.md.")
