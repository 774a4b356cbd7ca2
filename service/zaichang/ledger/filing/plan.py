"""The plan of a batch: the rows that turn what stands at the platform into what the statement says.

Nothing is filed twice: a course with a row whose end is not known, or with a refusal that no person has decided, is
left out until it is decided. The next batch takes it up. Where a platform kept the earlier row beside the new one, the
earlier one is withdrawn first, and only then is the amount looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from zaichang.ledger.filing.codes import HALF, TWICE
from zaichang.ledger.filing.rows import CaseState, Filed, Operation, RowState
from zaichang.ledger.filing.states import IN_FLIGHT, STANDING
from zaichang.ledger.filing.wanted import Place, Wanted

_NOTHING: Final = Wanted(amount=Fraction(0), first_ms=0, last_ms=0, facts=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row to file.

    Attributes:
        place: Course, category and unit.
        operation: New, replace or withdraw.
        n: The row's number within learner, course and year.
        replaces: ``n`` of the row that it replaces or withdraws, or 0.
        wanted: The amount; the earlier row's days for a withdrawal.
    """

    place: Place
    operation: Operation
    n: int
    replaces: int
    wanted: Wanted


def standing(rows: Iterable[Filed]) -> Filed | None:
    """Return the row that the platform has of one course and category; None where it has none.

    Args:
        rows: All rows of a learner, year, course and category, by ``n``.
    """
    there = _there(rows)
    return there[-1] if there else None


def superfluous(rows: Iterable[Filed]) -> list[Filed]:
    """Return the earlier rows that a platform kept beside the one that stands: it took a new row and withdrew none.

    Args:
        rows: All rows of a learner, year, course and category, by ``n``.
    """
    return _there(rows)[:-1]


def _there(rows: Iterable[Filed]) -> list[Filed]:
    """Return all rows that the platform has, by ``n``."""
    found: list[Filed] = []
    for row in rows:
        taken = row.state in STANDING and row.operation is not Operation.WITHDRAW
        if row.code.startswith(TWICE):  # also where a person decided about it: the earlier row stands on
            found.append(row)
        elif row.state in STANDING or (row.state is RowState.REFUSED and row.code.startswith(HALF)):
            found = [one for one in found if one.key.n != row.replaces] + ([row] if taken else [])
    return found


def plan(wants: Mapping[Place, Wanted], filed: Sequence[Filed]) -> list[Step]:
    """Return the rows of a learner's year that are due now, by course.

    Args:
        wants: The amounts of the statement.
        filed: All rows of the learner and year at one target, by course and ``n``.
    """
    rows: dict[Place, list[Filed]] = {}
    last: dict[str, int] = {}
    for row in filed:
        rows.setdefault(Place(row.key.course, row.category, row.unit), []).append(row)
        last[row.key.course] = max(last.get(row.key.course, 0), row.key.n)
    steps: list[Step] = []
    for place in sorted({*wants, *rows}):
        own = rows.get(place, [])
        if any(row.state in IN_FLIGHT or row.case is CaseState.OPEN for row in own):
            continue
        there, want = standing(own), wants.get(place)
        amount = want.amount if want else Fraction(0)
        # A row that stands beside the right one goes first, by itself; the amount is looked at afterwards.
        beside = next((row for row in superfluous(own) if not _kept(own, row)), None)
        if beside is not None:
            there, want = beside, None
        elif (there.amount if there else 0) == amount or _dropped(own, there, amount):
            continue
        n = last.get(place.course, 0) + 1
        last[place.course] = n
        steps.append(_step(place, n, there, want))
    return steps


def _step(place: Place, n: int, there: Filed | None, want: Wanted | None) -> Step:
    if there is None:
        return Step(place=place, operation=Operation.NEW, n=n, replaces=0, wanted=want or _NOTHING)
    if want is not None:
        return Step(place=place, operation=Operation.REPLACE, n=n, replaces=there.key.n, wanted=want)
    gone = replace(_NOTHING, first_ms=there.first_ms, last_ms=there.last_ms)
    return Step(place=place, operation=Operation.WITHDRAW, n=n, replaces=there.key.n, wanted=gone)


def _dropped(rows: Sequence[Filed], there: Filed | None, amount: Fraction) -> bool:
    """Return whether people decided not to file exactly this amount."""
    if not rows or rows[-1].case is not CaseState.DROP or rows[-1].amount != amount:
        return False
    return rows[-1].operation is not Operation.WITHDRAW or there is None or rows[-1].replaces == there.key.n


def _kept(rows: Sequence[Filed], row: Filed) -> bool:
    """Return whether people decided not to withdraw a row."""
    return any(
        one.operation is Operation.WITHDRAW and one.replaces == row.key.n and one.case is CaseState.DROP for one in rows
    )
