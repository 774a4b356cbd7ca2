"""One notice for each lesson whose player held another film."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import started
from zaichang.core.ids import LessonId
from zaichang.live import other_media
from zaichang.live.other_media import OtherMedia


def test_each_lesson_is_noted_once(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_media, "LESSONS_MAX", 2)
    notices, lesson = OtherMedia(), started().lesson
    for name in ("a", "a", "b", "c"):
        notices.notice(replace(lesson, lesson_id=LessonId(name)))
    assert [record.args[0] for record in caplog.records if isinstance(record.args, tuple)] == ["a", "b"]
