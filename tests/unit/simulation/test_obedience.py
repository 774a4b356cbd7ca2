"""How the simulated person answers the steps of a liveness challenge."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang_client import Picture
from zaichang_client.protocol.messages import LivenessHint, LivenessStepOrder
from zaichang_simulation.camera.performed import act_of
from zaichang_simulation.camera.rig import Act
from zaichang_simulation.format.actions import ChallengeRule
from zaichang_simulation.obedience import LATE_MS, RECORDED_MS, RISE_MS, SimLiveness, obedience


def order(action: str, step: int = 1) -> LivenessStepOrder:
    return LivenessStepOrder(
        challenge_id="q1", nonce="n" * 32, step=step, of=2, action=action, within_ms=4_000, interval_ms=200,
        width_px=320, quality_pct=70,
    )  # fmt: skip


class Room:
    """A person with a clock, and a camera that records what it shows."""

    def __init__(self, rule: ChallengeRule, *, mistaken: bool = False, slower: float = 1.0) -> None:
        self.ms = 0
        self.shown: list[tuple[Act | None, str]] = []
        camera: Any = self
        self.person = SimLiveness(
            camera, rule=lambda: rule, mistaken=lambda: mistaken, now_ms=lambda: self.ms, slower=slower, seed=1
        )

    async def frame(self, order: LivenessStepOrder, act: Act | None, performer: str) -> Picture:
        self.shown.append((act, performer))
        return Picture(data=b"x")

    async def look(self, action: str = "turn_left") -> Act | None:
        await self.person.frame(order(action))
        return self.shown[-1][0]


@pytest.mark.parametrize(
    ("rule", "mistaken", "how"),
    [
        ({"answer": "person"}, False, "obeys"), ({"answer": "person"}, True, "wrong_action"),
        ({"answer": "wrongly"}, False, "wrong_action"), ({"answer": "never"}, False, "ignores"),
        ({"answer": "brute"}, True, "ignores"), ({"answer": "never", "liveness": "late"}, True, "late"),
    ],
)  # fmt: skip
def test_the_rule_decides_and_scripts_do_nothing(rule: Any, mistaken: bool, how: str) -> None:
    assert obedience(ChallengeRule(**rule), mistaken) == how


async def test_a_movement_rises_after_its_delay_and_goes_back_when_another_step_follows() -> None:
    room = Room(ChallengeRule(move_s=0))
    room.person.step(order("turn_left"))
    assert await room.look() == act_of("turn_left", 0.0)
    room.ms = RISE_MS // 2
    assert await room.look() == act_of("turn_left", 0.5)
    room.ms = 4 * RISE_MS
    assert await room.look() == act_of("turn_left", 1.0)
    room.person.step(order("hold", 2))
    room.ms += RISE_MS
    assert await room.look("hold") == act_of("turn_left", 0.0)


async def test_a_slower_person_takes_longer_to_rise() -> None:
    room = Room(ChallengeRule(move_s=0), slower=2.0)
    room.person.step(order("blink"))
    room.ms = RISE_MS
    assert await room.look("blink") == act_of("blink", 0.5)


async def test_a_late_person_moves_after_the_steps_time() -> None:
    room = Room(ChallengeRule(liveness="late"))
    room.person.step(order("look_up"))
    room.ms = 4_000 + LATE_MS
    assert await room.look("look_up") == act_of("look_up", 0.0)
    room.ms += RISE_MS
    assert await room.look("look_up") == act_of("look_up", 1.0)


async def test_a_mistaken_person_makes_another_movement() -> None:
    room = Room(ChallengeRule(move_s=0), mistaken=True)
    room.person.step(order("turn_left"))
    room.ms = 4 * RISE_MS
    act = await room.look()
    assert act not in (act_of("turn_left", 1.0), Act())


async def test_one_who_ignores_the_order_does_nothing_and_another_face_may_act() -> None:
    room = Room(ChallengeRule(answer="never", performer="builtin:b"))
    room.person.step(order("turn_left"))
    room.ms = 4 * RISE_MS
    assert await room.look() is None and room.shown[-1][1] == "builtin:b"
    room.person.hint(LivenessHint(challenge_id="q1"))


async def test_a_recording_shows_its_own_movements_in_turn_whatever_is_ordered() -> None:
    room = Room(ChallengeRule(liveness="recorded", recorded=("blink", "look_up")))
    room.ms = 10_000
    room.person.step(order("turn_left"))
    for turn, movement in enumerate(("blink", "look_up", "blink")):
        room.ms = 10_000 + turn * RECORDED_MS + RECORDED_MS // 2
        assert await room.look() == act_of(movement, 1.0)
    room.ms = 10_000 + RECORDED_MS
    assert await room.look() == act_of("look_up", 0.0)
