"""Time of a learner's earlier sessions of a lesson that went to review only because closing movements were missing."""

from __future__ import annotations

from typing import Final

from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import SessionState
from zaichang.ports.records import SessionRow
from zaichang.ports.sessions import SessionHistory
from zaichang.session.codec import decode_minute
from zaichang.session.judgements.late_grants import by_liveness
from zaichang.session.playhead import Interval, IntervalSet, difference, normalise

LOOK_BACK: Final = 10
"""Sessions of the learner that are looked at, the newest first."""


async def left_for_movements(history: SessionHistory, old: SessionRow) -> dict[int, IntervalSet]:
    """Return, by minute, the time that later movements may still grant; none where a challenge was left open.

    Args:
        history: Reads stored sessions.
        old: The earlier session.
    """
    if old.state is not SessionState.CLOSED or old.owed:
        return {}
    minutes = [decode_minute(parse_canonical_object(each.body)) for each in await history.minutes(old.session_id)]
    return {minute.index: part for minute in minutes if (part := by_liveness(minute))}


async def resumable(
    history: SessionHistory, new: SessionRow, credited: IntervalSet, session_max_ms: int
) -> IntervalSet:
    """Return the time from which a new session may continue, beyond the credited time.

    Args:
        history: Reads stored sessions.
        new: The session that opens.
        credited: The learner's credited time on this time line.
        session_max_ms: Sessions that began longer ago than this cannot be completed any more.
    """
    where = (new.institution_id, new.learner_id, (new.opened_ms, new.session_id), LOOK_BACK)
    parts: list[Interval] = []
    # Not only the last one: a second tab opened by mistake is a session too, without any study.
    for old in await history.sessions_page(*where):
        if same_lesson(old, new) and old.opened_ms + session_max_ms >= new.opened_ms:
            for left in (await left_for_movements(history, old)).values():
                parts += left
    return difference(normalise(parts), credited)


def same_lesson(old: SessionRow, new: SessionRow) -> bool:
    """Return whether positions mean the same in both sessions, and count in the same period."""
    places = [(row.course_id, row.lesson_id, row.timeline, row.period) for row in (old, new)]
    return places[0] == places[1]
