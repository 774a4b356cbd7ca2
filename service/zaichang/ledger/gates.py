"""Gates: the questions that a claim must answer before any of it counts. An open question waits; a no refuses."""

from __future__ import annotations

from typing import Final, assert_never

from zaichang.ledger.facts import Claim
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import Gate, HourRules, Item
from zaichang.ledger.study import Publications
from zaichang.ledger.window import Window, label_of

PAPERLESS_FROM_MS: Final = 1_483_200_000_000
"""2017-01-01 in China: 不再发放纸质学分."""
_NATIONAL: Final = frozenset(("national", "国家级", "i", "state"))
_AUTHORITY: Final = ("人力资源社会保障局", "人力资源和社会保障局", "人社局", "hrss", "human_resources")
_RELATED: Final = frozenset(("post", "profession"))


def closed_gates(
    claim: Claim, item: Item, rules: HourRules, window: Window, publications: Publications | None
) -> tuple[Why, ...]:
    """Return why the claim does not count, in the order of the gates; empty where all are open."""
    whys: dict[Why, None] = {}
    for gate in item.gates:
        for why in _closed(gate, claim, item, rules, window, publications):
            whys[why] = None
    return tuple(whys)


def _closed(
    gate: Gate, claim: Claim, item: Item, rules: HourRules, window: Window, publications: Publications | None
) -> tuple[Why, ...]:
    match gate:
        case Gate.PUBLISHED:
            return () if _published(claim, publications) else (Why.NOT_PUBLISHED,)
        case Gate.EVIDENCE:
            return _evidence(claim)
        case Gate.IN_TIME:
            return () if _in_time(claim, rules, window) else (Why.LATE,)
        case Gate.APPROVED:
            return _approved(claim, window)
        case Gate.PASSED:
            return (Why.NOT_PASSED,) if claim.passed is False else ()
        case Gate.FILED:
            return (Why.NOT_REGISTERED, Why.NOT_PUBLISHED) if claim.filed is False else ()
        case Gate.RANK:
            return () if claim.rank == "" or claim.rank.lower().startswith(tuple(item.ranks)) else (Why.RANK_TOO_LOW,)
        case Gate.REGISTERED:
            return (Why.NOT_REGISTERED,) if claim.registered is False else ()
        case Gate.PAPER:
            late = claim.at_ms is None or claim.at_ms >= PAPERLESS_FROM_MS
            return (Why.PAPER_NOT_ACCEPTED,) if claim.paper and not _outside(claim, rules) and late else ()
        case Gate.OUTSIDE_PROOF:
            return _proof(claim, rules)
        case Gate.AUDITED:
            return _audited(claim, window)
        case Gate.CONFIRMED:
            return _waits(claim.confirmed, claim.confirmed_ms, window)
        case Gate.RECOGNISED:
            return _waits(claim.recognised, claim.recognised_ms, window)
        case Gate.ENTERED:
            entered = claim.entered_ms
            return (Why.LATE, Why.TOO_LATE) if entered is not None and entered >= window.to_ms else ()
        case Gate.AUTHORITY:
            return _authority(claim)
        case Gate.RELATED:
            public = claim.category == "public" and claim.related is None
            other = claim.related is not None and claim.related not in _RELATED
            return (Why.SHOWN_ONLY,) if public or other else ()
        case _:
            assert_never(gate)


def _published(claim: Claim, publications: Publications | None) -> bool:
    if publications is None or claim.institution is None:
        return True
    moments = [at_ms for at_ms, _ in claim.days] or ([] if claim.at_ms is None else [claim.at_ms])
    spans = publications.get(claim.institution, ())
    return bool(spans) and all(any(low <= at_ms < high for low, high in spans) for at_ms in moments)


def _evidence(claim: Claim) -> tuple[Why, ...]:
    """Evidence that is known to be absent, or was not named when the material was handed in."""
    if claim.has_evidence or (claim.has_evidence is None and claim.submitted_ms is None):
        return ()
    return Why.EVIDENCE_MISSING, Why.NO_PROOF


def _in_time(claim: Claim, rules: HourRules, window: Window) -> bool:
    """In the year of the activity; a span over years may be handed in until the end of the statement's year."""
    if claim.submitted_ms is None:
        return True
    if claim.to_ms is not None or claim.at_ms is None:
        return claim.submitted_ms < window.to_ms
    return label_of(rules, claim.submitted_ms) <= label_of(rules, claim.at_ms)


def _approved(claim: Claim, window: Window) -> tuple[Why, ...]:
    if claim.approved is False:
        return (Why.NOT_APPROVED,)
    waits = claim.approved is None and claim.submitted_ms is not None
    later = claim.approved_ms is not None and claim.approved_ms >= window.known_ms
    return (Why.PENDING, Why.NOT_APPROVED) if waits or later else ()


def _outside(claim: Claim, rules: HourRules) -> bool:
    """Return whether it was held outside the authority's area, as far as the place is known."""
    place = claim.held_in.lower()
    away = place.startswith(("out", "other")) or "外" in place
    return place != "" and (away or not any(name in place for name in rules.home))


def _proof(claim: Claim, rules: HourRules) -> tuple[Why, ...]:
    """Outside only national projects are taken in, with a proof that fits their dates."""
    if not _outside(claim, rules):
        return ()
    if claim.level and claim.level.lower() not in _NATIONAL:
        return (Why.NOT_REGISTERED,)
    return () if claim.has_evidence else (Why.NO_PROOF, Why.EVIDENCE_MISSING)


def _audited(claim: Claim, window: Window) -> tuple[Why, ...]:
    if claim.audited_ms is not None and claim.audited_ms >= window.audit_ms:
        return Why.TOO_LATE, Why.LATE
    return _waits(claim.audited, claim.audited_ms, window)


def _waits(answer: bool | None, at_ms: int | None, window: Window) -> tuple[Why, ...]:
    """A no, or a yes that comes after the day of the statement, still waits."""
    return (Why.PENDING,) if answer is False or (at_ms is not None and at_ms >= window.known_ms) else ()


def _authority(claim: Claim) -> tuple[Why, ...]:
    by = claim.recognised_by
    if by is None:
        return ()
    if by == "":
        return (Why.PENDING, Why.NOT_APPROVED)
    return () if any(name in by.lower() for name in _AUTHORITY) else (Why.NOT_APPROVED, Why.SHOWN_ONLY)
