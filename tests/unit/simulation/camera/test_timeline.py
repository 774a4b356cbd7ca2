"""The camera shows what the scenario says, the same for the same seed, never twice the same picture by itself."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from zaichang_simulation.camera.footage import Library
from zaichang_simulation.camera.timeline import CameraTimeline, Snapshot
from zaichang_simulation.format import camera as say

SMALL = {"width_px": 320, "height_px": 240}


def timeline(*entries: say.CameraEntry, folder: Path = Path(), seed: int = 7) -> CameraTimeline:
    return CameraTimeline(entries, Library((folder,)), seed)


def difference(left: CameraTimeline, at_ms: int, other_ms: int, asked_ms: int | None = None) -> float:
    return float(np.abs(left.image(at_ms).astype(int) - left.image(other_ms, asked_ms)).mean())


def test_the_same_seed_gives_the_same_picture_and_another_one_does_not() -> None:
    one, same, other = (timeline(say.Clip(**SMALL), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.image(5_000), same.image(5_000))
    assert not np.array_equal(one.image(5_000), other.image(5_000))


def test_a_head_moves_and_every_frame_differs() -> None:
    shown = timeline(say.Clip(**SMALL, noise=0.0))
    assert difference(shown, 1_000, 9_000) > 1
    noisy = timeline(say.Clip(**SMALL, motion=0.0))
    assert 0 < difference(noisy, 1_000, 9_000) < 6
    assert difference(noisy, 1_000, 1_001) == 0  # one and the same frame


def test_a_still_is_the_same_bytes_for_ever() -> None:
    shown = timeline(say.Still(**SMALL))
    first, later = (shown.snapshot(at, None, width_px=480, quality_pct=80) for at in (0, 60_000))
    assert isinstance(first, Snapshot) and isinstance(later, Snapshot)
    assert first.picture == later.picture


def test_a_loop_and_a_frozen_camera_repeat_what_was_seen_bit_by_bit() -> None:
    shown = timeline(say.Clip(**SMALL), say.Loop(at_s=20, from_s=2, to_s=6, **SMALL), say.Frozen(at_s=40, **SMALL))
    assert np.array_equal(shown.image(20_000), shown.image(2_000))
    assert np.array_equal(shown.image(25_000), shown.image(3_000))
    assert np.array_equal(shown.image(41_000), shown.image(55_000))
    assert np.array_equal(shown.image(41_000), shown.image(39_999))


def test_who_is_asked_turns_to_the_camera_after_a_moment() -> None:
    away = say.Clip(**SMALL, transforms=(say.Turn(yaw_deg=40), say.Brightness(gain=0.5)), react_s=2.0, noise=0.0)
    plain = timeline(say.Clip(**SMALL, transforms=(say.Brightness(gain=0.5),), noise=0.0))
    shown = timeline(away)
    assert np.array_equal(shown.image(9_000, 7_500), shown.image(9_000))
    assert np.array_equal(shown.image(9_600, 7_500), plain.image(9_600))
    back = timeline(say.Absent(**SMALL, when_asked="turn", noise=0.0))
    assert np.array_equal(back.image(9_600, 7_500), timeline(say.Clip(**SMALL, noise=0.0)).image(9_600))


def test_an_absent_camera_says_so() -> None:
    shown = timeline(say.Unavailable(cause="denied")).snapshot(0, None, width_px=480, quality_pct=80)
    assert isinstance(shown, say.Unavailable) and shown.cause == "denied"


def test_another_camera_has_another_digest_and_pictures_are_scaled_down() -> None:
    shown = timeline(say.Clip(), say.Clip(at_s=10, camera="cam-2"))
    first, second = (shown.snapshot(at, None, width_px=480, quality_pct=80) for at in (0, 10_000))
    assert isinstance(first, Snapshot) and isinstance(second, Snapshot)
    assert first.camera != second.camera
    decoded = cv2.imdecode(np.frombuffer(first.picture, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None and decoded.shape == (360, 480, 3)


@pytest.mark.parametrize(
    "transform",
    [
        say.Brightness(gain=0.4),
        say.Tint(red=1.5),
        say.Backlight(strength=0.6),
        say.Blur(sigma_px=3),
        say.MotionBlur(length_px=21),
        say.Noise(sigma=20),
        say.Occlude(width=0.5),
        say.Occlude(region="mouth"),
        say.Glasses(dark=0.8),
        say.Scale(factor=1.5),
        say.Shift(x=0.2),
        say.Rotate(angle_deg=20),
        say.Mirror(),
        say.Turn(yaw_deg=25, pitch_deg=10),
        say.Compress(quality_pct=3),
        say.Pixelate(width_px=40),
    ],
    ids=lambda transform: type(transform).__name__,
)
def test_every_transform_changes_the_picture_and_keeps_its_shape(transform: say.Transform) -> None:
    plain = timeline(say.Clip(**SMALL, noise=0.0)).image(1_000)
    changed = timeline(say.Clip(**SMALL, noise=0.0, transforms=(transform,))).image(1_000)
    assert changed.shape == plain.shape and changed.dtype == np.uint8
    assert np.abs(changed.astype(int) - plain).mean() > 0.05


@pytest.mark.parametrize(
    "entry",
    [
        say.Shown(medium="print", **SMALL),
        say.Shown(medium="phone", **SMALL),
        say.Shown(medium="monitor", size=1.5, **SMALL),
        say.Pair(**SMALL),
        say.Pair(layout="behind", **SMALL),
        say.FaceSwap(**SMALL),
        say.Absent(**SMALL),
        say.Black(**SMALL),
    ],
    ids=lambda entry: f"{type(entry).__name__}",
)
def test_every_kind_draws_its_own_picture(entry: say.CameraEntry) -> None:
    plain = timeline(say.Clip(**SMALL)).image(1_000)
    drawn = timeline(entry).image(1_000)
    assert drawn.shape == (240, 320, 3)
    assert np.abs(drawn.astype(int) - plain).mean() > 1


def test_files_are_found_beside_the_scenario_and_videos_play(tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for level in (0, 60, 120, 180, 240):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()

    def level_at(at_ms: int, repeat: str) -> int:
        entry = say.Clip(source="clip.avi", repeat=repeat, noise=0.0, drift=0.0, **SMALL)  # type: ignore[arg-type]  # a Literal
        return round(float(timeline(entry, folder=tmp_path).image(at_ms).mean()) / 60)

    assert [level_at(at, "bounce") for at in (0, 200, 400, 600)] == [0, 2, 4, 2]
    assert [level_at(at, "loop") for at in (0, 400, 600)] == [0, 4, 1]
    assert level_at(5_000, "hold") == 4


def test_an_upright_file_stands_the_camera_upright(tmp_path: Path) -> None:
    for name, shape in (("upright.png", (96, 48, 3)), ("lying.png", (48, 96, 3)), ("square.png", (48, 48, 3))):
        cv2.imwrite(str(tmp_path / name), np.full(shape, 90, np.uint8))
        camera = timeline(say.Clip(source=name, **SMALL), folder=tmp_path)
        assert camera.image(0).shape == ((320, 240, 3) if name == "upright.png" else (240, 320, 3))
    said = timeline(say.Clip(source="upright.png", width_px=200, height_px=300), folder=tmp_path)
    assert said.image(0).shape == (300, 200, 3)


def test_a_recorded_clip_wanders_and_never_repeats_itself(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.png"), timeline(say.Clip(**SMALL, noise=0.0)).image(0))
    clip = timeline(say.Clip(source="photo.png", noise=0.0, **SMALL), folder=tmp_path)
    still = timeline(say.Clip(source="photo.png", noise=0.0, drift=0.0, **SMALL), folder=tmp_path)
    assert difference(still, 1_000, 31_000) == 0
    assert difference(clip, 1_000, 31_000) > 1


def test_who_is_called_comes_when_asked_and_who_stays_does_not() -> None:
    called, stays = (timeline(say.Absent(when_asked=how, noise=0.0, **SMALL)) for how in ("called", "stay"))
    assert difference(called, 5_000, 5_000, asked_ms=1_000) > 1
    assert difference(stays, 5_000, 5_000, asked_ms=1_000) == 0
