"""What an earlier session left for movements to make up: of the same lesson, closed, recent, and not credited yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from support.desk import POLICY, T0_MS
from support.hands import Hands
from support.stores import ROW
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import ChallengeKind, SessionState
from zaichang.core.errors import StorageError
from zaichang.core.reasons import ReasonCode
from zaichang.live.resuming import LOOK_BACK, left_for_movements, leniency_at, resumable, same_lesson
from zaichang.ports.records import SessionRow, StoredMinute
from zaichang.session.codec import encode_event, encode_minute
from zaichang.session.decisions import Minute, Verdict
from zaichang.session.events import Leniency, Superseded
from zaichang.session.policy import Policy, policy_to_mapping

OLD = replace(ROW, session_id="old", opened_ms=1_000, state=SessionState.CLOSED, closed_ms=90_000)
NEW = replace(ROW, session_id="new", opened_ms=100_000)


def minute(index: int, *parts: tuple[int, int], reason: ReasonCode = ReasonCode.LIVENESS_MISSING) -> StoredMinute:
    record = Minute(
        index=index, from_ms=0, to_ms=60_000, verdict=Verdict.INDETERMINATE, undecided=parts, reasons=(reason,)
    )
    return StoredMinute(minute=index, body=canonical_bytes(encode_minute(record)))


def studied(rules: Policy) -> Hands:
    """Return a session that played for 10 s and was superseded half a minute later."""
    session = Hands(rules).begin()
    for playhead_ms in (5_000, 10_000):
        session.wait(5_000).beat(playhead_ms)
    session.wait(30_000).do(Superseded)
    return session


USED = Leniency(debt_ms=5, calls=1, failures=2, liveness_failed=3)


class Counts:
    """The counts of earlier sessions."""

    def __init__(self, own: Leniency | None, debt_ms: int | None) -> None:
        self.own, self.debt, self.since_ms = own, debt_ms, list[int]()

    async def leniency(self, row: SessionRow, since_ms: int) -> Leniency | None:
        self.since_ms.append(since_ms)
        return self.own

    async def debt_ms(self, row: SessionRow, since_ms: int) -> int | None:
        self.since_ms.append(since_ms)
        return self.debt


class History:
    """Sessions, their minutes, events and policy."""

    def __init__(self, *sessions: tuple[SessionRow, Sequence[StoredMinute]], rules: Policy = POLICY) -> None:
        self.sessions = {row.session_id: (row, minutes) for row, minutes in sessions}
        self.asked: list[tuple[object, ...]] = []
        self.rules = rules
        self.replayed = 0
        self.broken: dict[str, bytes] = {}

    async def events(self, session_id: str) -> list[bytes]:
        self.replayed += 1
        if session_id in self.broken:
            return [self.broken[session_id]]
        return [canonical_bytes(encode_event(event)) for event in studied(self.rules).events]

    async def policy(self, digest: str) -> bytes:
        return canonical_bytes(policy_to_mapping(self.rules))

    async def minutes(self, session_id: str) -> Sequence[StoredMinute]:
        return self.sessions[session_id][1]

    async def sessions_page(self, *where: object) -> list[SessionRow]:
        self.asked.append(where)
        return [row for row, _ in self.sessions.values()]


async def going_on(
    *sessions: tuple[SessionRow, Sequence[StoredMinute]],
    credited: Any = (),
    rules: Policy = POLICY,
    new: SessionRow = NEW,
) -> Any:
    history: Any = History(*sessions, rules=rules)
    return await resumable(history, history, new, credited, 600_000)


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


@pytest.mark.parametrize(("schema", "after_ms", "left"), [(7, 60_001, True), (8, 60_000, True), (8, 60_001, False)])
async def test_no_session_continues_from_time_that_its_movements_come_too_late_to_grant(
    schema: int, after_ms: int, left: bool
) -> None:
    rules = replace(POLICY, schema=schema)
    stopped_ms = studied(rules).state.playback.left_ms
    assert studied(rules).now_ms - stopped_ms > 10_000, "the network was silent before the session ended"
    old = replace(OLD, opened_ms=T0_MS)
    new = replace(NEW, opened_ms=stopped_ms + after_ms)
    assert await going_on((old, [minute(0, (0, 10))]), rules=rules, new=new) == (((0, 10),) if left else ())


async def test_earlier_rules_are_not_replayed() -> None:
    for schema, replayed in ((7, 0), (8, 1)):
        history: Any = History((OLD, [minute(0, (0, 10))]), rules=replace(POLICY, schema=schema))
        assert await resumable(history, history, NEW, (), 600_000) == ((0, 10),)
        assert history.replayed == replayed


async def test_a_session_that_cannot_be_read_leaves_nothing_and_keeps_no_learner_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    others = [(replace(OLD, session_id=name), [minute(0, part)]) for name, part in (("a", (0, 10)), ("b", (20, 30)))]
    unread = (replace(OLD, session_id="c"), [StoredMinute(minute=0, body=b"{}")])
    history: Any = History(*others, unread, rules=replace(POLICY, schema=8))
    history.broken["a"] = b"{}"
    assert await resumable(history, history, NEW, (), 600_000) == ((20, 30),)
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "nothing is resumed from session a",
        "nothing is resumed from session c",
    ]


async def test_a_store_that_cannot_be_read_is_no_session_without_time() -> None:
    class Down(History):
        async def minutes(self, session_id: str) -> Sequence[StoredMinute]:
            raise StorageError("store.down", "The store is down.", "Start it.")

    history: Any = Down((OLD, []))
    with pytest.raises(StorageError):
        await resumable(history, history, NEW, (), 600_000)


@pytest.mark.parametrize("changes", [{"course_id": "x"}, {"lesson_id": "x"}, {"timeline": "2"}, {"period": "2"}])
async def test_positions_of_another_lesson_mean_nothing_here(changes: Any) -> None:
    assert not same_lesson(replace(OLD, **changes), NEW)
    assert await going_on((replace(OLD, **changes), [minute(0, (0, 10))])) == ()


@pytest.mark.parametrize(
    ("schema", "own", "debt_ms", "begins"),
    [
        (2, USED, 9, None),
        (7, USED, 9, USED),
        (8, None, None, None),
        (8, USED, None, USED),
        (8, USED, 9, replace(USED, debt_ms=9)),
        (8, USED, 4, USED),
        (8, None, 9, Leniency(debt_ms=9, calls=0, failures=0, liveness_failed=0)),
        (8, None, 9_000_000, Leniency(debt_ms=1_350_000, calls=0, failures=0, liveness_failed=0)),
    ],
)
async def test_a_lesson_begins_with_the_debt_of_the_learners_last_one(
    schema: int, own: Leniency | None, debt_ms: int | None, begins: Leniency | None
) -> None:
    history: Any = Counts(own, debt_ms)
    policy = replace(POLICY, schema=schema)
    assert await leniency_at(history, NEW, policy) == begins
    assert set(history.since_ms) <= {NEW.opened_ms - policy.leniency_ms}


async def test_only_the_learners_own_earlier_sessions_are_asked_for() -> None:
    history: Any = History()
    assert await resumable(history, history, NEW, (), 600_000) == ()
    assert history.asked == [("inst", "learner", (100_000, "new"), LOOK_BACK)]
    assert same_lesson(replace(OLD, lesson_version="9"), NEW), "a new version that kept the time line is the lesson"
