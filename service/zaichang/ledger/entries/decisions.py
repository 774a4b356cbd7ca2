"""Entries of decisions to facts: revocations, grants, fraud, and moves to another unit."""

from __future__ import annotations

from zaichang.ledger.entries.values import Entry, moment, text, texts, year
from zaichang.ledger.facts import Fact, Fraud, Grant, InstitutionFraud, Move, Revoke


def revoke(entry: Entry) -> Fact:
    """Return a revocation of earlier entries."""
    return Revoke(
        key=entry["id"], entries=texts(entry, "entries"), reason=text(entry, "reason"), decided_ms=decided(entry)
    )


def decided(entry: Entry) -> int:
    """Return when it was decided, ms; 0 where the entry names no time."""
    return moment(entry, "decided").ms if "decided" in entry else 0


def grant(entry: Entry) -> Fact:
    """Return a reviewer's grant of undecided minutes."""
    return Grant(key=entry["id"], of=texts(entry, "of"), decided_ms=decided(entry))


def fraud(entry: Entry) -> Fact:
    """Return a finding of fraud by the learner."""
    return Fraud(
        key=entry["id"],
        entries=texts(entry, "entries"),
        institution=text(entry, "institution"),
        decided_ms=decided(entry),
        year=year(entry, "year") if "year" in entry else None,
    )


def institution_fraud(entry: Entry) -> Fact:
    """Return a finding of fraud by an institution."""
    return InstitutionFraud(
        key=entry["id"],
        entries=texts(entry, "entries"),
        institution=text(entry, "institution"),
        decided_ms=decided(entry),
    )


def move(entry: Entry) -> Fact:
    """Return a move to another unit."""
    return Move(
        key=entry["id"],
        from_unit=text(entry, "from_unit"),
        to_unit=text(entry, "to_unit"),
        at_ms=moment(entry, "date").ms,
    )
