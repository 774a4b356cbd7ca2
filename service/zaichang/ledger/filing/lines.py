"""From rows to the lines of a document and back: a replacement is one line, or a withdrawal and a new row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from zaichang.ledger.filing.codes import HALF, TWICE
from zaichang.ledger.filing.rows import Operation, RowState


class LineOf(NamedTuple):
    """One line of a document.

    Attributes:
        row: Key of the row that it belongs to.
        operation: What it asks for.
        key: The key that the platform sees.
    """

    row: str
    operation: Operation
    key: str


class LineAnswer(NamedTuple):
    """A platform's word on one line, or on a row."""

    key: str
    state: RowState
    code: str = ""
    message: str = ""


def lines_of(key: str, operation: Operation, replaced: str, *, replaces: bool) -> tuple[LineOf, ...]:
    """Return the lines of a row.

    Args:
        key: The row's key.
        operation: What it asks for.
        replaced: Key of the row that it replaces or withdraws, or empty.
        replaces: Whether the platform replaces in one step; else it withdraws and files again.
    """
    if operation is Operation.WITHDRAW:
        return (LineOf(key, operation, replaced),)
    if operation is Operation.REPLACE and not replaces:
        return LineOf(key, Operation.WITHDRAW, replaced), LineOf(key, Operation.NEW, key)
    return (LineOf(key, operation, key),)


def settle(lines: Sequence[LineOf], answers: Iterable[LineAnswer]) -> tuple[list[LineAnswer], list[str]]:
    """Return the word on each row that is known by now, and keys that no line has.

    A row of two lines has the lesser state of both. Where one of them is refused, the row is, and its code says which
    half was done.

    Args:
        lines: All lines of the document.
        answers: The platform's word on lines; the last word on a line counts, and a refusal counts before all others.
    """
    by_key: dict[str, LineAnswer] = {}
    known = {line.key for line in lines}
    unknown: list[str] = []
    for answer in answers:
        if answer.key not in known:
            unknown.append(answer.key)
        elif answer.key not in by_key or by_key[answer.key].state is not RowState.REFUSED:
            by_key[answer.key] = answer
    rows: dict[str, list[LineOf]] = {}
    for line in lines:
        rows.setdefault(line.row, []).append(line)
    return [word for row, own in rows.items() if (word := _row(row, own, by_key)) is not None], unknown


def _row(row: str, lines: Sequence[LineOf], by_key: dict[str, LineAnswer]) -> LineAnswer | None:
    words = [by_key.get(line.key) for line in lines]
    if None in words:
        return None
    found = [word for word in words if word is not None]
    refused = [word for word in found if word.state is RowState.REFUSED]
    if not refused:
        return min(found, key=lambda word: _ORDER.index(word.state))._replace(key=row)
    half = ""
    if len(refused) < len(lines):
        half = TWICE if refused[0].key == lines[0].key else HALF
    return refused[-1]._replace(key=row, code=half + refused[-1].code)


_ORDER = tuple(RowState)
