"""The rows of a filing batch: the words, and a row's salted digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from zaichang.core.canonical import canonical_bytes
from zaichang.core.ids import LearnerId

_ROW_MAX_BYTES: Final = 4_096


class Operation(StrEnum):
    """What a row asks of the platform."""

    NEW = "new"
    REPLACE = "replace"
    WITHDRAW = "withdraw"


class RowState(StrEnum):
    """How far a row has come. ``registered`` is the end; a refused row is a case for a person."""

    PREPARED = "prepared"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    REGISTERED = "registered"
    REFUSED = "refused"


class CaseState(StrEnum):
    """The decision about a refused row. Only an open case holds its course back."""

    OPEN = "open"
    REFILE = "refile"
    DROP = "drop"
    ACCEPTED = "accepted"


class RowKey(NamedTuple):
    """The stable key of a row: it never changes, and a retry has the same one.

    Attributes:
        learner_id: Pseudonym.
        course: Course, or key of an activity.
        year: Label of the year.
        n: Counts the rows of this learner, course and year, from 1.
    """

    learner_id: LearnerId
    course: str
    year: int
    n: int

    def __str__(self) -> str:
        """Return the key as platforms see it."""
        return f"{self.learner_id}/{self.course}/{self.year}/{self.n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """One row as it stands.

    Attributes:
        key: Its stable key.
        batch_id: The batch that it is in.
        operation: What it asks for.
        category: ``professional``, ``public`` or empty.
        amount: In units, exactly.
        unit: ``hour`` or ``credit``.
        replaces: ``n`` of the row that it replaces or withdraws; 0 where there is none.
        statement: SHA-256 of the year's statement that it follows from, as hex.
        first_ms: When the first counted part began.
        last_ms: When the last one ended.
        salt: 32 hex digits; empty after the learner's erasure.
        digest: SHA-256 over salt and row, as hex; it stays.
        state: How far it has come.
        code: The code of a refusal, or empty.
        changed_ms: When the state changed last.
        case: The decision about a refused row; None where it was never refused.
    """

    key: RowKey
    batch_id: str
    operation: Operation
    category: str
    amount: Fraction
    unit: str
    replaces: int
    statement: str
    first_ms: int
    last_ms: int
    salt: str
    digest: str
    state: RowState = RowState.PREPARED
    code: str = ""
    changed_ms: int = 0
    case: CaseState | None = None


def row_digest(values: Mapping[str, object], salt: str) -> str:
    """Return the digest of a row's values: without the salt no row can be guessed from it."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical_bytes(values, _ROW_MAX_BYTES)).hexdigest()


def row_values(
    key: RowKey, operation: Operation, category: str, amount: Fraction, unit: str, replaces: int, statement: str
) -> dict[str, object]:
    """Return the values of a row that its digest covers."""
    return {
        "key": str(key),
        "operation": str(operation),
        "category": category,
        "amount": str(amount),
        "unit": unit,
        "replaces": replaces,
        "statement": statement,
    }


def rows_digest(digests: Iterable[str]) -> str:
    """Return the digest of a batch: SHA-256 over its rows' digests in their order."""
    return hashlib.sha256(b"".join(bytes.fromhex(digest) for digest in digests)).hexdigest()


def sums(rows: Iterable[Filed]) -> dict[str, str]:
    """Return the exact sum of the amounts by unit, without withdrawals."""
    found: dict[str, Fraction] = {}
    for row in rows:
        if row.operation is not Operation.WITHDRAW:
            found[row.unit] = found.get(row.unit, Fraction(0)) + row.amount
    return {unit: str(amount) for unit, amount in sorted(found.items())}
