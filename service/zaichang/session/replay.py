"""Recompute a session's verdicts from its stored events, as an auditor and a restart do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zaichang.core.errors import EvidenceError, IllegalEvent
from zaichang.session.decisions import Decision, Final, Minute, RecordFinal, RecordMinute
from zaichang.session.events import Event, SessionStarted
from zaichang.session.policy import Policy, policy_digest
from zaichang.session.state import State
from zaichang.session.step import start, step


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A replayed session.

    Attributes:
        state: After the last event.
        decisions: ``(event index, decision)`` in order; index 0 is the start.
        minutes: All recorded minutes.
        final: The end, or None for a session that is still open.
    """

    state: State
    decisions: tuple[tuple[int, Decision], ...]
    minutes: tuple[Minute, ...]
    final: Final | None


def replay(events: Iterable[Event], policy: Policy) -> Replayed:
    """Run ``events`` through the rules again.

    Raises:
        EvidenceError: ``replay.no_start``, ``replay.other_policy`` or ``replay.illegal_event`` with the event's index.
    """
    stream = iter(events)
    first = next(stream, None)
    if not isinstance(first, SessionStarted):
        raise EvidenceError("replay.no_start", "A session's first event must be its start.")
    if first.policy_digest != policy_digest(policy):
        raise EvidenceError(
            "replay.other_policy", f"The session ran under policy {first.policy_digest[:16]}, not {policy.name}."
        )
    state, decided = start(first, policy)
    decisions: list[tuple[int, Decision]] = [(0, decision) for decision in decided]
    for index, event in enumerate(stream, 1):
        try:
            state, decided = step(state, event, policy)
        except IllegalEvent as error:
            raise EvidenceError("replay.illegal_event", f"Event {index}: {error.message}") from error
        decisions += [(index, decision) for decision in decided]
    return Replayed(
        state=state,
        decisions=tuple(decisions),
        minutes=tuple(d.minute for _, d in decisions if isinstance(d, RecordMinute)),
        final=next((d.final for _, d in decisions if isinstance(d, RecordFinal)), None),
    )
