"""Facts about one learner, append-only and idempotent by key. Times are milliseconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, TypeAlias

Amount: TypeAlias = "int | Fraction"
"""An exact number; whole numbers stay integers because they add faster."""


class Run(NamedTuple):
    """Equal study minutes, one directly after the other.

    Attributes:
        from_ms: Server time at which the first minute begins.
        wall_ms: Server time that passed in each minute.
        media_from_ms: Place in the lesson at which the first minute begins.
        media_ms: New media that each minute verified.
        minutes: Number of minutes.
    """

    from_ms: int
    wall_ms: int
    media_from_ms: int
    media_ms: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """The verified (or undecided) minutes of one session in one lesson.

    Attributes:
        key: Names the fact; the same fact may arrive any number of times.
        lesson: Names the lesson across institutions: ``institution/course/lesson``.
        category: ``professional`` or ``public``.
        runs: The minutes.
        undecided: Whether the minutes wait for review; a ``Grant`` makes them count.
        once_only: Whether the lesson counts once, not once a year.
        reported_ms: When the institution reported them; None if it did not.
        recognised_ms: When the authority recognised them; None if it did not.
        route: ``face`` or ``challenge`` (no face was compared); empty: not said.
        overlap_unchecked: Whether the service could not tell if the person studied elsewhere at the same time.
    """

    key: str
    institution: str
    lesson: str
    category: str
    runs: tuple[Run, ...]
    undecided: bool = False
    once_only: bool = False
    reported_ms: int | None = None
    recognised_ms: int | None = None
    route: str = ""
    overlap_unchecked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Anything else that may count: an activity, a credit, a project, a certificate, bulk study, a transfer.

    A gate is None where its question does not arise, False where the answer is no. ``*_ms`` is when a thing happened.

    Attributes:
        item: Name of the item in the hour rules.
        at_ms: When it happened; None: in the year of the statement.
        to_ms: End of a span that begins at ``at_ms``.
        year: Label of the year that it names itself.
        amounts: ``(category or "", amount)`` in the item's unit, or in minutes where the item counts steps or study.
        claimed: The amount asked for, where it differs from the amount by rule.
        hours: Hours beside credits.
        count: How many pieces, or days.
        days: ``(moment, hours)`` of each day.
        role: Role that decides the rate.
        held_in: Place at which it was held; empty: not known.
    """

    key: str
    item: str
    at_ms: int | None = None
    to_ms: int | None = None
    year: int | None = None
    amounts: tuple[tuple[str, Amount], ...] = ()
    category: str | None = None
    claimed: Amount | None = None
    hours: Amount = 0
    count: int = 1
    days: tuple[tuple[int, Amount], ...] = ()
    role: str = ""
    activity: str = ""
    rank: str = ""
    institution: str | None = None
    unit: str = ""
    related: str | None = None
    undecided: bool = False
    has_evidence: bool | None = None
    submitted_ms: int | None = None
    approved: bool | None = None
    approved_ms: int | None = None
    passed: bool | None = None
    filed: bool | None = None
    registered: bool | None = None
    paper: bool = False
    held_in: str = ""
    level: str = ""
    confirmed: bool | None = None
    confirmed_ms: int | None = None
    audited: bool | None = None
    audited_ms: int | None = None
    entered_ms: int | None = None
    recognised_by: str | None = None
    reported_ms: int | None = None
    recognised: bool | None = None
    recognised_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """Facts taken back by people; a revocation can itself be revoked."""

    key: str
    entries: tuple[str, ...]
    reason: str
    decided_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A decision that undecided minutes count."""

    key: str
    of: tuple[str, ...]
    decided_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeUp:
    """Hours of one year that fulfil the year before (补学).

    Attributes:
        for_year: Label of the year that is fulfilled.
        amounts: ``(category or "", amount)`` asked for.
    """

    key: str
    for_year: int
    amounts: tuple[tuple[str, Amount], ...]
    has_evidence: bool | None
    approved: bool | None
    decided_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fraud:
    """Cheating that voids all credits of the person's year (当事人所获年度学分作废).

    ``year`` is the label of the year that the decision names; None: those of its entries, else that of the decision.
    """

    key: str
    entries: tuple[str, ...]
    institution: str
    decided_ms: int
    year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionFraud:
    """False credits of an institution: they are void, and the institution is struck off."""

    key: str
    entries: tuple[str, ...]
    institution: str
    decided_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A person goes from one unit to another; credits stay as they were earned."""

    key: str
    from_unit: str
    to_unit: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A span in which an institution is published; once one is known, others do not count."""

    key: str
    institution: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualified:
    """The day on which the qualification certificate was approved: the duty begins in the year after."""

    key: str
    at_ms: int


Fact: TypeAlias = Study | Claim | Revoke | Grant | MakeUp | Fraud | InstitutionFraud | Move | Publication | Qualified
