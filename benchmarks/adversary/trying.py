"""A try at movements: only a learner who is there can obey."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from zaichang.core.enums import StepOutcome
from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import LivenessAssessed, LivenessStep
from zaichang.session.policy import Policy

if TYPE_CHECKING:
    from benchmarks.adversary.evening import Evening

SETTLES_MS = 1_000
"""How long a learner must sit still before the first movement."""
MOVEMENT_MS = 1_800
LAST_MS = 1_500
"""The way back after the last movement, and the comparison."""
ONSET_MS = 900
FAILS = 0.04
"""Share of tries that a person who obeys does not pass."""


class Trying:
    """The try of one page.

    Attributes:
        running: Whether one runs.
    """

    def __init__(self, evening: Evening, policy: Policy) -> None:
        """Begin without a try."""
        self._evening = evening
        self._policy = policy
        self._order: OrderLiveness | None = None
        self._camera = ""
        self._tell: Callable[[LivenessAssessed], None]

    @property
    def running(self) -> bool:
        """Whether a try runs."""
        return self._order is not None

    def stop(self) -> None:
        """The connection was lost, and the try with it."""
        self._order = None

    def begin(self, order: OrderLiveness, camera: str, tell: Callable[[LivenessAssessed], None]) -> None:
        """Begin a try before this camera; ``tell`` is given its result."""
        evening, policy = self._evening, self._policy
        self._order, self._camera, self._tell = order, camera, tell
        rest_ms = order.holds_ms[0] + policy.liveness_rest_more_ms + min(evening.way.rtt_ms, policy.liveness_link_ms)
        evening.at(evening.now_ms + rest_ms, partial(self._rested, order, evening.now_ms))

    def _rested(self, order: OrderLiveness, begun_ms: int) -> None:
        evening = self._evening
        if self._order is not order:
            return
        if not evening.here or evening.here_since_ms > evening.now_ms - SETTLES_MS:
            self._end(order, StepOutcome.UNUSABLE)
            return
        rested_ms = max(begun_ms, evening.here_since_ms + SETTLES_MS)
        moves_ms = sum(order.holds_ms) + len(order.actions) * (MOVEMENT_MS + 2 * evening.way.rtt_ms) + LAST_MS
        evening.at(max(evening.now_ms, rested_ms + moves_ms), partial(self._moved, order, rested_ms))

    def _moved(self, order: OrderLiveness, rested_ms: int) -> None:
        evening = self._evening
        if self._order is not order:
            return
        stayed = evening.here and evening.left_ms < rested_ms
        passed = stayed and not evening.badly_seen and evening.chance.random() >= FAILS
        self._end(order, StepOutcome.PASSED if passed else StepOutcome.NO_RESPONSE)

    def _end(self, order: OrderLiveness, outcome: StepOutcome) -> None:
        self._order = None
        passed = outcome is StepOutcome.PASSED
        done = order.actions if passed else order.actions[:1]
        steps = tuple(
            LivenessStep(
                action=action,
                outcome=outcome,
                onset_ms=ONSET_MS if passed else -1,
                parallax_bp=900 if passed else 0,
                frames=0 if outcome is StepOutcome.UNUSABLE else 20,
            )
            for action in done
        )
        self._tell(
            LivenessAssessed(
                at_ms=self._evening.now_ms,
                challenge_id=order.challenge_id,
                attempt=order.attempt,
                steps=steps,
                similarity_bp=6_900 if passed else None,
                pad_bp=9_000 if passed else None,
                camera=self._camera,
                reasons=() if passed else (ReasonCode.NO_FACE,),
            )
        )
