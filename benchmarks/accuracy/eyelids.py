"""Shut and open eyes told apart: lids of the mesh against lids of the eye network, on frames that were looked at.

Run: ``.venv/bin/python -m benchmarks.accuracy.eyelids``

Every frame at which either measure fell below 0.85 of the clip's middle value was looked at, and every twentieth of the
others; a frame between, or one that could not be told, is in no figure.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import report
from benchmarks.accuracy.challenge import Eyes, Mesh
from benchmarks.accuracy.cohorts import media_folder
from zaichang.biometric.challenge import eye_opening, eyes_open
from zaichang.biometric.movement import MovementLimits
from zaichang.biometric.pose import pose_from_mesh
from zaichang.vision.video import VIDEO_SUFFIXES, sampled_frames

Span = tuple[int, int]
MESH_LIMIT = 0.72
"""The limit that was used with the mesh's lids."""
SHUT: dict[str, tuple[Span, ...]] = {
    "d10": ((222, 223), (332, 335)),
    "d12": ((48, 50), (136, 136)),
    "d18": ((94, 97), (186, 187)),
    "d3": ((57, 60), (111, 133), (140, 158), (228, 254)),
    "s18": ((8, 10), (160, 164)),
    "WDA_AlexandriaOcasioCortez_000": (
        *((10, 12), (34, 35), (56, 57), (80, 81), (97, 97), (110, 111)),
        *((129, 130), (150, 151), (177, 178)),
    ),
    "cap12_edit": ((640, 643), (774, 775)),
    "cap13_edit2": ((98, 102), (426, 427)),
    "real2": ((41, 42), (67, 68), (197, 198), (204, 204)),
}
"""Frames in which both eyes are shut."""
BETWEEN: dict[str, tuple[Span, ...]] = {
    "d10": ((221, 221), (224, 226), (336, 340), (366, 367)),
    "d12": ((47, 47), (51, 53), (91, 94), (134, 138)),
    "d18": ((93, 98), (185, 188)),
    "d3": ((1, 170), (205, 262)),
    "s18": ((5, 19), (158, 172)),
    "s29": ((43, 90),),
    "WDA_AlexandriaOcasioCortez_000": (
        *((8, 14), (24, 37), (55, 59), (79, 82), (96, 99), (109, 112)),
        *((128, 132), (149, 152), (176, 179)),
    ),
    "cap12_edit": ((638, 647), (770, 780)),
    "cap13_edit2": ((55, 66), (92, 122), (425, 432)),
    "real2": ((36, 50), (66, 70), (90, 94), (101, 106), (134, 139), (173, 178), (195, 199), (202, 207)),
}
"""Half shut, one eye shut, or unclear; shut ones among them are listed above."""
NOTES = (
    "1 is the median of the open frames. Labelled by eye from pictures; neighbouring frames are alike.",
    f"shut_missed and open_called count frames beyond the limit: {MESH_LIMIT} for the mesh's lids.",
)


def _frames(spans: dict[str, tuple[Span, ...]], clip: str) -> set[int]:
    return {index for first, last in spans.get(clip, ()) for index in range(first, last + 1)}


def openings(meshes: dict[int, Mesh], opened: list[int]) -> dict[int, float]:
    """Return per frame how far the eyes are open, 1 being the median of the open frames."""
    poses = {index: pose_from_mesh(meshes[index]) for index in opened}
    yaw = float(np.median([pose.yaw_deg for pose in poses.values()]))
    pitch = float(np.median([pose.pitch_deg for pose in poses.values()]))
    rest = min(opened, key=lambda index: abs(poses[index].yaw_deg - yaw) + abs(poses[index].pitch_deg - pitch))
    open_eye = float(np.median([eye_opening(meshes[index]) for index in opened]))
    return {index: eyes_open(meshes[rest], open_eye, mesh) for index, mesh in meshes.items()}


def row(clip: str, lids: str, meshes: dict[int, Mesh], limit: float) -> dict[str, report.Cell]:
    """Return the values of one measure on one clip."""
    shut, between = _frames(SHUT, clip) & meshes.keys(), _frames(BETWEEN, clip)
    opened = sorted(meshes.keys() - shut - between)
    values = openings(meshes, opened)
    low = np.array([values[index] for index in sorted(shut)])
    high = np.array([values[index] for index in opened])
    return {
        "clip": clip,
        "lids": lids,
        "shut": len(low),
        "shut_lowest": round(float(low.min()), 2) if len(low) else None,
        "shut_highest": round(float(low.max()), 2) if len(low) else None,
        "shut_missed": int((low >= limit).sum()),
        "open": len(high),
        "open_lowest": round(float(high.min()), 2),
        "open_called": int((high < limit).sum()),
    }


def _frame(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if max(picture.shape) <= 800:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, help="folder for the JSON files")
    arguments = parser.parse_args()
    ways = (("mesh", Eyes(refine=False), MESH_LIMIT), ("eye network", Eyes(), MovementLimits().eye_closed_bp / 10_000))
    rows: list[dict[str, report.Cell]] = []
    paths = [path for path in sorted(media_folder().rglob("*")) if path.suffix in VIDEO_SUFFIXES]
    for path in paths:
        if path.stem not in SHUT | BETWEEN:
            continue
        pictures = {index: _frame(picture) for index, picture in sampled_frames(path, 1)}
        for lids, eyes, limit in ways:
            found = {index: mesh for index, frame in pictures.items() if (mesh := eyes.mesh(frame)) is not None}
            rows.append(row(path.stem, lids, found, limit))
    for lids, _, _ in ways:
        each = [one for one in rows if one["lids"] == lids]
        counted = {
            key: sum(value for one in each if isinstance(value := one[key], int))
            for key in ("shut", "shut_missed", "open", "open_called")
        }
        rows.append({**dict.fromkeys(each[0]), "clip": "all", "lids": lids, **counted})
    place = arguments.json
    report.publish(
        "accuracy.eyelids", rows, notes=NOTES, destination=place / "accuracy.eyelids.json" if place else None
    )


if __name__ == "__main__":
    main()
