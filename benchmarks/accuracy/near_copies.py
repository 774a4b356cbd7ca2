"""Near copies of a capture (recompressed, cropped by 4 to 14 px) against other moments of the same person.

Can a perceptual hash with the face's box and pose tell them apart? And the pixels of the face themselves?

Run: ``.venv/bin/python -m benchmarks.accuracy.near_copies``
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import report
from benchmarks.accuracy.cohorts import media_folder
from zaichang.core.assessment import FaceFinding
from zaichang.vision.decode import FILE_LIMITS
from zaichang.vision.pipeline import Analyser, AnalyserConfig
from zaichang.vision.runtime import load_models
from zaichang.vision.video import VIDEO_SUFFIXES, sampled_frames

Picture = npt.NDArray[np.uint8]
SIDE_PX = 640
APART_S = 8
CROPS_PX = (4, 8, 14)
SEARCHED_PX = 24
RULES = {"exact": (1, 1, 60, 4), "near": (3, 3, 150, 6), "wide": (24, 24, 250, 14)}
"""Most difference of the box's middle and its sides (px), the pose (hundredths of a degree) and the hash (bits)."""
ALIKE = 0.975
NOTES = (
    f"Other moments of one clip, at least {APART_S} s apart; a session's captures lie further apart.",
    "face alike: correlation of the face's fine structure at its best place in the other picture.",
    "Crops are sent as they are; one that is scaled back to the old size correlates less (0.69 to 0.96).",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A picture's face, its hash and its fine structure."""

    face: FaceFinding
    phash: int
    fine: npt.NDArray[np.float32]


def compressed(frame: Picture, quality_pct: int) -> Picture:
    """Return a picture as JPEG leaves it."""
    data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality_pct])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def copies(frame: Picture, rng: random.Random) -> Iterator[tuple[str, Picture]]:
    """Yield near copies with the kind of each."""
    for quality_pct in (50, 80):
        yield "recompressed", compressed(frame, quality_pct)
    for crop_px in CROPS_PX:
        left, top, right, bottom = (rng.choice((0, crop_px)) for _ in range(4))
        cut = frame[top : frame.shape[0] - bottom, max(left, crop_px - right) : frame.shape[1] - right]
        yield "cropped", compressed(np.ascontiguousarray(cut), rng.choice((60, 80, 90)))


def look(analyser: Analyser, frame: Picture) -> Look | None:
    """Return the values of a picture that are compared; None without a face."""
    found = analyser.assess_pixels(frame)
    if found.main is None:
        return None
    grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), dtype=np.float32)
    fine = cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.GaussianBlur(grey, (0, 0), 4.0)
    return Look(face=found.main, phash=int(found.phash, 16), fine=np.asarray(fine, dtype=np.float32))


def matches(old: Look, new: Look, rule: tuple[int, int, int, int]) -> bool:
    """Return whether hash, box and pose of two pictures are equal within a rule."""
    middle_px, side_px, pose_cdeg, bits = rule
    (x, y, width, height), (new_x, new_y, new_width, new_height) = old.face.box_px, new.face.box_px
    pose = (old.face.yaw_cdeg, old.face.pitch_cdeg, old.face.roll_cdeg)
    new_pose = (new.face.yaw_cdeg, new.face.pitch_cdeg, new.face.roll_cdeg)
    return (
        abs(2 * x + width - 2 * new_x - new_width) <= 2 * middle_px
        and abs(2 * y + height - 2 * new_y - new_height) <= 2 * middle_px
        and max(abs(width - new_width), abs(height - new_height)) <= side_px
        and max(abs(a - b) for a, b in zip(pose, new_pose, strict=True)) <= pose_cdeg
        and (old.phash ^ new.phash).bit_count() <= bits
    )


def alike(old: Look, new: Look) -> float:
    """Return the best correlation of the new face within the neighbourhood of the old one."""
    (x, y, width, height), (new_x, new_y, new_width, new_height) = old.face.box_px, new.face.box_px
    face = new.fine[max(new_y, 0) : new_y + new_height, max(new_x, 0) : new_x + new_width]
    around = old.fine[
        max(y - SEARCHED_PX, 0) : y + height + SEARCHED_PX, max(x - SEARCHED_PX, 0) : x + width + SEARCHED_PX
    ]
    if face.shape[0] > around.shape[0] or face.shape[1] > around.shape[1]:
        return -1.0
    return float(cv2.matchTemplate(around, face, cv2.TM_CCOEFF_NORMED).max())


def frames_of(path: Path) -> list[Picture]:
    """Return a frame a second, at the size in which captures are sent."""
    clip = cv2.VideoCapture(str(path))
    every = max(1, round(clip.get(cv2.CAP_PROP_FPS)))
    clip.release()
    frames = []
    for _, frame in sampled_frames(path, every):
        factor = min(1.0, SIDE_PX / max(frame.shape))
        small = cv2.resize(frame, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        frames.append(compressed(np.asarray(small, dtype=np.uint8), 85))
    return frames


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, help="where the JSON goes")
    arguments = parser.parse_args()
    analyser = Analyser(load_models(), AnalyserConfig(limits=FILE_LIMITS))
    rng = random.Random(7)  # noqa: S311 - repeatable by its seed
    pairs: dict[str, list[tuple[Look, Look]]] = {"recompressed": [], "cropped": [], "another moment": []}
    for path in sorted(media_folder().joinpath("video").rglob("*")):
        if path.suffix not in VIDEO_SUFFIXES:
            continue
        frames = frames_of(path)
        looks = [look(analyser, frame) for frame in frames]
        for at in rng.sample(range(len(frames)), min(6, len(frames))):
            old = looks[at]
            for kind, picture in copies(frames[at], rng) if old is not None else ():
                new = look(analyser, picture)
                if old is not None and new is not None:
                    pairs[kind].append((old, new))
        later = [(old, new) for at, old in enumerate(looks) for new in looks[at + APART_S :]]
        pairs["another moment"] += [(old, new) for old, new in later if old is not None and new is not None]
    rows: list[dict[str, report.Cell]] = []
    for kind, both in pairs.items():
        row: dict[str, report.Cell] = {"pair": kind, "pairs": len(both)}
        for name, rule in RULES.items():
            row[f"hash_box_pose_{name}"] = sum(matches(*pair, rule) for pair in both)
        found = [alike(*pair) for pair in both]
        row["face_alike"] = sum(value >= ALIKE for value in found)
        row["least"] = round(min(found), 3)
        row["most"] = round(max(found), 3)
        rows.append(row)
    report.publish("accuracy.near_copies", rows, notes=NOTES, destination=arguments.json)


if __name__ == "__main__":
    main()
