"""The operator's notice of lessons whose player held another film: one for each lesson while the service runs."""

from __future__ import annotations

import logging
from typing import Final

from zaichang.core.lesson import LessonRef
from zaichang.session.owners.page import OTHER_MEDIA as OTHER_MEDIA

LESSONS_MAX: Final = 1_000
"""Lessons that are remembered; later ones are noted no more."""
_log = logging.getLogger("zaichang.gateway")


class OtherMedia:
    """Remembers the lessons that were noted."""

    def __init__(self) -> None:
        """Start with none."""
        self._noted: set[tuple[str, str]] = set()

    def notice(self, lesson: LessonRef) -> None:
        """Log that a player of this lesson held another film, the first time."""
        key = (lesson.course_id, lesson.lesson_id)
        if key in self._noted or len(self._noted) >= LESSONS_MAX:
            return
        self._noted.add(key)
        _log.warning(
            "lesson %s of course %s: a page put another film into the player of a running session; it was held, and "
            "nothing was credited. The page must attach a new session for each lesson.",
            lesson.lesson_id,
            lesson.course_id,
        )
