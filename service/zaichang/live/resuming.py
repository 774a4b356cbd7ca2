"""A learner's earlier sessions: time that only lacked closing movements, and the counts that a new one begins with."""

from __future__ import annotations

import logging
from typing import Final

from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import SessionState
from zaichang.core.errors import StorageError, ZaichangError
from zaichang.ports.lessons import LessonStore
from zaichang.ports.records import SessionRow
from zaichang.ports.sessions import SessionHistory
from zaichang.session.codec import decode_event, decode_minute
from zaichang.session.events import Leniency
from zaichang.session.judgements.late_grants import by_liveness, follows
from zaichang.session.owners import samples
from zaichang.session.playhead import Interval, IntervalSet, difference, normalise
from zaichang.session.policy import Policy, policy_from_mapping
from zaichang.session.replay import replay
from zaichang.session.state import State

LOOK_BACK: Final = 10
"""Sessions of the learner that are looked at, the newest first."""

_log = logging.getLogger("zaichang.live")


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


async def at_its_end(history: SessionHistory, lessons: LessonStore, old: SessionRow) -> tuple[State, Policy]:
    """Return the state at the end of an earlier session, replayed from its events, and its policy."""
    policy = await _policy_of(lessons, old)
    events = [decode_event(parse_canonical_object(body)) for body in await history.events(old.session_id)]
    return replay(events, policy).state, policy


async def resumable(
    history: SessionHistory, lessons: LessonStore, new: SessionRow, credited: IntervalSet, session_max_ms: int
) -> IntervalSet:
    """Return the time from which a new session may continue, beyond the credited time.

    Args:
        history: Reads stored sessions.
        lessons: Reads their policies.
        new: The session that opens.
        credited: The learner's credited time on this time line.
        session_max_ms: Sessions that began longer ago than this cannot be completed any more.
    """
    where = (new.institution_id, new.learner_id, (new.opened_ms, new.session_id), LOOK_BACK)
    parts: list[Interval] = []
    # Not only the last one: a second tab opened by mistake is a session too, without any study.
    for old in await history.sessions_page(*where):
        if same_lesson(old, new) and old.opened_ms + session_max_ms >= new.opened_ms:
            parts += await _left_by(history, lessons, old, new.opened_ms)
    return difference(normalise(parts), credited)


async def _left_by(history: SessionHistory, lessons: LessonStore, old: SessionRow, opened_ms: int) -> list[Interval]:
    """Return the time that an earlier session leaves to one that opens now; none where it cannot be read.

    A session that cannot be read must not keep its learner from opening another.

    Raises:
        StorageError: The store cannot be read.
    """
    try:
        found = await left_for_movements(history, old)
        if not found:
            return []
        # Earlier rules ask for no end, and a replay takes time: it is made only where the answer depends on it.
        policy = await _policy_of(lessons, old)
        if policy.rules > 6 and not follows(*await at_its_end(history, lessons, old), opened_ms, same_lesson=True):
            return []
    except StorageError:
        raise
    except ZaichangError as error:
        _log.warning("nothing is resumed from session %s: %s", old.session_id, error)
        return []
    return [each for left in found.values() for each in left]


async def _policy_of(lessons: LessonStore, old: SessionRow) -> Policy:
    return policy_from_mapping(parse_canonical_object(await lessons.policy(old.policy_digest)))


async def leniency_at(history: SessionHistory, new: SessionRow, policy: Policy) -> Leniency | None:
    """Return the counts that a new session begins with; None: a first session's, or rules without them.

    Args:
        history: Reads stored sessions.
        new: The session that opens.
        policy: Its policy, which says for how long they are kept.
    """
    if policy.rules == 1:
        return None
    since_ms = new.opened_ms - policy.leniency_ms
    own = await history.leniency(new, since_ms)
    debt_ms = await history.debt_ms(new, since_ms) if policy.rules > 6 else None
    return own if debt_ms is None else samples.carried(policy, own, debt_ms)


def same_lesson(old: SessionRow, new: SessionRow) -> bool:
    """Return whether positions mean the same in both sessions, and count in the same period."""
    places = [(row.course_id, row.lesson_id, row.timeline, row.period) for row in (old, new)]
    return places[0] == places[1]
