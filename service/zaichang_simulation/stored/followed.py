"""A session that is replayed while its events are stored: each event is read once, however often one looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zaichang.core.canonical import parse_canonical_object
from zaichang.session.codec import decode_event
from zaichang.session.decisions import Decision, Final, RecordFinal
from zaichang.session.events import Event, SessionStarted
from zaichang.session.policy import Policy
from zaichang.session.state import State
from zaichang.session.step import start, step


class FollowedSession:
    """Where a session stands after its stored events.

    A simulation asks this at every challenge, and every half minute until the end. Replaying all events each time took
    longer than the scenario. A scenario's result is still replayed from the first event (``engine``).
    """

    def __init__(self, policy_of: Callable[[Sequence[Event]], Policy]) -> None:
        """``policy_of`` returns the rules of a session from its first event."""
        self._policy_of = policy_of
        self._policy: Policy | None = None
        self._state: State | None = None
        self._taken = 0
        self.final: Final | None = None
        """The end; None while the session is open."""

    @property
    def state(self) -> State:
        """The state after the events that were taken.

        Raises:
            RuntimeError: There were none.
        """
        if self._state is None:
            raise RuntimeError("the session has no event")
        return self._state

    def take(self, bodies: Sequence[bytes]) -> None:
        """Apply the events that are new.

        Args:
            bodies: All stored events in order; the ones taken before are not read again.

        Raises:
            EvidenceError: A body is no event.
            IllegalEvent: The rules do not allow it.
        """
        for body in bodies[self._taken :]:
            self._apply(decode_event(parse_canonical_object(body)))
            self._taken += 1

    def _apply(self, event: Event) -> None:
        decided: tuple[Decision, ...]
        if self._state is None or self._policy is None:
            if not isinstance(event, SessionStarted):
                raise RuntimeError("a session's first event is its start")
            self._policy = self._policy_of([event])
            self._state, decided = start(event, self._policy)
        else:
            self._state, decided = step(self._state, event, self._policy)
        for decision in decided:
            if isinstance(decision, RecordFinal) and self.final is None:
                self.final = decision.final
