"""Collect the pictures that PAD figures are measured on: decode, detect, crop, and (where it is there) ask the teacher.

Nothing here is read while training, and nothing from ``pad_train`` or the identity photos is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from pad_training.camera import Grain
from pad_training.frames import Base, Treatment, make_frame, views
from pad_training.media import Box, FaceFinder, Picture, Shot, frames_of, read_shots

GENUINE = "genuine"
SPECIES = ("print", "replay_phone", "replay_screen")
_CLIP_EVERY = {"video": 20, "pad": 5}
_SHORT_CLIP_EVERY = 2
_SHORT_CLIP_FPS = 15.0
SIMULATED_PER_PERSON = 40
SIMULATION_SEED = 30107


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One frame to be scored.

    Attributes:
        species: ``genuine`` or an attack species; simulated ones end in ``(simulated)``.
        source: The repository it came from.
        subject: Person.
        presentation: What k-of-n draws from: a clip, or one subject's stills of one species and session.
        path: Below ``shared/media/dev``; with the frame's number for clips.
        views: The network's input, ``(6, 80, 80)`` uint8, or None where no face was found.
    """

    species: str
    source: str
    subject: str
    presentation: str
    path: str
    views: npt.NDArray[np.uint8] | None


def find_face(finder: FaceFinder, picture: Picture) -> Box | None:
    """The largest face; where none is found, again with a border, since a face can fill a picture."""
    box = finder.largest(picture)
    if box is not None:
        return box
    pad = max(picture.shape[:2]) // 2
    bordered = cv2.copyMakeBorder(picture, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(127.0, 127.0, 127.0))
    box = finder.largest(np.asarray(bordered, dtype=np.uint8))
    return None if box is None else (box[0] - pad, box[1] - pad, box[2], box[3])


def measured(shared: Path, finder: FaceFinder) -> Iterator[Sample]:
    """Every still, and frames of every clip, of the measuring part."""
    for shot in read_shots(shared):
        if shot.use == "measure":
            yield from (_sample(shot, number, picture, finder) for number, picture in _frames(shared, shot))


def _frames(shared: Path, shot: Shot) -> Iterable[tuple[int, Picture]]:
    file = shared / "media" / "dev" / shot.path
    every = _CLIP_EVERY[shot.path.partition("/")[0]] if shot.is_clip else 1
    if shot.is_clip:
        clip = cv2.VideoCapture(str(file))
        every = _SHORT_CLIP_EVERY if clip.get(cv2.CAP_PROP_FPS) < _SHORT_CLIP_FPS else every
        clip.release()
    return frames_of(file, is_clip=shot.is_clip, every=every)


def _sample(shot: Shot, number: int, picture: Picture, finder: FaceFinder) -> Sample:
    box = find_face(finder, picture)
    return Sample(
        species=shot.species,
        source=shot.source,
        subject=shot.subject,
        presentation=shot.path if shot.is_clip else _stills_of(shot),
        path=f"{shot.path}#{number}" if shot.is_clip else shot.path,
        views=None if box is None else views(picture, box),
    )


def _stills_of(shot: Shot) -> str:
    """NUAA stills of one subject, species and session belong together: frames of one sitting."""
    name = Path(shot.path).stem.split("_")
    session = name[3] if shot.subject.startswith("nuaa:") and len(name) > 3 else Path(shot.path).stem
    return f"{shot.subject}/{shot.species}/{session}"


def simulated(shared: Path, finder: FaceFinder) -> Iterator[Sample]:
    """Left-out people of the genuine clips, shown on each simulated medium (same simulation as in training)."""
    bases: dict[str, list[Base]] = {}
    sources: dict[str, str] = {}
    for shot in read_shots(shared):
        if shot.use != "measure" or not shot.is_clip or shot.species != GENUINE:
            continue
        for _, picture in frames_of(shared / "media" / "dev" / shot.path, is_clip=True, every=40):
            box = finder.largest(picture)
            if box is not None:
                bases.setdefault(shot.subject, []).append(Base(picture=picture, box_px=box))
                sources[shot.subject] = shot.source
    rooms = [own[0].picture for own in bases.values()]
    grain = Grain(SIMULATION_SEED)
    media: tuple[Treatment, ...] = ("print", "replay_phone", "replay_screen")
    for subject, own in sorted(bases.items()):
        for at, medium in enumerate(media):
            for number in range(SIMULATED_PER_PERSON):
                rng = np.random.default_rng((SIMULATION_SEED, at, number, len(own)))
                frame, box = make_frame(rng, own[number % len(own)], rooms, medium, grain)
                yield Sample(
                    species=f"{medium} (simulated)",
                    source=sources[subject],
                    subject=subject,
                    presentation=f"{subject}/{medium}/simulated",
                    path=f"simulated:{medium}:{subject}#{number}",
                    views=views(frame, box),
                )


def score(samples: list[Sample], run: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float64]]) -> list[float]:
    """Bona fide probability of each sample by one network; NaN where no face was found.

    Args:
        samples: What to score.
        run: ``(n, 6, 80, 80)`` uint8 to ``(n,)``.
    """
    found = [at for at, sample in enumerate(samples) if sample.views is not None]
    scores = [float("nan")] * len(samples)
    for first in range(0, len(found), 64):
        part = found[first : first + 64]
        crops = [samples[at].views for at in part]
        for at, value in zip(part, run(np.stack([crop for crop in crops if crop is not None])), strict=True):
            scores[at] = float(value)
    return scores
