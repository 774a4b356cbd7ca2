"""Analyses of pictures that an earlier run, or another worker of this one, has made with the same code and models.

The scenarios' pictures are the same in every run, and two thirds of the suites' time is spent in the networks. An
analysis depends on the picture, the source of the analysis, the models and the libraries: their digest is part
of every key, so that a change of any of them analyses all pictures anew. The source is read when this module is
imported, as it is when the code that runs is. A small drawn part of the kept analyses is made again and compared. The
file lies beside the models in the user's
cache folder, so a second checkout finds it too.
"""

from __future__ import annotations

import ast
import atexit
import functools
import hashlib
import importlib.metadata
import os
import pickle
import platform
import random
import sqlite3
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from zaichang.biometric.challenge import Mesh
from zaichang.biometric.frame_geometry import Geometry
from zaichang.core.assessment import FrameAssessment
from zaichang.core.frames import Frame, PhotoResult
from zaichang_simulation.analysis import FrameAnalyser, Gallery
from zaichang_simulation.camera.faces import Image

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
FILES_MAX = 4
"""Files of so many states of the code are kept: branches that change the analysis do not forget each other's."""
ENTRIES = ("zaichang.vision.pipeline", "zaichang.vision.runtime")
"""The modules with which an analysis begins; the digest is over them and all of ours that they import."""
MADE_AGAIN: Final = 1 / 500
"""Share of the kept analyses that are made again: a small one, or keeping them would save nothing."""
NEAR: Final = 20
"""Another processor rounds sums otherwise: numbers of the same picture may differ by this much of ten thousand."""
LIBRARIES = ("ai-edge-litert", "numpy", "onnxruntime", "opencv-python-headless")


def analysis_sources() -> list[Path]:
    """Return our files that an analysis may run, at the top of a file or later."""
    found: dict[str, Path] = {}
    waiting = [*ENTRIES]
    while waiting:
        name = waiting.pop()
        path = ROOT / "service" / Path(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in found or not path.is_file():
            continue
        found[name] = path
        waiting += [name.rpartition(".")[0]] if "." in name else []
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                waiting += [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return [found[name] for name in sorted(found)]


def _source_lines() -> tuple[str, ...]:
    return tuple(
        f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in analysis_sources()
    )


SOURCES: Final = _source_lines()
"""Name and digest of each file, at import: one that is saved while the tests run is not the code that they run."""


@functools.cache
def analysis_digest(models: str) -> bytes:
    """Return a digest of all that an analysis depends on beside its picture.

    Args:
        models: Digest of the models and thresholds.
    """
    parts = [models, platform.platform(), platform.processor()]
    parts += [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES]
    return hashlib.sha256("\n".join([*parts, *SOURCES]).encode()).digest()


def alike(one: object, other: object) -> bool:
    """Return whether two analyses say the same, but for rounding; of bytes, such as templates, the length counts."""
    if type(one) is not type(other):
        return False
    if is_dataclass(one):
        return all(alike(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.shape == other.shape and bool(np.allclose(one, other, atol=1))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1
    if isinstance(one, int) and isinstance(other, int) and not isinstance(one, bool):
        return abs(one - other) <= NEAR
    if isinstance(one, bytes) and isinstance(other, bytes):
        return len(one) == len(other)
    return one == other


def cache_folder() -> Path:
    """Return ``zaichang/analyses`` under ``XDG_CACHE_HOME`` or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "zaichang" / "analyses"


def kept_file(models: str, folder: Path | None = None) -> Path:
    """Return the file for the analysis as it is now, and remove the files that were unused for longest.

    Args:
        models: Digest of the models and thresholds.
        folder: Where the files are; by default in the user's cache.
    """
    folder = folder or cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{analysis_digest(models).hex()[:16]}.sqlite3"
    file.touch()
    newest_first = sorted(folder.glob("*.sqlite3"), key=lambda each: each.stat().st_mtime_ns, reverse=True)
    for old in newest_first[FILES_MAX:]:
        for each in (old, *folder.glob(f"{old.name}-*")):
            each.unlink(missing_ok=True)
    return file


class KeptGallery(Gallery):
    """A ``Gallery`` that also knows the analyses in a file, which several processes may share."""

    def __init__(self, analyser: FrameAnalyser, models: str, file: Path, made_again: float = MADE_AGAIN) -> None:
        """Open the file, or create it; analyses of other code or models are forgotten.

        Args:
            analyser: Makes an analysis.
            models: Digest of the models and thresholds.
            file: Where analyses are kept.
            made_again: Share of the kept ones that are made again and compared.
        """
        super().__init__(analyser)
        self._made_again = made_again
        self._chance = random.Random()  # noqa: S311 - another part in each run
        self._digest = analysis_digest(models)
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(file, timeout=60, isolation_level=None)
        atexit.register(self._file.close)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS kept (digest BLOB, key BLOB, value BLOB, PRIMARY KEY (digest, key))"
        )
        self._file.execute("DELETE FROM kept WHERE digest <> ?", (self._digest,))

    def assess(self, frame: Frame) -> FrameAssessment:
        """Return the assessment of a frame."""
        about = repr((frame.want, frame.reference)).encode()
        return self._kept(b"assess" + about + frame.data, lambda: super(KeptGallery, self).assess(frame))

    def geometry(self, frame: bytes) -> Geometry:
        """Return the look at a frame of a liveness challenge."""
        return self._kept(b"geometry" + frame, lambda: super(KeptGallery, self).geometry(frame))

    def mesh_of(self, picture: Image) -> Mesh | None:
        """Return the mesh of a drawn picture's main face."""
        about = repr(picture.shape).encode() + picture.tobytes()
        return self._kept(b"mesh" + about, lambda: super(KeptGallery, self).mesh_of(picture))

    def enrol(self, image: bytes) -> PhotoResult:
        """Return the result of an enrolment photo."""
        return self._kept(b"enrol" + image, lambda: super(KeptGallery, self).enrol(image))

    def _kept(self, about: bytes, analyse: Callable[[], T]) -> T:
        key = (self._digest, hashlib.sha256(about).digest())
        row = self._file.execute("SELECT value FROM kept WHERE digest = ? AND key = ?", key).fetchone()
        if row is not None:
            value: T = pickle.loads(row[0])  # noqa: S301 - written by ourselves, in the user's own folder
            if self._chance.random() < self._made_again and not alike(value, analyse()):
                raise AssertionError("a kept analysis is not that of this code: the digest lacks a file or a library")
            return value
        value = analyse()
        self._file.execute("INSERT OR IGNORE INTO kept VALUES (?, ?, ?)", (*key, pickle.dumps(value)))
        return value
