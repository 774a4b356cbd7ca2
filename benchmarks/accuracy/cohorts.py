"""The identity cohorts of the development media: which picture shows whom, taken when.

Photos of real people for measuring only; nothing here copies or prints them. Split by person, so that neighbouring
frames of one person are never counted as independent.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LFW = "identity/umass-vis-lfw+umass-vis-lfw.github.io"
_DEEPFACE = "identity/serengil+deepface"
_NUAA = re.compile(r"(?P<subject>\d{4})_(?P<glasses>\d\d)_\d\d_(?P<session>\d\d)_\d+\.jpg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture of one person.

    Attributes:
        path: File.
        person: Who, unique inside the cohort.
        session: When, unique inside the person; pictures of one session are alike.
    """

    path: Path
    person: str
    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Pictures, and how genuine pairs are drawn from them.

    Attributes:
        name: In tables.
        shots: All pictures.
        genuine: ``all``, ``within`` or ``across`` sessions, or ``listed``.
        pairs: For ``listed``: (index, index, same person).
        about: Its content and its limits.
    """

    name: str
    shots: tuple[Shot, ...]
    genuine: str
    pairs: tuple[tuple[int, int, bool], ...] = ()
    about: str = ""


def media_folder() -> Path:
    """Return the development media's folder.

    Raises:
        SystemExit: Where it is absent.
    """
    folder = Path(os.environ.get("ZAICHANG_SHARED") or ROOT.parent / "shared") / "media" / "dev"
    if not folder.is_dir():
        raise SystemExit(f"The development media are not in {folder}; set ZAICHANG_SHARED to the folder that has them.")
    return folder


def _listed(name: str, folder: Path, about: str) -> Cohort:
    """Read ``pairs_dev.tsv``; persons are the connected parts of the "same" pairs."""
    with (folder / "pairs_dev.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    names = sorted({row[side] for row in rows for side in ("a", "b")})
    index = {value: number for number, value in enumerate(names)}
    person = list(range(len(names)))

    def root(at: int) -> int:
        while person[at] != at:
            at = person[at]
        return at

    for row in rows:
        if row["same"] == "1":
            person[root(index[row["a"]])] = root(index[row["b"]])
    # LFW names the person in the folder; elsewhere "same" pairs say who is who.
    named = {value: value.split("/")[-2] if "deepfunneled" in value else str(root(index[value])) for value in names}
    shots = tuple(Shot(path=folder / value, person=named[value], session=value) for value in names)
    pairs = tuple((index[row["a"]], index[row["b"]], row["same"] == "1") for row in rows)
    return Cohort(name=name, shots=shots, genuine="listed", pairs=pairs, about=about)


def _nuaa(folder: Path) -> list[Shot]:
    """Read the genuine stills; the 40-frame sequences would outweigh all other persons."""
    with (folder / "MANIFEST.tsv").open(encoding="utf-8") as file:
        stills = {row["path"] for row in csv.DictReader(file, delimiter="\t") if row["kind"] == "pad_image_genuine"}
    shots = []
    for path in sorted((folder / "pad/imironica+liveness/db/ClientRaw").glob("*/*.jpg")):
        match = _NUAA.fullmatch(path.name)
        if match and str(path.relative_to(folder)) in stills:
            shots.append(Shot(path=path, person=match["subject"], session=match["session"]))
    return shots


def _folders(folder: Path, pattern: str) -> tuple[Shot, ...]:
    return tuple(Shot(path=path, person=path.parent.name, session=path.stem) for path in sorted(folder.glob(pattern)))


def cohorts() -> Iterator[Cohort]:
    """Yield every cohort."""
    media = media_folder()
    yield _listed("LFW pairs", media / _LFW, "news photos, folds 1-2: 600 same, 600 different, as published")
    lfw = _folders(media / _LFW / "images_deepfunneled", "*/*.jpg")
    yield Cohort(name="LFW all", shots=lfw, genuine="all", about="every pair of the same pictures")
    orl = _folders(media / "identity/Radhikadua123+Face-recognition", "s*/*.pgm")
    yield Cohort(name="ORL", shots=orl, genuine="all", about="19 persons x 10, 92x112 grey, one room, varied pose")
    nuaa = tuple(_nuaa(media))
    yield Cohort(name="NUAA within", shots=nuaa, genuine="within", about="8 East-Asian students, webcam, one sitting")
    yield Cohort(name="NUAA across", shots=nuaa, genuine="across", about="the same, weeks apart: the strict cohort")
    yield _listed("deepface pairs", media / _DEEPFACE, "celebrity photos with age and pose")
    api = _folders(media / "identity/justadudewhohacks+face-api.js", "examples/images/*/*.png")
    yield Cohort(name="face-api", shots=api, genuine="all", about="8 television actors x 5")
