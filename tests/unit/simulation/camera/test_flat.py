import numpy as np

from zaichang_simulation.camera.faces import builtin_face
from zaichang_simulation.camera.flat import masked, turned_by_hand
from zaichang_simulation.camera.head import Head, Pose

SIZE = (320, 240)


def _frame(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return Head(builtin_face(name), *SIZE).draw(Pose())


def test_a_hand_turns_the_whole_picture() -> None:
    picture = _frame("builtin:astronaut")
    straight = turned_by_hand(picture, (0.0, 0.0))
    turned = turned_by_hand(picture, (1.0, 0.0))
    assert straight.shape == turned.shape == picture.shape
    assert np.abs(straight.astype(int) - picture).mean() < 2
    # Its far edge comes nearer to the middle: the room shows there.
    assert np.abs(turned[:, -8:].astype(int) - picture[:, -8:]).mean() > 10


def test_a_mask_covers_the_face_and_nothing_else() -> None:
    wearer, printed = _frame("builtin:officer"), _frame("builtin:astronaut")
    worn = masked(wearer, printed, Pose(), (0.0, 0.0))
    middle = (slice(85, 125), slice(140, 180))
    assert np.abs(worn[middle].astype(int) - wearer[middle]).mean() > 15
    assert np.array_equal(worn[:20], wearer[:20])


def test_a_mask_turns_as_a_plane() -> None:
    wearer, printed = np.zeros((240, 320, 3), np.uint8), np.full((240, 320, 3), 255, np.uint8)
    widths = []
    for turn in (0.0, 1.0):
        worn = masked(wearer, printed, Pose(), (turn, 0.0))
        widths.append(int((worn[110].max(axis=1) > 60).sum()))
    assert 0.8 < widths[1] / widths[0] < 0.97
