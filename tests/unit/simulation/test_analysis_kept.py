"""The suites' analyses that are kept between runs: found again for the same picture, and for nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support import kept_analysis
from support.kept_analysis import FILES_MAX, ROOT, KeptGallery, alike, analysis_digest, analysis_sources, kept_file
from support.study import good_frame
from zaichang.biometric.frame_geometry import Geometry, not_seen
from zaichang.core.frames import IDENTITY, PRESENCE, Frame, PhotoResult


class Analyser:
    """Counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def assess(self, frame: bytes, *, want: Any, reference: Any = None) -> Any:
        self.calls += 1
        return good_frame(frame)

    def geometry(self, frame: bytes) -> Any:
        self.calls += 1
        return not_seen()

    def geometry_of(self, pixels: Any) -> Any:
        self.calls += 1
        return not_seen()

    def enrol(self, image: bytes) -> PhotoResult:
        self.calls += 1
        return PhotoResult(template=image, quality_bp=1, reasons=(), assessment=good_frame(image), thresholds="t")


def frame(data: bytes, want: Any = PRESENCE) -> Frame:
    return Frame(data=data, want=want, deadline_ms_from_now=1, reference=None)


def look(file: Path, models: str, data: bytes = b"a", want: Any = PRESENCE) -> tuple[int, Any]:
    """Ask a fresh gallery for everything once; return how often it analysed, and the assessment."""
    analyser = Analyser()
    gallery = KeptGallery(analyser, models, file, made_again=0)
    found = gallery.assess(frame(data, want))
    assert gallery.geometry(data).reasons == not_seen().reasons
    assert gallery.enrol(data).template == data
    assert gallery.mesh_of(np.full((2, 2, 3), data[0], np.uint8)) is None
    return analyser.calls, found


def test_a_picture_is_analysed_by_the_first_process_alone(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "kept.sqlite3"
    first, found = look(file, "models")
    assert first == 4
    assert look(file, "models") == (0, found)
    assert look(file, "models", b"b")[0] == 4, "another picture"
    assert look(file, "models", want=IDENTITY)[0] == 1, "another question about the same picture"


def test_other_models_or_code_forget_what_was_kept(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite3"
    assert look(file, "models")[0] == 4
    assert look(file, "others")[0] == 4
    assert look(file, "models")[0] == 4
    assert analysis_digest("models") != analysis_digest("others")


def test_kept_analyses_are_made_again_in_part_and_a_wrong_one_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite3"
    analyser = Analyser()
    KeptGallery(analyser, "models", file).geometry(b"a")
    KeptGallery(analyser, "models", file, made_again=1).geometry(b"a")
    assert analyser.calls == 2

    class Other(Analyser):
        def geometry(self, frame: bytes) -> Any:
            return Geometry(mesh=np.zeros((468, 3)))

    with pytest.raises(AssertionError, match="not that of this code"):
        KeptGallery(Other(), "models", file, made_again=1).geometry(b"a")


def test_only_rounding_may_differ() -> None:
    face = good_frame(b"a").faces[0]
    assert alike(good_frame(b"a"), good_frame(b"a")) and not alike(good_frame(b"a"), good_frame(b"b"))
    assert alike(face, replace(face, quality_bp=face.quality_bp + 1))
    assert not alike(face, replace(face, quality_bp=face.quality_bp + 500))
    assert not alike(face, replace(face, similarity_bp=None))
    mesh = Geometry(mesh=np.ones((468, 3)))
    assert alike(mesh, Geometry(mesh=np.full((468, 3), 1.001))) and not alike(mesh, Geometry(mesh=np.ones((1, 3))))
    assert not alike((1, 2), (1,)) and not alike(True, False) and not alike(b"ab", b"a")


def test_the_source_is_that_of_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    before = analysis_digest("at import")
    analysis_digest.cache_clear()
    monkeypatch.setattr(kept_analysis, "analysis_sources", lambda: [])
    assert analysis_digest("at import") == before


def test_the_files_of_the_last_few_states_of_the_code_are_kept(tmp_path: Path) -> None:
    files = [kept_file(f"models {number}", tmp_path) for number in range(FILES_MAX)]
    assert len(set(files)) == FILES_MAX
    for age, file in enumerate(files):
        os.utime(file, ns=(age, age))
    (tmp_path / f"{files[1].name}-wal").touch()
    assert kept_file("models 0", tmp_path) == files[0], "it is used again, and so the newest"
    newest = kept_file("another", tmp_path)
    assert set(tmp_path.iterdir()) == {newest, files[0], *files[2:]}


def test_the_digest_is_over_every_file_that_an_analysis_loads_and_over_no_other_room() -> None:
    told = (
        "import sys, zaichang.vision.pipeline, zaichang.vision.runtime\n"
        "print(*(each.__file__ for name, each in sys.modules.items() if name.split('.')[0] == 'zaichang'), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {Path(line) for line in done.stdout.splitlines()}
    sources = set(analysis_sources())
    assert len(loaded) > 20
    assert loaded <= sources
    rooms = {path.relative_to(ROOT / "service" / "zaichang").parts[0] for path in sources}
    assert rooms <= {"__init__.py", "core", "biometric", "vision"}
