"""The built-in faces: a second person in the first one's picture."""

import numpy as np

from zaichang_simulation.camera.faces import builtin_face


def test_the_colleague_is_the_officer_at_the_astronauts_desk() -> None:
    colleague, astronaut = (builtin_face(f"builtin:{name}") for name in ("colleague", "astronaut"))
    assert colleague.landmarks == astronaut.landmarks
    changed = np.abs(colleague.image.astype(int) - astronaut.image).mean(axis=2)
    x, y = (round(each) for each in astronaut.landmarks.middle)
    assert changed[y - 10 : y + 10, x - 10 : x + 10].mean() > 8
    assert changed[300:, :].mean() < 3
