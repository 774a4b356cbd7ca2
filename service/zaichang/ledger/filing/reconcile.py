"""Reconciliation: the platform's list against our rows. Each difference has a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from zaichang.ledger.entries.values import number_of
from zaichang.ledger.filing.codes import HALF, TWICE
from zaichang.ledger.filing.plan import standing
from zaichang.ledger.filing.rows import Filed
from zaichang.ledger.filing.states import IN_FLIGHT, STANDING


class Kind(StrEnum):
    """The name of a difference."""

    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"
    OTHER_AMOUNT = "other_amount"
    REVOKED_HERE = "revoked_here"
    """Withdrawn here, and it still stands there."""
    TWICE_THERE = "twice_there"


class Listed(NamedTuple):
    """A row of the platform's list: our key, and the amount as the platform writes it."""

    key: str
    amount: str


KEY_TOLD: Final = r"^[A-Za-z0-9._/-]{1,300}$"
"""The form of a listed key that reaches the service: no words of the platform."""
AMOUNT_TOLD: Final = r"^[0-9./]{0,40}$"
"""The form of a listed amount that reaches the service."""


def told_listed(listed: Iterable[Listed]) -> list[Listed]:
    """Return a platform's list as the service may have it: a key or amount in other letters is not passed on.

    A key becomes ``other/N``, N counting the lines from 1, so that it is still missing here; an amount becomes empty.
    """
    return [
        Listed(
            row.key if re.fullmatch(KEY_TOLD[1:-1], row.key) else f"other/{number}",
            row.amount if re.fullmatch(AMOUNT_TOLD[1:-1], row.amount) else "",
        )
        for number, row in enumerate(listed, 1)
    ]


class Difference(NamedTuple):
    """One difference.

    Attributes:
        kind: Its name.
        key: The row's key.
        here: Our amount as it was filed, or empty.
        there: The platform's amount, or empty.
    """

    kind: Kind
    key: str
    here: str
    there: str


def reconcile(
    rows: Iterable[Filed], listed: Sequence[Listed], written: Callable[[Fraction], str] = str
) -> list[Difference]:
    """Return the differences between our rows and a platform's list, by key.

    A row whose end is not known may or may not be there: it makes no difference.

    Args:
        rows: All rows of a target and year, by learner, course and ``n``.
        listed: The platform's list.
        written: Writes an amount as the platform's column does.
    """
    groups: dict[tuple[str, str, str, str], list[Filed]] = {}
    by_key: dict[str, Filed] = {}
    for row in rows:
        groups.setdefault((row.key.learner_id, row.key.course, row.category, row.unit), []).append(row)
        by_key[str(row.key)] = row
    stands = {str(one.key): one for group in groups.values() if (one := standing(group)) is not None}
    moving = _in_doubt(groups.values())
    taken_back = _taken_back(groups.values()) - moving
    found: list[Difference] = []
    there: dict[str, str] = {}
    for key, amount in listed:
        if key in there:
            found.append(Difference(Kind.TWICE_THERE, key, _amount(stands.get(key), written), amount))
            continue
        there[key] = amount
        here = stands.get(key)
        if here is not None:
            if _number(amount) != _number(written(here.amount)):
                found.append(Difference(Kind.OTHER_AMOUNT, key, written(here.amount), amount))
        elif key in taken_back:
            found.append(Difference(Kind.REVOKED_HERE, key, "", amount))
        elif key not in moving and (key not in by_key or by_key[key].case is not None):
            found.append(Difference(Kind.MISSING_HERE, key, "", amount))
    for key, row in stands.items():
        if key not in there and key not in moving:
            found.append(Difference(Kind.MISSING_THERE, key, written(row.amount), ""))
    return sorted(found, key=lambda one: (one.key, one.kind))


def _taken_back(groups: Iterable[Sequence[Filed]]) -> frozenset[str]:
    """Return the keys of rows that the platform replaced or withdrew, or should have."""
    return frozenset(
        _replaced(row) for group in groups for row in group
        if row.replaces and (row.state in STANDING or row.code.startswith((HALF, TWICE)))
    )  # fmt: skip


def _in_doubt(groups: Iterable[Sequence[Filed]]) -> frozenset[str]:
    """Return the keys of rows that a row under way replaces or withdraws."""
    return frozenset(
        _replaced(row) for group in groups for row in group if row.replaces and row.state in IN_FLIGHT
    )  # fmt: skip


def _replaced(row: Filed) -> str:
    return str(row.key._replace(n=row.replaces))


def _amount(row: Filed | None, written: Callable[[Fraction], str]) -> str:
    return written(row.amount) if row is not None else ""


def _number(text: str) -> Fraction | str:
    number = number_of(text)
    return text if number is None else number
