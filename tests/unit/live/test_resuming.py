"""What an earlier session left for movements to make up: of the same lesson, closed, recent, and not credited yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from support.stores import ROW
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import ChallengeKind, SessionState
from zaichang.core.reasons import ReasonCode
from zaichang.live.resuming import LOOK_BACK, left_for_movements, resumable, same_lesson
from zaichang.ports.records import SessionRow, StoredMinute
from zaichang.session.codec import encode_minute
from zaichang.session.decisions import Minute, Verdict

OLD = replace(ROW, session_id="old", opened_ms=1_000, state=SessionState.CLOSED, closed_ms=90_000)
NEW = replace(ROW, session_id="new", opened_ms=100_000)


def minute(index: int, *parts: tuple[int, int], reason: ReasonCode = ReasonCode.LIVENESS_MISSING) -> StoredMinute:
    record = Minute(
        index=index, from_ms=0, to_ms=60_000, verdict=Verdict.INDETERMINATE, undecided=parts, reasons=(reason,)
    )
    return StoredMinute(minute=index, body=canonical_bytes(encode_minute(record)))


class History:
    """Sessions and their minutes."""

    def __init__(self, *sessions: tuple[SessionRow, Sequence[StoredMinute]]) -> None:
        self.sessions = {row.session_id: (row, minutes) for row, minutes in sessions}
        self.asked: list[tuple[object, ...]] = []

    async def minutes(self, session_id: str) -> Sequence[StoredMinute]:
        return self.sessions[session_id][1]

    async def sessions_page(self, *where: object) -> list[SessionRow]:
        self.asked.append(where)
        return [row for row, _ in self.sessions.values()]


async def going_on(*sessions: tuple[SessionRow, Sequence[StoredMinute]], credited: Any = ()) -> Any:
    history: Any = History(*sessions)
    return await resumable(history, NEW, credited, 600_000)


async def test_minutes_that_only_lack_a_closing_liveness_are_left() -> None:
    history: Any = History((OLD, [minute(0, (0, 9)), minute(1, (9, 20), reason=ReasonCode.NO_FACE), minute(2)]))
    assert await left_for_movements(history, OLD) == {0: ((0, 9),)}


@pytest.mark.parametrize(
    "changes", [{"state": SessionState.OPEN}, {"state": SessionState.SUPERSEDED}, {"owed": ChallengeKind.CODE}]
)
async def test_nothing_is_left_of_an_open_session_or_where_a_challenge_was_left_open(changes: Any) -> None:
    history: Any = History((OLD, [minute(0, (0, 9))]))
    assert await left_for_movements(history, replace(OLD, **changes)) == {}


async def test_parts_of_several_sessions_are_joined_without_what_is_credited() -> None:
    other = replace(OLD, session_id="older")
    parts = await going_on((OLD, [minute(0, (0, 10))]), (other, [minute(4, (8, 30))]), credited=((5, 12),))
    assert parts == ((0, 5), (12, 30))


async def test_a_session_that_began_too_long_ago_is_not_made_up_for() -> None:
    late = NEW.opened_ms - 600_000
    assert await going_on((replace(OLD, opened_ms=late), [minute(0, (0, 10))])) == ((0, 10),)
    assert await going_on((replace(OLD, opened_ms=late - 1), [minute(0, (0, 10))])) == ()


@pytest.mark.parametrize("changes", [{"course_id": "x"}, {"lesson_id": "x"}, {"timeline": "2"}, {"period": "2"}])
async def test_positions_of_another_lesson_mean_nothing_here(changes: Any) -> None:
    assert not same_lesson(replace(OLD, **changes), NEW)
    assert await going_on((replace(OLD, **changes), [minute(0, (0, 10))])) == ()


async def test_only_the_learners_own_earlier_sessions_are_asked_for() -> None:
    history: Any = History()
    assert await resumable(history, NEW, (), 600_000) == ()
    assert history.asked == [("inst", "learner", (100_000, "new"), LOOK_BACK)]
    assert same_lesson(replace(OLD, lesson_version="9"), NEW), "a new version that kept the time line is the lesson"
