"""Allowances: an institution's grants to a learner: more time, excluded movements, the route without a face.

The reason is never asked, because it may concern health. Each change is a new version; a session records its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from zaichang.core.enums import LivenessAction, Route
from zaichang.core.errors import PeerViolation
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.core.lesson import Terms
from zaichang.launch.tokens import EXTRA_TIME_MAX_PCT, ROUTES
from zaichang.ports.learners import LearnerStore
from zaichang.ports.records import Allowance
from zaichang.session.judgements.liveness_tries import ACTIONS


def checked(
    route: str, extra_time_pct: int, liveness_excluded: Sequence[str]
) -> tuple[Route | None, int, tuple[LivenessAction, ...]]:
    """Return the parts of an allowance in their one form.

    Raises:
        PeerViolation: ``allowance.invalid``, naming the field.
    """
    if route not in ("", *ROUTES):
        raise PeerViolation("allowance.invalid", f"route must be empty or one of {', '.join(ROUTES)}.")
    if not 0 <= extra_time_pct <= EXTRA_TIME_MAX_PCT:
        raise PeerViolation("allowance.invalid", f"extra_time_pct must be 0 to {EXTRA_TIME_MAX_PCT}.")
    unknown = sorted(set(liveness_excluded) - set(ACTIONS))
    if unknown:
        raise PeerViolation(
            "allowance.invalid", f"liveness_excluded may list {', '.join(ACTIONS)}.", "Leave the rest out."
        )
    if set(liveness_excluded) >= set(ACTIONS):
        raise PeerViolation(
            "allowance.invalid",
            "liveness_excluded leaves no movement.",
            "Grant the route without face recognition (route: challenge).",
        )
    return (
        Route(route) if route else None,
        extra_time_pct,
        tuple(action for action in ACTIONS if action in liveness_excluded),
    )


async def set_allowance(
    learners: LearnerStore,
    owner: tuple[InstitutionId, LearnerId],
    set_by: str,
    at_ms: int,
    *,
    route: str = "",
    extra_time_pct: int = 0,
    liveness_excluded: Sequence[str] = (),
) -> Allowance:
    """Keep a new version of a learner's allowance; return it.

    Args:
        learners: Where allowances are kept.
        owner: Institution and pseudonym.
        set_by: ``platform``, ``operator`` or a reviewer.
        at_ms: Server time.
        route: Empty (as the launch says), ``face`` or ``challenge``.
        extra_time_pct: 0 to 400.
        liveness_excluded: Of ``ACTIONS``.

    Raises:
        PeerViolation: ``allowance.invalid``.
    """
    granted_route, extra_time_pct, excluded = checked(route, extra_time_pct, liveness_excluded)
    held = await learners.allowances(*owner)
    allowance = Allowance(
        version=held[0].version + 1 if held else 1,
        at_ms=at_ms,
        set_by=set_by,
        route=granted_route,
        extra_time_pct=extra_time_pct,
        liveness_excluded=excluded,
    )
    await learners.put_allowance(*owner, allowance)
    return allowance


async def current_allowance(learners: LearnerStore, institution_id: InstitutionId, learner_id: LearnerId) -> Allowance:
    """Return the allowances in force; none if none was granted."""
    held = await learners.allowances(institution_id, learner_id)
    return held[0] if held else Allowance(version=0, at_ms=0, set_by="")


def granted(allowance: Allowance, launched: Terms) -> Terms:
    """Return the terms of a session: those of its launch, extended by the allowance."""
    return Terms(
        route=allowance.route or launched.route,
        extra_time_pct=max(allowance.extra_time_pct, launched.extra_time_pct),
        liveness_excluded=all_excluded(allowance, launched.liveness_excluded),
    )


def all_excluded(allowance: Allowance, launched: Sequence[str]) -> tuple[LivenessAction, ...]:
    """Return the actions that the allowance or the launch excludes; one is always left."""
    both = tuple(action for action in ACTIONS if action in {*allowance.liveness_excluded, *launched})
    return both if len(both) < len(ACTIONS) else allowance.liveness_excluded
