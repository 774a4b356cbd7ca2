"""The limits of a try come from its policy, one by one."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from support.trying import POLICY, REST
from zaichang.biometric.movement import MovementLimits
from zaichang.biometric.reflected_light import LightLimits
from zaichang.liveness.state import Frame, Window, away_cdeg, light_limits, movement_limits, still
from zaichang.session.policy import Policy


def test_the_defaults_of_policy_and_judge_are_the_same() -> None:
    assert movement_limits(Policy()) == MovementLimits()
    assert light_limits(Policy()) == LightLimits()


@pytest.mark.parametrize(
    ("of", "prefix"), [(movement_limits, "liveness_"), (light_limits, "liveness_light_")], ids=["movement", "light"]
)
def test_each_limit_is_the_policys(of: object, prefix: str) -> None:
    for spec in fields(of(Policy())):  # type: ignore[operator]  # one of two functions
        name = prefix + spec.name
        changed = replace(Policy(), **{name: getattr(Policy(), name) + (-1 if spec.name == "changes" else 1)})
        limits = of(changed)  # type: ignore[operator]  # as above
        assert getattr(limits, spec.name) == getattr(changed, name) != spec.default


def test_a_window_is_late_as_its_first_frame_says() -> None:
    window = Window(sent_ms=1_000, span_ms=4_000, late_ms=6_000)
    assert window.until_ms == 11_000
    prompt = window.answered(1_900, POLICY)
    assert (prompt.late_ms, prompt.until_ms, prompt.since_ms(2_500)) == (0, 5_000, 1_500)
    slow = window.answered(4_500, POLICY)
    assert (slow.late_ms, slow.until_ms, slow.since_ms(5_000)) == (2_500, 7_500, 1_500)
    assert slow.answered(9_000, POLICY) == slow, "the first frame tells"
    assert window.answered(60_000, POLICY).late_ms == 6_000


def test_stillness_and_distance_take_the_larger_of_turn_and_nod() -> None:
    frames = [Frame(number=n, at_ms=n, face=replace(REST, yaw_cdeg=100 * n, pitch_cdeg=-200 * n)) for n in range(4)]
    assert not still(frames, POLICY) and still(frames[:3], POLICY)
    assert still(frames, replace(POLICY, liveness_still_cdeg=601))
    assert away_cdeg(frames[3].face, REST) == 600
    assert away_cdeg(replace(REST, yaw_cdeg=-700), REST) == 700
