"""How the person before the simulated camera answers the steps of a liveness challenge."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from zaichang_client import Picture
from zaichang_client.protocol.messages import LivenessHint, LivenessStepOrder
from zaichang_simulation.camera.performed import act_of
from zaichang_simulation.camera.rig import Act
from zaichang_simulation.eyes import SimCamera
from zaichang_simulation.format.actions import ChallengeRule
from zaichang_simulation.format.types import to_ms

RISE_MS: Final = 600
"""From rest to the full movement, and back."""
RECORDED_MS: Final = 4_000
"""A recording shows one movement in this time: rest, there, back."""
LATE_MS: Final = 1_500
"""``late``: so long after the step's time."""
_MOVEMENTS: Final = ("turn_left", "turn_right", "look_up", "look_down", "blink", "open_mouth")


def obedience(rule: ChallengeRule, mistaken: bool) -> str:
    """Return the person's behaviour: the rule's own, else that of its answer to challenges."""
    if rule.liveness is not None:
        return rule.liveness
    if rule.answer == "person":
        return "wrong_action" if mistaken else "obeys"
    return "wrong_action" if rule.answer == "wrongly" else "ignores"


class SimLiveness:
    """``zaichang_client.Liveness`` after the scenario's rules."""

    def __init__(
        self,
        camera: SimCamera,
        *,
        rule: Callable[[], ChallengeRule],
        mistaken: Callable[[], bool],
        now_ms: Callable[[], int],
        slower: float,
        seed: int,
    ) -> None:
        """Args are the camera, the rule in force, whether the person is mistaken, the clock, and the learner's pace."""
        self._camera = camera
        self._rule = rule
        self._mistaken = mistaken
        self._now_ms = now_ms
        self._slower = slower
        self._random = random.Random(seed)  # noqa: S311  (a simulation, repeatable by its seed)
        self._movement = ""
        self._from_ms = 0
        self._until_ms: int | None = None
        self._begun_ms = 0

    def hint(self, hint: LivenessHint) -> None:
        """Ignore guidance: a person who obeys faces the camera already."""

    def step(self, order: LivenessStepOrder) -> None:
        """Decide what the person does now."""
        rule, now_ms = self._rule(), self._now_ms()
        if order.step == 1:
            self._movement, self._begun_ms = "", now_ms
        delay_ms = round(to_ms(rule.move_s) * self._random.uniform(0.7, 1.4) * self._slower)
        if order.action not in _MOVEMENTS:
            self._until_ms = now_ms + delay_ms // 2
            return
        how = obedience(rule, self._mistaken())
        others = [each for each in _MOVEMENTS if each != order.action]
        self._movement = others[self._random.randrange(len(others))] if how == "wrong_action" else order.action
        self._from_ms = now_ms + (order.within_ms + LATE_MS if how == "late" else delay_ms)
        self._until_ms = None

    def _act(self, rule: ChallengeRule) -> Act:
        now_ms = self._now_ms()
        if rule.liveness == "recorded" and rule.recorded:
            turn, at_ms = divmod(now_ms - self._begun_ms, RECORDED_MS)
            extent = min(at_ms, RECORDED_MS - at_ms) / RISE_MS - 1
            return act_of(rule.recorded[turn % len(rule.recorded)], max(0.0, min(1.0, extent)))
        until_ms = now_ms if self._until_ms is None else min(now_ms, self._until_ms)
        there = max(0.0, min(1.0, (until_ms - self._from_ms) / (RISE_MS * self._slower)))
        back = max(0.0, (now_ms - until_ms) / (RISE_MS * self._slower))
        return act_of(self._movement, max(0.0, there - back))

    async def frame(self, order: LivenessStepOrder) -> Picture | None:
        """Return the camera's picture of it."""
        rule = self._rule()
        act = None if obedience(rule, self._mistaken()) == "ignores" else self._act(rule)
        return await self._camera.frame(order, act, rule.performer)
