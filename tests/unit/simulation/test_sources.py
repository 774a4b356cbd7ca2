"""Everything that a scenario names is checked before the run, and errors are named by line."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from zaichang.core.errors import ConfigError, UnreadableInput, ZaichangError
from zaichang_simulation.camera.footage import Library
from zaichang_simulation.format.loader import parse
from zaichang_simulation.sources import check_sources

HEAD = 'format = 1\nname = "x"\n'


def check(body: str, folder: Path) -> None:
    check_sources(parse(HEAD + body, folder), Library((folder,)))


def refused(body: str, folder: Path) -> ZaichangError:
    with pytest.raises((ConfigError, UnreadableInput)) as caught:
        check(body, folder)
    return caught.value


def test_what_is_there_is_accepted(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.jpg"), np.full((48, 64, 3), 90, np.uint8))
    check(
        '[session]\nreference = "photo.jpg"\nreference_transforms = [{do = "brightness", gain = 2}]\n'
        '[[client]]\nname = "main"\nreference = "builtin:officer"\nreference_transforms = [{do = "glasses"}]\n'
        '[[camera]]\nkind = "pair"\nsecond = "photo.jpg"\ntransforms = [{do = "glasses"}, {do = "turn"}]\n'
        '[[challenge]]\nperformer = "builtin:colleague"\n[[cheat]]\ndo = "captures"\nsend = "source"\n',
        tmp_path,
    )


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('[session]\nreference = "absent.jpg"', "Line 4, session.reference"),
        ('[[client]]\nreference = "absent.jpg"', "Line 4, client[0].reference"),
        (
            '[[camera]]\nkind = "clip"\n[[camera]]\nat_s = 9\nkind = "still"\nsource = "absent.jpg"',
            "Line 8, camera[1].source",
        ),
        ('[[camera]]\nkind = "pair"\nsecond = "absent.jpg"', "Line 5, camera[0].second"),
        ('[[challenge]]\nperformer = "absent.jpg"', "Line 4, challenge[0].performer"),
        ('[[cheat]]\ndo = "captures"\nsend = "source"\nsource = "../absent.jpg"', "Line 6, cheat[0].source"),
    ],
)
def test_a_missing_file_is_named_with_its_line(body: str, place: str, tmp_path: Path) -> None:
    error = refused(body, tmp_path)
    assert error.code == "scenario.media_absent"
    assert error.exit_code == 2
    assert place in error.message and "absent.jpg" in error.message


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "noise.jpg").write_bytes(b"no picture")
    error = refused('[[camera]]\nkind = "still"\nsource = "noise.jpg"', tmp_path)
    assert (error.code, error.message[:8]) == ("scenario.media_unreadable", "Line 5, ")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('[[camera]]\nkind = "clip"\nsource = "builtin:stranger"', "Line 5, camera[0].source"),
        ('[[camera]]\nkind = "black"\ntransforms = [{do = "turn"}]', "Line 5, camera[0].transforms: turn"),
        ('[[camera]]\nkind = "faceswap"\nface = "photo.jpg"', "Line 3, camera[0]: faceswap"),
        ('[[camera]]\nkind = "still"\nsource = "photo.jpg"\ntransforms = [{do = "glasses"}]', "camera[0].transforms"),
        ('[session]\nreference = "photo.jpg"\nreference_transforms = [{do = "glasses"}]', "session.reference_trans"),
        ('[[client]]\nreference_transforms = [{do = "blur"}]', "client[0].reference_transforms"),
        ('[[client]]\nreference = "photo.jpg"\nreference_transforms = [{do = "glasses"}]', "client[0].reference_t"),
    ],
)
def test_what_cannot_be_drawn_is_refused(body: str, place: str, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.jpg"), np.full((48, 64, 3), 90, np.uint8))
    error = refused(body, tmp_path)
    assert (error.code, error.exit_code) == ("scenario.invalid", 3)
    assert place in error.message
