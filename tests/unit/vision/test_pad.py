from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from zaichang.biometric.pad_crop import pad_input
from zaichang.core.frames import IDENTITY, PRESENCE
from zaichang.core.reasons import ReasonCode
from zaichang.vision.detector import Detection
from zaichang.vision.pad import Pad
from zaichang.vision.pipeline import Analyser

FACE = Detection(box_px=np.array([100.0, 80, 90, 110]), points_px=np.zeros((5, 2)), score=0.9)


class Says:
    """A network that answers one number and keeps its inputs."""

    def __init__(self, live: float) -> None:
        self.live, self.seen = live, np.zeros(0)

    def run(self, value: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.seen = value
        return [np.array([[self.live]], np.float32)]


def test_the_network_sees_exactly_the_training_crop() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    network = Says(0.75)
    assert Pad(network).live_probability(frame, FACE) == pytest.approx(0.75)
    assert np.array_equal(network.seen[0], pad_input(frame, (100, 80, 90, 110)))


@pytest.mark.parametrize(
    ("live", "pad_bp", "attack"),
    [(0.9, 9000, False), (0.5, 5000, False), (0.49, 4900, True), (float("nan"), -10000, True)],
)
def test_a_low_or_missing_score_is_an_attack_never_a_pass(
    analyser: Analyser,
    portrait: NDArray[np.uint8],
    monkeypatch: pytest.MonkeyPatch,
    live: float,
    pad_bp: int,
    attack: bool,
) -> None:
    monkeypatch.setattr(analyser, "_pad", Pad(Says(live)))
    main = analyser.assess_pixels(portrait, want=IDENTITY).main
    assert main is not None
    assert main.pad_bp == max(pad_bp, 0)
    assert (ReasonCode.PAD_ATTACK in main.reasons) is attack
    presence = analyser.assess_pixels(portrait, want=PRESENCE).main
    assert presence is not None
    assert presence.pad_bp is None


def test_without_a_model_there_is_no_score(
    analyser: Analyser, portrait: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyser, "_pad", None)
    main = analyser.assess_pixels(portrait, want=IDENTITY).main
    assert main is not None
    assert main.pad_bp is None
