"""How one claim becomes an amount by the item's rule, before the caps that span several claims."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple, assert_never

from zaichang.core.civil import DAY_MS, date_at, months_between
from zaichang.ledger.facts import Amount, Claim
from zaichang.ledger.intervals import Intervals, cover
from zaichang.ledger.readings import Readings
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import Item, Per
from zaichang.ledger.window import Window

ROLES: Final = {
    "independent": "sole", "alone": "sole", "single": "sole", "solo": "sole", "sole_author": "sole", "独立": "sole",
    "first_author": "first", "lead_author": "first", "第一作者": "first",
    "co": "joint", "coauthor": "joint", "co_author": "joint", "co-author": "joint", "other": "joint",
    "other_author": "joint", "with_others": "joint", "合作": "joint", "其他作者": "joint",
    "lead": "host", "leader": "host", "principal": "host", "head": "host", "chair": "host", "pi": "host",
    "主持人": "host", "joint_host": "host", "joint_lead": "host",
    "member": "participant", "participating": "participant", "joint_participant": "participant",
    "参与人": "participant", "主讲人": "speaker", "lecturer": "speaker",
}  # fmt: skip


ONE = Fraction(1)


class Worth(NamedTuple):
    """What one claim asks for and gives.

    Attributes:
        parts: ``(category, claimed, counted)``.
        whys: Reasons of the item's own rule.
    """

    parts: tuple[tuple[str, Amount, Amount], ...]
    whys: tuple[Why, ...] = ()


_LIKE = {
    "joint": ("participant",),
    "first": ("joint", "host"),
    "host": ("first", "joint"),
    "participant": ("joint",),
}


def role_of(item: Item, role: str) -> str:
    """Return the role by which an item knows a person's part in a work; the lowest rate where it is not known."""
    name = ROLES.get(role.lower(), role.lower())
    rates = dict(item.rates)
    if name in rates or "any" in rates or not rates:
        return name
    for like in _LIKE.get(name, ()):
        if like in rates:
            return like
    return min(rates, key=lambda known: rates[known])


def worth_of(claim: Claim, item: Item, readings: Readings, before_min: Amount = 0, share: Fraction = ONE) -> Worth:
    """Return the worth of a claim that lies in the year and passed its gates.

    Args:
        claim: The claim.
        item: Its item.
        readings: The pack's readings.
        before_min: Minutes of the same project that count already: steps go over the sum.
        share: The share of the claim's minutes that lies in the year.
    """
    category = item.category if item.fixed_category else claim.category or item.category
    role = role_of(item, claim.role)
    rate = item.rate(role) or Fraction(0)
    match item.per:
        case Per.ACTUAL:
            amounts = claim.amounts if claim.claimed is None else ((category, claim.claimed),)
            if item.name == "study":
                minutes = readings.study_hour_min or ONE
                amounts = tuple((name, amount / minutes) for name, amount in amounts)
            return Worth(tuple((name or category, amount, amount) for name, amount in amounts))
        case Per.DAY:
            count = len(claim.days) or claim.count
            asked = count * rate if rate else sum((hours for _, hours in claim.days), Fraction(0))
            return Worth(((category, asked, asked),))
        case Per.EACH:
            return _at_most(category, claim, claim.count * rate)
        case Per.TIMES:
            return _at_most(category, claim, rate * _sum(claim))
        case Per.STEP:
            return _steps(claim, item, role, readings, before_min, share)
        case Per.CERTIFICATE:
            return Worth(((category, rate, rate),))
        case Per.YEAR:
            return Worth(((category, 0, 0),))
        case _:
            assert_never(item.per)


def _sum(claim: Claim) -> Amount:
    return sum((amount for _, amount in claim.amounts), Fraction(0))


def _at_most(category: str, claim: Claim, most: Amount) -> Worth:
    if claim.claimed is None or claim.claimed == most:
        return Worth(((category, most, most),))
    if claim.claimed < most:
        return Worth(((category, claim.claimed, claim.claimed),))
    return Worth(((category, claim.claimed, most),), (Why.CAP_ITEM,))


def minutes_of(claim: Claim, share: Fraction = ONE) -> Fraction:
    """Return the minutes of a claim that is counted in steps."""
    return Fraction(_sum(claim)) * share


def _steps(claim: Claim, item: Item, role: str, readings: Readings, before_min: Amount, share: Fraction) -> Worth:
    """Steps of one project, or of each occasion where the item knows short ones."""
    category = claim.category or item.category
    rate = item.rate(role) or Fraction(0)
    minutes = minutes_of(claim, share)
    step = item.step_min(role) or Fraction(1)
    whole = readings.credit_step == "whole"
    if item.short_from_min is None:
        given = rate * (steps(before_min + minutes, step, whole) - steps(Fraction(before_min), step, whole))
        return Worth(((category, given, given),))
    if minutes < item.short_from_min:
        return Worth(((category, 0, 0),), (Why.TOO_SHORT,))
    short_below = readings.speaker_short_below_hours * 60 if role == "speaker" else step
    given = (item.short_rate(role) or Fraction(0)) if minutes < short_below else rate * steps(minutes, step, whole)
    return Worth(((category, given * claim.count, given * claim.count),))


def steps(minutes: Fraction, step: Fraction, whole: bool) -> Fraction:
    """Return how many steps the minutes make, whole ones only or exactly."""
    return Fraction(minutes // step) if whole else minutes / step


def is_whole(claims: Sequence[Claim], item: Item, window: Window) -> bool:
    """Return whether the spans of the claims within the year add up to the item's whole months."""
    if item.whole_months is None:
        return False
    # A day of two stays is one day of study.
    spans: Intervals = []
    for claim in claims:
        if claim.at_ms is None or claim.to_ms is None or (item.whole_passed and claim.passed is False):
            continue
        low, high = max(claim.at_ms, window.from_ms), min(claim.to_ms, window.to_ms)
        if low < high:
            cover(spans, low, high)
    months = days = 0
    for low, high in spans:
        more_months, more_days = months_between(date_at(low), date_at(high - 1))
        months, days = months + more_months, days + more_days
    # One span has civil months; the odd days of several add up at thirty to a month, which is our choice.
    return months + (days // 30 if len(spans) > 1 else 0) >= item.whole_months


def share_in(claim: Claim, window: Window) -> Fraction:
    """Return the share of a span's days that lies in the year; 1 where it has no span."""
    if claim.at_ms is None or claim.to_ms is None:
        return Fraction(1)
    low, high = max(claim.at_ms, window.from_ms), min(claim.to_ms, window.to_ms)
    all_days = -(-(claim.to_ms - claim.at_ms) // DAY_MS)
    return Fraction(-(-max(0, high - low) // DAY_MS), max(1, all_days))
