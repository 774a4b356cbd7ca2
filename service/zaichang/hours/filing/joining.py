"""The institution's side: a batch of pseudonyms, the people's file and the mapping become a document's lines.

A row that cannot be filed is refused here, with a code that begins with ``local.``: it becomes a case like any other
refusal, and nothing of it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from zaichang.core.errors import EvidenceError, PeerViolation
from zaichang.hours.filing.manifest import read_manifest
from zaichang.hours.filing.mapping import Column, FilingMapping
from zaichang.hours.filing.people import CONSENT, is_id_number
from zaichang.ledger.entries.values import number_of
from zaichang.ledger.filing.codes import LOCAL
from zaichang.ledger.filing.formats import AMOUNTS, DAYS, amount_text, day_text
from zaichang.ledger.filing.lines import LineAnswer, LineOf, lines_of
from zaichang.ledger.filing.rows import Operation, RowKey, RowState, row_digest, row_values, rows_digest
from zaichang.ports.hours.filing import Capabilities, Entry, Filled

NO_PERSON: Final = "local.person_unknown"
NO_CONSENT: Final = "local.consent"
NO_COURSE: Final = "local.course_not_registered"
NO_WITHDRAWAL: Final = "local.no_withdrawal"
NO_VALUE: Final = "local.value_missing"
NO_CODE: Final = "local.code_unknown"
NO_ID_NUMBER: Final = "local.id_number"
UNSAFE: Final = "local.unsafe_text"
TEXT_MAX: Final = 500
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula for a spreadsheet that opens a CSV file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of a target.

    Attributes:
        consent: Whether a person's consent is needed: a date in the column ``consent``.
        no_formulas: Whether a text that a spreadsheet would take for a formula is refused (a CSV cell has no type).
        ahead_h: Hours that the platform's clocks are ahead of UTC.
        courses: Columns of each course: ``code`` as the platform gave it, and ``title``.
    """

    consent: bool = False
    no_formulas: bool = False
    ahead_h: int = 8
    courses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """A batch as the service shows it to the institution.

    Attributes:
        batch_id: The batch.
        institution: Whose.
        target: The platform.
        year: Label of the year.
        number: Its number.
        manifest: The signed manifest.
        rows: Its rows, as in the API.
        document: SHA-256 of the document that was sent last, or empty.
    """

    batch_id: str
    institution: str
    target: str
    year: int
    number: int
    manifest: bytes
    rows: tuple[Mapping[str, Any], ...]
    document: str = ""


def check_batch(batch: BatchView) -> None:
    """Check that the rows are those of the manifest. The signature is checked apart, with a trust file.

    Raises:
        EvidenceError: ``E_MANIFEST``.
    """
    manifest = read_manifest(batch.manifest)
    for row in batch.rows:
        if row["salt"]:
            values = row_values(
                RowKey(row["learner"], row["course"], batch.year, row["n"]),
                Operation(row["operation"]),
                row["category"],
                _amount(row),
                row["unit"],
                row["replaces"],
                row["statement"],
            )
            if row_digest(values, row["salt"]) != row["digest"]:
                raise EvidenceError("E_MANIFEST", f"Row {row['key']} is not the one whose digest was signed.")
    named = (manifest.get("batch"), manifest.get("target"), manifest.get("year"), manifest.get("institution"))
    if named != (batch.batch_id, batch.target, str(batch.year), batch.institution):
        raise EvidenceError("E_MANIFEST", f"The manifest is of another batch than {batch.batch_id}.")
    if rows_digest(row["digest"] for row in batch.rows) != manifest.get("digest"):
        raise EvidenceError("E_MANIFEST", f"The rows of {batch.batch_id} are not those of its manifest.")


def lines_in(batch: BatchView, capabilities: Capabilities) -> list[LineOf]:
    """Return the lines of the rows that are under way or sent; needs no names."""
    return [
        line for row in batch.rows if not row["code"].startswith(LOCAL) for line in _lines(batch, row, capabilities)
    ]


