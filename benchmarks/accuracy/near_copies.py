"""Near copies of a capture (encoded again, cropped, resized) against other moments of the same person.

Which of them does the search choose (hash, place and pose of the face), and which do the pixels take for copies? The
threshold is chosen by the people of one half, and the errors are reported for the other half.

Run: ``.venv/bin/python -m benchmarks.accuracy.near_copies``
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import report
from benchmarks.accuracy.cohorts import media_folder
from zaichang.core.enums import SessionState
from zaichang.core.ids import CaptureId, CourseId, InstitutionId, LearnerId, LessonId, SessionId, TokenId
from zaichang.live.near_copies import HASH_BITS, look_of
from zaichang.ports.captures import APART_MS, MIDDLE_PERMILLE, POSE_CDEG, SIDE_PCT, Look, Seen
from zaichang.ports.records import SessionRow
from zaichang.vision.decode import FILE_LIMITS
from zaichang.vision.near_copy import ALIKE, alike
from zaichang.vision.pipeline import Analyser, AnalyserConfig
from zaichang.vision.runtime import load_models
from zaichang.vision.video import VIDEO_SUFFIXES, sampled_frames

Picture = npt.NDArray[np.uint8]
SIDE_PX = 640
LEAST_APART_S = 1.0
NUAA_FRAMES_PER_S = 20
COPIED = 8
QUALITIES = (50, 60, 70, 80, 90, 95)
CROPS_PX = (4, 8, 14)
SIZES_PCT = (75, 90, 110)
QUALITY_PCT = 85
"""In which a capture is sent."""
NOTES = (
    "Nine clips (a picture a second) and the genuine NUAA sequences of dev/pad; halves by person. Captures of a",
    f"session lie further apart; the search compares none of one session within {APART_MS // 1000} s.",
    f"threshold: the least one, in steps of 0.001, without an error in the half that chose; ours is {ALIKE}.",
    "chosen: hash, place and pose of the face lie near enough for the pixels to be compared.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A picture of a person at a moment of a sequence."""

    person: str
    sequence: str
    at_s: float
    grey: npt.NDArray[np.float32]
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two pictures, and how alike their pixels are."""

    kind: str
    person: str
    apart_s: float
    chosen: bool
    alike: float


def compressed(frame: Picture, quality_pct: int) -> Picture:
    """Return a picture as JPEG leaves it."""
    data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality_pct])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def resized(frame: Picture, size: tuple[int, int]) -> Picture:
    """Return a picture at another size."""
    smaller = size[0] < frame.shape[1]
    return np.asarray(
        cv2.resize(frame, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), dtype=np.uint8
    )


def copies(frame: Picture, rng: random.Random) -> Iterator[tuple[str, Picture]]:
    """Yield near copies with the kind of each."""
    height, width = frame.shape[:2]
    for quality_pct in QUALITIES:
        yield f"quality {quality_pct}", compressed(frame, quality_pct)
    for crop_px in CROPS_PX:
        left, top, right, bottom = (rng.choice((0, crop_px)) for _ in range(4))
        cut = np.ascontiguousarray(frame[top : height - bottom, max(left, crop_px - right) : width - right])
        quality_pct = rng.choice(QUALITIES)
        yield f"cropped by {crop_px} px", compressed(cut, quality_pct)
        yield f"cropped by {crop_px} px, scaled back", compressed(resized(cut, (width, height)), quality_pct)
    for size_pct in SIZES_PCT:
        size = (width * size_pct // 100, height * size_pct // 100)
        yield f"size {size_pct} %", compressed(resized(frame, size), QUALITY_PCT)


def moment(analyser: Analyser, frame: Picture, person: str, sequence: str, at_s: float) -> Moment | None:
    """Return a picture with the memory that the search keeps of it; None without a face."""
    found = analyser.assess_pixels(frame)
    if found.main is None:
        return None
    at_ms = round(1000 * at_s)
    row = SessionRow(
        session_id=SessionId(sequence),
        institution_id=InstitutionId("inst"),
        learner_id=LearnerId(person),
        course_id=CourseId(""),
        lesson_id=LessonId(""),
        token_id=TokenId(""),
        policy_digest="",
        state=SessionState.OPEN,
        opened_ms=0,
    )
    seen = Seen(session_id=row.session_id, capture_id=CaptureId("c0-0"), at_ms=at_ms, picture=b"", assessment=found)
    grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), dtype=np.float32)
    return Moment(person=person, sequence=sequence, at_s=at_s, grey=grey, look=look_of(row, seen, found.main))


def pair_of(kind: str, old: Moment, new: Moment) -> Pair:
    """Return the comparison of two pictures, as of captures of two sessions."""
    later = replace(new.look, session_id=SessionId("another"))
    return Pair(
        kind=kind,
        person=old.person,
        apart_s=new.at_s - old.at_s,
        chosen=chosen(old.look, later),
        alike=alike(old.grey, old.look.box, new.grey, new.look.box),
    )


def chosen(earlier: Look, now: Look) -> bool:
    """Return whether the store's query and the hash choose a look of another session (``LookStore.looks_near``)."""
    return (
        (earlier.phash ^ now.phash).bit_count() <= HASH_BITS
        and max(abs(a - b) for a, b in zip(earlier.place, now.place, strict=True)) <= MIDDLE_PERMILLE
        and 100 * abs(earlier.width_permille - now.width_permille) <= SIDE_PCT * now.width_permille
        and max(abs(a - b) for a, b in zip(earlier.pose, now.pose, strict=True)) <= POSE_CDEG
    )


