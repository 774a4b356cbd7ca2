"""Drawn movements, whole tries: the real models see a solid head where one is drawn, and nothing where none moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from support.suites import gallery
from support.tries import order_of, run_try
from zaichang.biometric.pose import MESH_POINTS
from zaichang.core.reasons import ReasonCode
from zaichang.session.events import LivenessAssessed
from zaichang.vision.pipeline import DEFAULT_THRESHOLDS
from zaichang_simulation.camera.rig import Act, Rig
from zaichang_simulation.format import camera as say
from zaichang_simulation.format.actions import ChallengeRule, Movement, Overload


def outcomes(found: LivenessAssessed) -> list[str]:
    return [step.outcome for step in found.steps]


@pytest.mark.parametrize("source", ["builtin:astronaut", "builtin:officer"])
def test_who_obeys_passes_every_turn_and_nod(source: str) -> None:
    for actions in (("turn_left", "look_down"), ("look_up", "turn_right"), ("open_mouth", "turn_left")):
        kept: list[str] = []
        found = run_try(gallery(), order_of(*actions), say.Clip(source=source), reference=source, kept=kept)
        assert outcomes(found) == ["passed", "passed"]
        assert all(step.onset_ms >= 500 for step in found.steps)
        assert found.similarity_bp is not None and found.similarity_bp >= DEFAULT_THRESHOLDS.similarity_bp
        assert kept == ["rest", "peak"]


@pytest.mark.parametrize(
    "entry",
    [
        say.Clip(live=False),
        say.Clip(when_asked="stay"),
        say.Still(),
        say.Shown(medium="print", moving=False, size=1.2),
        say.Shown(medium="monitor", size=1.3),
        say.Absent(),
    ],
)
def test_recordings_and_pictures_never_pass(entry: say.CameraEntry) -> None:
    for action in ("turn_left", "look_up"):
        assert outcomes(run_try(gallery(), order_of(action), entry)) != ["passed"]


@pytest.mark.parametrize("how", ["ignores", "wrong_action", "late"])
def test_who_does_not_obey_does_not_pass(how: str) -> None:
    rule = ChallengeRule(liveness=how)  # type: ignore[arg-type]  # one of the literals
    assert outcomes(run_try(gallery(), order_of("turn_left"), rule=rule)) != ["passed"]


def test_a_recorded_try_passes_only_its_own_order() -> None:
    recorded: tuple[Movement, ...] = ("turn_left", "look_up")
    rule = ChallengeRule(liveness="recorded", recorded=recorded)
    assert outcomes(run_try(gallery(), order_of("look_up", "turn_left"), rule=rule)) != ["passed", "passed"]
    assert outcomes(run_try(gallery(), order_of("turn_right", "look_up"), rule=rule)) != ["passed", "passed"]


def test_a_helper_and_an_overload_say_so() -> None:
    helped = run_try(gallery(), order_of("turn_left"), rule=ChallengeRule(performer="builtin:officer"))
    assert outcomes(helped) == ["passed"]
    assert helped.similarity_bp is not None and helped.similarity_bp < DEFAULT_THRESHOLDS.similarity_bp
    busy = run_try(gallery(), order_of("turn_left"), server=(Overload(at_s=0, for_s=60),))
    assert busy.reasons == (ReasonCode.NOT_ANALYSED,)


def test_a_face_takes_on_the_light_and_a_recording_does_not() -> None:
    colours = ("#ff2020", "#2020ff", "#20ff20", "#20ffff", "#ff20ff", "#ffff20", "#20ff20") * 3
    order = replace(order_of(*["colour"] * 20, step_ms=400), colours=colours[:20], holds_ms=(1000,) + (0,) * 19)
    lit = run_try(gallery(), order)
    assert set(outcomes(lit)) == {"passed"} and len(lit.steps) == 20
    assert set(outcomes(run_try(gallery(), order, say.Clip(live=False)))) == {"no_response"}


def test_a_rig_moves_the_head_and_leaves_the_room() -> None:
    angles = np.linspace(0, 2 * np.pi, MESH_POINTS, endpoint=False)
    radius = 60 * np.sqrt(np.linspace(0.05, 1, MESH_POINTS))
    middle = np.array([160.0, 120.0])
    flat = middle + np.stack([np.cos(7 * angles) * radius, np.sin(7 * angles) * radius], axis=1)
    mesh = np.hstack([flat, -40 * (1 - (radius / 60) ** 2)[:, None]])
    picture = np.random.default_rng(1).integers(0, 255, (240, 320, 3)).astype(np.uint8)
    rig = Rig(picture, mesh)
    assert np.array_equal(rig.draw(Act()), picture)
    turned = rig.draw(Act(turn=1.0))
    changed = np.any(turned != picture, axis=2)
    assert changed[110:130, 150:170].mean() > 0.9
    assert not changed[:, :20].any() and not changed[:, -20:].any()
    assert not np.array_equal(turned, rig.draw(Act(turn=-1.0)))
    lit = rig.lit("#ff0000").astype(int) - picture
    assert lit[120, 160, 2] >= 0 >= lit[120, 160, 0]
    assert not lit[:, :20].any()