def join(
    batch: BatchView,
    people: Mapping[str, Mapping[str, str]],
    mapping: FilingMapping,
    terms: Terms,
    capabilities: Capabilities,
) -> tuple[Filled, list[LineAnswer]]:
    """Return the document's lines, and the rows that are refused on our side.

    A row that our side refused before is left out and is not refused again. All others are in the document each time,
    so a batch that is sent again has the same bytes.
    """
    entries: list[Entry] = []
    refused: list[LineAnswer] = []
    for row in batch.rows:
        if row["code"].startswith(LOCAL):
            continue
        person = people.get(row["learner"])
        code, column = _gate(row, person, terms, capabilities), ""
        made: list[Entry] = []
        if not code and person is not None:
            replaced = _replaced(batch, row)
            for line in _lines(batch, row, capabilities):
                values, code, column = _values(batch, row, line, replaced, person, mapping, terms)
                if code:
                    break
                made.append(Entry(line=line, values=values, person=person))
        if code:
            refused.append(LineAnswer(row["key"], RowState.REFUSED, code, column))
        else:
            entries += made
    filled = Filled(batch_id=batch.batch_id, year=batch.year, entries=tuple(entries), manifest=batch.manifest)
    return filled, refused


def _gate(row: Mapping[str, Any], person: Mapping[str, str] | None, terms: Terms, capabilities: Capabilities) -> str:
    if person is None:
        return NO_PERSON
    # A withdrawal needs no consent: it takes back.
    if terms.consent and row["operation"] != Operation.WITHDRAW and not person.get(CONSENT, ""):
        return NO_CONSENT
    if row["operation"] != Operation.NEW and not (capabilities.withdraw or capabilities.replace):
        return NO_WITHDRAWAL
    return ""


def _values(
    batch: BatchView,
    row: Mapping[str, Any],
    line: LineOf,
    replaced: str,
    person: Mapping[str, str],
    mapping: FilingMapping,
    terms: Terms,
) -> tuple[dict[str, str], str, str]:
    """Return the texts of a line's columns, or the code of a refusal with the number and the name of the column."""
    values: dict[str, str] = {}
    for number, column in enumerate(mapping.columns, 1):
        text, code = _text(column, batch, row, line, replaced, person, terms)
        if not text and column.required:
            code = code or (NO_COURSE if column.source.startswith("course.") else NO_VALUE)
        if len(text) > TEXT_MAX or not text.isprintable() or (terms.no_formulas and text.startswith(FORMULA)):
            code = code or UNSAFE
        if code:
            return {}, f"{code}:{number}", column.name
        values[column.name] = text
    return values, "", ""


def _text(
    column: Column,
    batch: BatchView,
    row: Mapping[str, Any],
    line: LineOf,
    replaced: str,
    person: Mapping[str, str],
    terms: Terms,
) -> tuple[str, str]:
    place, _, name = column.source.partition(".")
    if column.format in AMOUNTS:
        return amount_text(_amount(row), column.format), ""
    if column.format in DAYS:
        return day_text(row["first_ms"] if name == "first" else row["last_ms"], column.format, terms.ahead_h), ""
    if place == "person":
        text = person.get(name, "")
    elif place == "course":
        text = terms.courses.get(row["course"], {}).get(name, "")
    elif place == "batch":
        text = {"id": batch.batch_id, "number": str(batch.number), "institution": batch.institution}[name]
    elif place == "row":
        own = {"key": line.key, "replaces": replaced, "operation": str(line.operation), "year": str(batch.year)}
        text = own[name] if name in own else str(row[name])
    else:
        text = column.value
    if column.format == "code":
        return column.codes.get(text, ""), "" if text in column.codes or not text else NO_CODE
    if column.format == "id_number" and text and not is_id_number(text):
        return "", NO_ID_NUMBER
    return text, ""


def _lines(batch: BatchView, row: Mapping[str, Any], capabilities: Capabilities) -> tuple[LineOf, ...]:
    operation, replaced = Operation(row["operation"]), _replaced(batch, row)
    return lines_of(row["key"], operation, replaced, replaces=capabilities.replace)


def _replaced(batch: BatchView, row: Mapping[str, Any]) -> str:
    """Return the key of the row that a row replaces or withdraws, or empty."""
    return f"{row['learner']}/{row['course']}/{batch.year}/{row['replaces']}" if row["replaces"] else ""


def _amount(row: Mapping[str, Any]) -> Fraction:
    number = number_of(row["amount"])
    if number is None:
        raise PeerViolation("filing.invalid", f"The amount of {row['key']} is no number.")
    return number
