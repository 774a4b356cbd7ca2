"""A learner who makes the movements that the screen asks for: drawn from the test's own photo, before the webcam."""

from __future__ import annotations

import time

import cv2
import numpy as np

from zaichang.vision.pipeline import Analyser
from zaichang.vision.runtime import load_models
from zaichang_simulation.camera.performed import STAGES, Troupe, act_of

from .camera import Camera
from .clip import Frame, head_frames
from .conftest import Tab

MOVEMENTS = ("turn_left", "turn_right", "look_up", "look_down", "blink", "open_mouth")
PATIENCE_S = 60.0
FRAMES = 10
RISE_S = 0.2
REACTION_S = 0.5
"""The fastest human reaction: a movement sooner after the order is refused."""
ACTION = "probe.shadowed('.live')?.dataset.action ?? ''"


class Performer:
    """Draws every movement once, and shows what is asked for."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        analyser = Analyser(load_models())
        troupe = Troupe(lambda picture: analyser.geometry_of(picture).mesh)
        photo = cv2.cvtColor(head_frames(1)[0], cv2.COLOR_RGB2BGR)
        troupe.introduce("learner", [photo])
        rng = np.random.default_rng(7)
        for movement in ("rest", *MOVEMENTS):
            for stage in STAGES if movement != "rest" else STAGES[:1]:
                drawn = troupe.draw("learner", act_of(movement, stage))
                assert drawn is not None, "the photo's face has a mesh"
                rgb = cv2.cvtColor(drawn, cv2.COLOR_BGR2RGB).astype(np.int16)
                noisy: list[Frame] = [
                    np.clip(rgb + rng.normal(0, 2, rgb.shape), 0, 255).astype(np.uint8) for _ in range(FRAMES)
                ]
                camera.add(f"{movement} {stage}", noisy)
        camera.show("rest 0.0")

    def _move(self, movement: str, stages: tuple[float, ...]) -> None:
        for stage in stages:
            self._camera.show(f"{movement} {stage if movement != 'rest' else 0.0}")
            time.sleep(RISE_S)

    def obey(self, one: Tab, instead: str = "") -> list[str]:
        """Begin a try, follow the screen (or always do ``instead``) until it is judged; return the orders."""
        judged = len(results(one))
        one.page.locator("[data-do=ready]:enabled").click()
        asked: list[str] = []
        shown = "hold"
        deadline = time.monotonic() + PATIENCE_S
        while len(results(one)) == judged:
            assert time.monotonic() < deadline, f"no result; asked so far: {asked}"
            action = one.page.evaluate(ACTION)
            if action not in ("", shown):
                if shown != "hold":
                    self._move(instead or shown, STAGES[-2:0:-1])
                    self._camera.show("rest 0.0")
                if action != "hold":
                    asked.append(action)
                    time.sleep(REACTION_S)
                    self._move(instead or action, STAGES[1:])
                shown = action
            one.page.wait_for_timeout(50)
        self._camera.show("rest 0.0")
        return asked


def results(one: Tab) -> list[dict[str, object]]:
    """Return the results that the page has heard."""
    found: list[dict[str, object]] = one.page.evaluate(
        "events.filter((event) => event.type === 'challenge-result').map((event) => event.result)"
    )
    return found
