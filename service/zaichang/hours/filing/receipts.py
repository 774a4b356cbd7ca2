"""Receipts and lists of platforms, row by row, by the headings and words of the mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from zaichang.core.errors import PeerViolation
from zaichang.hours.filing.mapping import Headings
from zaichang.ledger.filing.codes import OTHER, platform_code
from zaichang.ledger.filing.lines import LineAnswer
from zaichang.ledger.filing.reconcile import Listed
from zaichang.ledger.filing.rows import RowState

_TEXT_MAX = 300


def receipt_rows(rows: Iterable[Mapping[str, str]], headings: Headings) -> tuple[LineAnswer, ...]:
    """Return a receipt's words. A refusal's message stays on the institution's side; its code fits the service.

    Raises:
        PeerViolation: ``filing.answer`` where a heading is missing or a word is unknown: it is never taken for a yes.
    """
    found = []
    for number, row in enumerate(rows, 2):
        key, word = _cell(row, headings.key, number), _cell(row, headings.state, number)
        state = headings.states.get(word)
        if state is None:
            raise PeerViolation(
                "filing.answer", f"Line {number} of the receipt has the unknown word {word[:40]!r}.",
                "Add it to [receipt.states] of the mapping file once you know its meaning.",
            )  # fmt: skip
        code = row.get(headings.code, "") if headings.code else ""
        message = row.get(headings.message, "") if headings.message else ""
        said = platform_code(code) if state is RowState.REFUSED else ""
        if said == OTHER:
            message = f"{code}  {message}"
        found.append(LineAnswer(key, state, said, message[:_TEXT_MAX]))
    return tuple(found)


def listed_rows(rows: Iterable[Mapping[str, str]], headings: Headings) -> Sequence[Listed]:
    """Return a list's rows.

    Raises:
        PeerViolation: ``filing.answer`` where a heading is missing.
    """
    return [
        Listed(_cell(row, headings.key, number), _cell(row, headings.amount, number))
        for number, row in enumerate(rows, 2)
    ]


def _cell(row: Mapping[str, str], heading: str, number: int) -> str:
    if heading not in row:
        raise PeerViolation(
            "filing.answer", f"Line {number} has no column {heading!r}.", "Compare with the mapping file."
        )
    return row[heading]
