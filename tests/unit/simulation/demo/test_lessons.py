"""The demo's lessons: small, complete, and as long as the course says."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from zaichang.core.errors import StorageError
from zaichang_simulation.demo.lessons import FOLDER, LESSONS, Lesson, ensure_lessons, subtitles

SIZE_MAX = 300_000


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.lesson_id)
def test_a_film_is_small_and_as_long_as_its_chapters(lesson: Lesson) -> None:
    path = FOLDER / lesson.video
    assert path.stat().st_size < SIZE_MAX
    film = cv2.VideoCapture(str(path))
    try:
        assert film.isOpened()
        frames = 0
        while film.grab():
            frames += 1
        assert abs(frames * 1_000 / film.get(cv2.CAP_PROP_FPS) - lesson.duration_ms) < 1_000
    finally:
        film.release()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_subtitles_have_a_sentence_for_each_chapter(language: str) -> None:
    for lesson in LESSONS:
        text = subtitles(lesson, language)
        assert text.startswith("WEBVTT") and text.count("-->") == len(lesson.chapters)
        assert all(getattr(chapter, language) in text for chapter in lesson.chapters)
    assert subtitles(LESSONS[0], "en").count("00:00:01.000 --> 00:00:24.000") == 1


def test_lessons_are_put_where_they_are_absent(tmp_path: Path) -> None:
    ensure_lessons(tmp_path)
    film = tmp_path / LESSONS[1].video
    before = film.stat().st_mtime_ns
    ensure_lessons(tmp_path)
    assert film.stat().st_mtime_ns == before
    film.write_bytes(b"half a film")
    ensure_lessons(tmp_path)
    assert film.read_bytes() == (FOLDER / LESSONS[1].video).read_bytes()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"lesson\.not_written"):
        ensure_lessons(tmp_path / "absent" / "media")
