"""Tries at active liveness: the recorded verdict must follow from the recorded geometry.

The order of a try comes from the session's own draw and its limits from the policy. Both were committed to before.
"""

from __future__ import annotations

from collections.abc import Sequence

from zaichang.audit.replay.replaying import Divergence
from zaichang.liveness.messages import Verdict
from zaichang.liveness.record import recompute, recorded_comparison, recorded_verdict
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import Event, LivenessAssessed
from zaichang.session.policy import Policy
from zaichang.session.replay import Replayed

GEOMETRY_SINCE_SCHEMA = 2
"""Sessions under policies of this schema and later keep the geometry of every try."""
FIELDS = ("steps", "similarity_bp", "pad_bp", "reasons")


def check_liveness(events: Sequence[Event], replayed: Replayed, policy: Policy) -> list[Divergence]:
    """Return the tries whose recorded verdict does not follow from their geometry, or that lack it.

    Args:
        events: All events.
        replayed: The result of replaying them, with the orders.
        policy: The session's.
    """
    orders: dict[tuple[str, int], OrderLiveness] = {}
    ordered = {number: order for number, order in replayed.decisions if isinstance(order, OrderLiveness)}
    found: list[Divergence] = []
    for number, event in enumerate(events):
        if isinstance(event, LivenessAssessed):
            found += _checked(number, event, orders.get((event.challenge_id, event.attempt)), policy)
        if number in ordered:
            orders[ordered[number].challenge_id, ordered[number].attempt] = ordered[number]
    return found


def _checked(number: int, event: LivenessAssessed, order: OrderLiveness | None, policy: Policy) -> list[Divergence]:
    recorded = recorded_verdict(event)
    if event.geometry is None:
        if policy.schema < GEOMETRY_SINCE_SCHEMA:
            return []
        return [_divergence(number, "geometry", "the geometry of the try", "(none)")]
    if order is None:
        return [_divergence(number, "challenge_id", "a try that was ordered", event.challenge_id)]
    computed = recompute(order, policy, event.geometry, recorded_comparison(event))
    if computed is None:
        return [_divergence(number, "geometry", "a whole try", "one that comes to no end")]
    return [
        _divergence(number, field, _text(computed, field), _text(recorded, field))
        for field in FIELDS
        if getattr(computed, field) != getattr(recorded, field)
    ]


def _divergence(number: int, field: str, expected: str, got: str) -> Divergence:
    return Divergence(
        minute=number,
        field=field,
        expected=expected,
        got=got,
        code="E_LIVENESS",
        message="The recorded result of a liveness try does not follow from its recorded geometry.",
    )


def _text(verdict: Verdict, field: str) -> str:
    match field:
        case "steps":
            steps = (f"{each.action} {each.outcome} {each.onset_ms} ms {each.parallax_bp} bp" for each in verdict.steps)
            return ", ".join(steps) or "(none)"
        case "reasons":
            return ", ".join(verdict.reasons) or "(none)"
        case _:
            value = getattr(verdict, field)
            return "(none)" if value is None else str(value)
