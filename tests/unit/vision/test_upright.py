from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from zaichang.biometric.template import Template
from zaichang.core.frames import Wanted
from zaichang.core.reasons import ReasonCode
from zaichang.vision.detector import Detection
from zaichang.vision.pipeline import Analyser
from zaichang.vision.upright import stands

Picture = NDArray[np.uint8]


def png(pixels: Picture) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def turned(pixels: Picture, quarters: int) -> Picture:
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def close(portrait: Picture) -> Picture:
    """The astronaut's head and shoulders: a picture in which hanging and lying faces are found too."""
    return np.ascontiguousarray(portrait[0:300, 80:380])


def test_a_standing_face_stands_and_a_turned_one_does_not(analyser: Analyser, portrait: Picture) -> None:
    judged = []
    for quarters in range(4):
        picture = turned(close(portrait), quarters)
        faces = analyser._detector.detect(picture, careful=True)
        judged += [(quarters, stands(analyser._detector, picture, faces[0]))] if faces else []
    assert (0, True) in judged
    assert all(result is (quarters == 0) for quarters, result in judged)
    # The danger is real only if the detector does find a face that hangs.
    assert any(quarters == 2 for quarters, _ in judged)


def test_a_hanging_face_is_never_enrolled(analyser: Analyser, portrait: Picture) -> None:
    assert analyser.enrol(png(close(portrait))).template is not None
    hanging = analyser.enrol(png(turned(close(portrait), 2)))
    assert hanging.assessment.main is not None
    assert hanging.template is None
    assert ReasonCode.POSE_TOO_FAR in hanging.reasons


def test_a_hanging_face_is_not_called_a_stranger(analyser: Analyser, portrait: Picture) -> None:
    rng = np.random.default_rng(5)
    vector = rng.normal(size=(1, 128)).astype(np.float32)
    reference = Template(embedder=analyser.embedder_id, vectors=vector / np.linalg.norm(vector))
    want = Wanted(identity=True)
    standing = analyser.assess_pixels(close(portrait), want=want, reference=reference).main
    hanging = analyser.assess_pixels(turned(close(portrait), 2), want=want, reference=reference).main
    assert standing is not None and hanging is not None
    assert ReasonCode.NOT_SAME_PERSON in standing.reasons
    assert ReasonCode.NOT_SAME_PERSON not in hanging.reasons
    assert {ReasonCode.IDENTITY_UNCERTAIN, ReasonCode.POSE_TOO_FAR} <= set(hanging.reasons)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((-500.0, -500.0, 10.0, 10.0), False),
        ((600.0, 600.0, 20.0, 20.0), False),
        # Nothing is seen any way up: no sign that it hangs.
        ((90.0, 90.0, 20.0, 20.0), True),
    ],
)
def test_boxes_outside_the_picture_and_boxes_without_a_face(
    analyser: Analyser, box: tuple[float, float, float, float], expected: bool
) -> None:
    grey = np.full((200, 200, 3), 120, np.uint8)
    face = Detection(box_px=np.array(box), points_px=np.zeros((5, 2)), score=0.7)
    assert stands(analyser._detector, grey, face) is expected
