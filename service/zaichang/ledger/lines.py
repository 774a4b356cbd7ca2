"""One line of a statement: a fact, what it asked for, what of it counts, and why not all."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from zaichang.ledger.facts import Amount
from zaichang.ledger.reasons import Why


class Line(NamedTuple):
    """What one fact gives in one year.

    Attributes:
        key: Key of the fact; a fact with two categories has two lines.
        item: Name of the item.
        category: ``professional``, ``public`` or empty.
        unit: ``hour`` or ``credit``.
        claimed: Amount asked for, in parts of the unit.
        counted: Amount that counts, in parts of the unit.
        parts: How many parts one unit has: study is summed in milliseconds, all else in whole units.
        whys: Why less counts than was claimed; the first is the first that applied.
        hours: Hours that count beside credits.
        post: Whether the credits are closely related to the post.
        at_unit: Unit at which credits were earned.
        reported: Whether the institution reported them.
        recognised: Whether the authority recognised them.
        pending: Amount that waits for a decision, in parts of the unit.
    """

    key: str
    item: str
    category: str
    unit: str
    claimed: Amount
    counted: Amount
    parts: Amount = 1
    whys: tuple[Why, ...] = ()
    hours: Amount = 0
    post: bool = False
    at_unit: str = ""
    reported: bool = False
    recognised: bool = False
    pending: Amount = 0

    @property
    def amount(self) -> Fraction:
        """What counts, in units."""
        return Fraction(self.counted) / self.parts

    @property
    def asked(self) -> Fraction:
        """What was asked for, in units."""
        return Fraction(self.claimed) / self.parts

    @property
    def waiting(self) -> Fraction:
        """What waits for a decision, in units."""
        return Fraction(self.pending) / self.parts

    @property
    def told(self) -> tuple[Why, ...]:
        """The reasons as people are told: an amount that waits for a decision is not refused."""
        if Why.PENDING not in self.whys:
            return self.whys
        return tuple(why for why in self.whys if why is not Why.NOT_APPROVED)

    def less(self, counted: Amount, why: Why) -> Line:
        """Return the line with a smaller amount and one more reason."""
        return self._replace(counted=counted, whys=(*self.whys, why) if why not in self.whys else self.whys)