def frames_of(path: Path) -> Iterator[tuple[float, Picture]]:
    """Yield a frame a second, at the size in which captures are sent."""
    clip = cv2.VideoCapture(str(path))
    every = max(1, round(clip.get(cv2.CAP_PROP_FPS)))
    clip.release()
    for index, (_, frame) in enumerate(sampled_frames(path, every)):
        factor = min(1.0, SIDE_PX / max(frame.shape))
        small = cv2.resize(frame, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        yield float(index), compressed(np.asarray(small, dtype=np.uint8), QUALITY_PCT)


def sequences(media: Path) -> Iterator[tuple[str, str, list[tuple[float, Picture]]]]:
    """Yield person, name and pictures of every sequence of genuine pictures of one camera."""
    for path in sorted(media.joinpath("video").rglob("*")):
        if path.suffix in VIDEO_SUFFIXES:
            yield path.stem, path.stem, list(frames_of(path))
    found: dict[str, list[tuple[float, Picture]]] = {}
    for path in sorted(media.joinpath("pad").rglob("ClientRaw/*/*.jpg")):
        name, number = path.stem.rsplit("_", 1)
        frame = cv2.imread(str(path))
        if frame is not None:
            picture = compressed(np.asarray(frame, dtype=np.uint8), QUALITY_PCT)
            found.setdefault(name, []).append((int(number) / NUAA_FRAMES_PER_S, picture))
    for name, pictures in found.items():
        yield f"nuaa-{name[:4]}", name, sorted(pictures, key=lambda each: each[0])


def pairs_of(analyser: Analyser, person: str, name: str, pictures: list[tuple[float, Picture]]) -> Iterator[Pair]:
    """Yield copies of some pictures, and all pairs of moments."""
    rng = random.Random(name)  # noqa: S311 - repeatable by its name
    moments = [moment(analyser, frame, person, name, at_s) for at_s, frame in pictures]
    for at in rng.sample(range(len(moments)), min(COPIED, len(moments))):
        old = moments[at]
        for kind, picture in copies(pictures[at][1], rng) if old is not None else ():
            new = moment(analyser, picture, person, name, pictures[at][0])
            if old is not None and new is not None:
                yield pair_of(kind, old, new)
    for at, old in enumerate(moments):
        for new in moments[at + 1 :]:
            if old is not None and new is not None and new.at_s - old.at_s >= LEAST_APART_S:
                seconds = APART_MS / 1000
                yield pair_of("other moment" if new.at_s - old.at_s < seconds else "other moment, 10 s on", old, new)


def chosen_threshold(pairs: list[Pair]) -> float:
    """Return the least threshold in steps of 0.001 that takes no other moment of these people for a copy."""
    most = max(each.alike for each in pairs if each.kind.startswith("other"))
    return float(np.floor(most * 1000 + 1) / 1000)


def row_of(kind: str, half: str, pairs: list[Pair], threshold: float) -> dict[str, report.Cell]:
    """Return a line of the table."""
    values = [each.alike for each in pairs]
    return {
        "pair": kind,
        "half": half,
        "people": len({each.person for each in pairs}),
        "pairs": len(pairs),
        "chosen": sum(each.chosen for each in pairs),
        "threshold": threshold,
        "taken_for_copies": sum(value >= threshold for value in values),
        "at_ours": sum(value >= ALIKE for value in values),
        "chosen_and_at_ours": sum(each.chosen and each.alike >= ALIKE for each in pairs),
        "least": round(min(values), 3),
        "most": round(max(values), 3),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, help="where the JSON goes")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    analyser = Analyser(load_models(), AnalyserConfig(limits=FILE_LIMITS))
    pairs = [each for one in sequences(media_folder()) for each in pairs_of(analyser, *one)]
    people = sorted({each.person for each in pairs})
    halves = {"first": set(people[::2]), "second": set(people[1::2])}
    rows: list[dict[str, report.Cell]] = []
    for half, other in (("first", "second"), ("second", "first")):
        own = [each for each in pairs if each.person in halves[half]]
        threshold = chosen_threshold([each for each in pairs if each.person in halves[other]])
        for kind in sorted({each.kind for each in own}):
            rows.append(row_of(kind, half, [each for each in own if each.kind == kind], threshold))
    report.publish("accuracy.near_copies", rows, notes=NOTES, destination=arguments.json)


if __name__ == "__main__":
    main()
