"""A statement of a learner's year as ``zaichang hours statement --json`` prints it, from a stranger's file. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from zaichang.core.canonical import CanonicalValue, canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.core.units import MINUTE_MS
from zaichang.ledger.rules import Measure

FORMAT: Final = "zaichang-statement@1"
MAX_STATEMENT_BYTES: Final = 16 * 1024 * 1024
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,8})(/[1-9][0-9]{0,8})?")
_ENTRY: Final = re.compile(r"(?:study|amend)/([A-Za-z0-9][A-Za-z0-9._-]{0,63})(?:/[0-9]{1,9})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFile:
    """The parts of a statement that an inspector compares.

    Attributes:
        rules: Name of the hour rules.
        version: Their version.
        rules_digest: SHA-256 of the rules, or empty.
        facts: Digest of the facts, or empty.
        hour_min: Minutes of one 学时, as text; empty where the rules count none.
        year: Its label.
        status: Whether the year's duty is done.
        earned: The sum of its lines by item and unit.
        digest: SHA-256 of the statement, as a certificate names it.
        sums: Its sums by measure, as texts.
        sessions: The media that it counts of each session, in ms.
        unnamed: Lines that count study and name no session of a log.
        total: Its total of hours; 0 where it states none, or where the year stands for itself.
        of_lines: The sum of its lines, with the hours made up later.
    """

    rules: str
    version: str
    rules_digest: str
    facts: str
    hour_min: str
    year: str
    status: str
    earned: Mapping[tuple[str, str], Fraction]
    digest: str
    sums: Mapping[str, str]
    sessions: Mapping[str, Fraction]
    unnamed: Sequence[str]
    total: Fraction
    of_lines: Fraction

    def sentence(self) -> str:
        """Return it as a sentence."""
        sums = ", ".join(f"{name} {amount}" for name, amount in self.sums.items())
        rules, count = f"{self.rules} {self.version}", len(self.sessions)
        return f"Statement of {self.year} by {rules}: {sums}; {count} sessions agree with the log."


def is_statement(data: bytes) -> bool:
    """Whether a file is a statement."""
    return f'"{FORMAT}"'.encode() in data[:MAX_STATEMENT_BYTES]


def read_statement(data: bytes) -> StatementFile:
    """Return a statement; nothing in it is believed yet.

    Raises:
        EvidenceError: ``E_CANON``, ``E_FORMAT``.
    """
    value, text = _object(data)
    readings, lines = value.get("readings"), value.get("lines")
    if value.get("format") != FORMAT or not isinstance(readings, dict) or not isinstance(lines, list):
        raise EvidenceError("E_FORMAT", f"The file is no {FORMAT}.")
    hour_ms = _amount(readings.get("study_hour_min", "1"), "study_hour_min") * MINUTE_MS
    sessions: dict[str, Fraction] = {}
    earned: dict[tuple[str, str], Fraction] = {}
    unnamed: list[str] = []
    of_lines = _amount(value.get("makeup_in", "0"), "makeup_in")
    for line in lines:
        if not isinstance(line, dict):
            raise _wrong("lines")
        counted = _amount(line.get("counted"), "counted")
        of_lines += counted
        entry, place = str(line.get("entry"))[:80], (str(line.get("item"))[:48], str(line.get("unit"))[:8])
        earned[place] = earned.get(place, Fraction(0)) + counted
        named = _ENTRY.fullmatch(entry)
        if named is not None:
            sessions[named[1]] = sessions.get(named[1], Fraction(0)) + counted * hour_ms
        elif place[0] == "study" and counted:
            unnamed.append(entry)
    sums = {str(name): str(value[name]) for name in Measure if name in value}
    deemed = "deemed" in str(value.get("status"))
    total = Fraction(0) if deemed or Measure.TOTAL not in sums else _amount(sums[Measure.TOTAL], "total")
    return StatementFile(
        rules=_text(value, "rules"),
        version=_text(value, "version"),
        rules_digest=_text(value, "rules_digest"),
        facts=_text(value, "facts_digest"),
        hour_min=str(readings.get("study_hour_min", "")),
        year=_text(value, "year"),
        status=_text(value, "status"),
        earned=earned,
        digest=hashlib.sha256(text).hexdigest(),
        sums=sums,
        sessions=sessions,
        unnamed=tuple(unnamed),
        total=total,
        of_lines=of_lines,
    )


def _object(data: bytes) -> tuple[dict[str, CanonicalValue], bytes]:
    """Return the object of a JSON file, and its canonical bytes."""
    try:
        value = json.loads(data[: MAX_STATEMENT_BYTES + 1])
    except (ValueError, RecursionError) as error:
        raise EvidenceError("E_FORMAT", "The statement is no JSON.") from error
    if not isinstance(value, dict):
        raise EvidenceError("E_FORMAT", f"The file is no {FORMAT}.")
    return value, canonical_bytes(value, MAX_STATEMENT_BYTES)


def _text(value: Mapping[str, CanonicalValue], name: str) -> str:
    found = value.get(name, "")
    return found[:80] if isinstance(found, str) else ""


def _amount(value: CanonicalValue | None, name: str) -> Fraction:
    if not isinstance(value, str) or _AMOUNT.fullmatch(value) is None:
        raise _wrong(name)
    return Fraction(value)


def _wrong(name: str) -> EvidenceError:
    return EvidenceError("E_FORMAT", f"{name} of the statement is missing or has another form.")
