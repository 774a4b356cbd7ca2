"""Pictures that must pass and pictures that must not: enrolment gate, turned faces, blur, masks, groups, no face.

Run: ``.venv/bin/python -m benchmarks.accuracy.pictures``
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import report
from benchmarks.accuracy.backends import read_picture
from benchmarks.accuracy.cohorts import Cohort, cohorts, media_folder
from zaichang.core.frames import Wanted
from zaichang.core.reasons import ReasonCode
from zaichang.vision.decode import FILE_LIMITS
from zaichang.vision.pipeline import Analyser, AnalyserConfig, order_faces
from zaichang.vision.runtime import load_models
from zaichang.vision.upright import stands
from zaichang.vision.video import VIDEO_SUFFIXES, sampled_frames

Picture = npt.NDArray[np.uint8]
CAREFUL = Wanted(identity=True, liveness=True)
STILLS = {"NUAA within": 60, "LFW all": 60, "ORL": 30}
CLIP_EVERY = 40
MASK_CHECKS = 250
FACE_PX = 90
BLUR_PX = 3.0
GATE_NOTES = ("Pictures evenly spaced over each set; a refused one would be asked for again.",)
TURNED_NOTES = (
    "Each picture turned by 90, 180 and 270 degrees. told: found and called not standing, so never enrolled.",
    "standing_refused: the picture as it is, found, and called not standing.",
)
ODD_NOTES = (
    "no human face: half of them were picked because the detector takes something in them for a face.",
    f"blurred: the LFW pictures above, the face scaled to {FACE_PX} px, then a Gaussian of {BLUR_PX:g} px.",
    "Masks are pasted pictures; no one wore one.",
)


def spaced(paths: list[Path], count: int) -> list[Path]:
    """Return ``count`` paths, evenly spaced."""
    return [paths[at] for at in np.linspace(0, len(paths) - 1, min(count, len(paths))).astype(int)]


def sets(every: dict[str, Cohort]) -> dict[str, list[Picture]]:
    """Return the pictures of ordinary people before a camera, by set."""
    found = {
        name: [read_picture(path) for path in spaced([shot.path for shot in every[name].shots], count)]
        for name, count in STILLS.items()
    }
    clips = sorted(path for path in media_folder().joinpath("video").rglob("*") if path.suffix in VIDEO_SUFFIXES)
    found[f"{len(clips)} clips"] = [frame for path in clips for _, frame in sampled_frames(path, CLIP_EVERY)]
    return found


def png(pixels: Picture) -> bytes:
    """Encode without loss."""
    return cv2.imencode(".png", pixels)[1].tobytes()


def gate_row(analyser: Analyser, name: str, pictures: list[Picture]) -> dict[str, report.Cell]:
    """Return how many pictures could be enrolled, and why the others could not."""
    refused: Counter[str] = Counter()
    for pixels in pictures:
        enrolment = analyser.enrol(png(pixels))
        if enrolment.template is None:
            refused["+".join(reason.value for reason in enrolment.reasons) or "?"] += 1
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(refused.items()))
    return {"set": name, "pictures": len(pictures), "refused": refused.total(), "why": why or "-"}


def turned_row(analyser: Analyser, name: str, pictures: list[Picture], scale: float) -> dict[str, report.Cell]:
    """Return how turned faces are told from standing ones."""
    row = {"turned": 0, "found": 0, "hanging_found": 0, "told": 0, "standing_found": 0, "standing_refused": 0}
    for picture in pictures:
        pixels = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        for quarters in range(4):
            view = np.ascontiguousarray(np.rot90(pixels, quarters))
            faces = order_faces(analyser._detector.detect(view, careful=True), view.shape[1], view.shape[0])
            upright = bool(faces) and stands(analyser._detector, view, faces[0])
            if quarters == 0:
                row["standing_found"] += bool(faces)
                row["standing_refused"] += bool(faces) and not upright
                continue
            row["turned"] += 1
            row["found"] += bool(faces)
            row["hanging_found"] += bool(faces) and quarters == 2
            row["told"] += bool(faces) and not upright
    return {"set": name, "scale": scale, **row}


def blurred(analyser: Analyser, picture: Picture) -> tuple[Picture, Picture]:
    """Return the picture with a face of ``FACE_PX``, sharp and blurred."""
    face = order_faces(analyser._detector.detect(picture, careful=True), picture.shape[1], picture.shape[0])[0]
    scale = FACE_PX / float(max(face.box_px[2:]))
    sharp = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return sharp, np.asarray(cv2.GaussianBlur(sharp, (0, 0), BLUR_PX), dtype=np.uint8)


def odd_rows(analyser: Analyser, lfw: list[Picture], more_lfw: list[Path]) -> list[dict[str, report.Cell]]:
    """Return the reasons given to pictures other than an ordinary face in front of a camera."""
    scenes = media_folder() / "scenes"

    def named(pictures: list[Picture], reason: ReasonCode) -> int:
        count = 0
        for pixels in pictures:
            seen = analyser.assess_pixels(pixels, want=CAREFUL)
            count += reason in seen.reasons or (seen.main is not None and reason in seen.main.reasons)
        return count

    def read(pattern: str) -> list[Picture]:
        return [read_picture(path) for path in sorted(scenes.glob(pattern))]

    rows: list[dict[str, report.Cell]] = []

    def add(what: str, called: str, pictures: list[Picture], count: int) -> None:
        rows.append({"what": what, "called": called, "count": count, "pictures": len(pictures)})

    masked = ReasonCode.FACE_MASKED
    for what, pictures in (
        ("pasted mask", read("prajnasb*/experiements/data/with_mask/*")),
        ("the same faces bare", read("prajnasb*/experiements/data/without_mask/*")),
        ("LFW faces", [read_picture(path) for path in more_lfw]),
    ):
        add(what, masked.value, pictures, named(pictures, masked))
    both = [blurred(analyser, picture) for picture in lfw]
    for what, pictures in (("LFW, blurred", [two[1] for two in both]), ("LFW, sharp", [two[0] for two in both])):
        add(what, ReasonCode.BLURRED.value, pictures, named(pictures, ReasonCode.BLURRED))
    groups = read("Linzaer*/imgs/*.jpg") + read("vladmandic*/samples/in/*group*.jpg")
    add("groups", ReasonCode.MULTIPLE_FACES.value, groups, named(groups, ReasonCode.MULTIPLE_FACES))
    none = read("EliSchwartz*/*.JPEG")
    usable = 0
    for pixels in none:
        seen = analyser.assess_pixels(pixels, want=CAREFUL)
        usable += bool(seen.main and seen.main.quality_bp >= 2500)
    add("no human face", "a usable face", none, usable)
    return rows


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, help="folder for the JSON files")
    arguments = parser.parse_args()
    analyser = Analyser(load_models(), AnalyserConfig(limits=FILE_LIMITS))
    every = {cohort.name: cohort for cohort in cohorts()}
    people = sets(every)
    gate = [gate_row(analyser, name, pictures) for name, pictures in people.items()]
    turned = [turned_row(analyser, name, pictures, scale) for scale in (1.0, 0.5) for name, pictures in people.items()]
    faces = spaced([shot.path for shot in every["LFW all"].shots], MASK_CHECKS)
    odd = odd_rows(analyser, people["LFW all"], faces)
    for name, rows, notes in (("gate", gate, GATE_NOTES), ("turned", turned, TURNED_NOTES), ("odd", odd, ODD_NOTES)):
        place = arguments.json / f"{name}.json" if arguments.json else None
        report.publish(f"accuracy.pictures_{name}", rows, notes=notes, destination=place)


if __name__ == "__main__":
    main()
