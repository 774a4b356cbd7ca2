"""The hour ledger's facts in SQLite: the ``HourFacts`` port."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.enums import ChallengeKind, Route, SessionState, stored
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.core.reasons import ReasonCode
from zaichang.ports.ledger import HourFact, Owner
from zaichang.ports.records import SessionRow
from zaichang.ports.records_review import Amendment
from zaichang.session.decisions import Verdict

_FACT: Final = "institution_id, learner_id, fact_key, session_id, verified_ms, first_index, last_index, body"
_ROW: Final = (
    "s.session_id, s.institution_id, s.learner_id, s.course_id, s.lesson_id, s.token_id, s.policy_digest, s.state, "
    "s.opened_ms, s.closed_ms, s.superseded_by, s.epoch, s.next_seq, s.lesson_version, s.timeline, s.owed, "
    "s.period, s.route, s.person, s.category, s.course_version, s.mode"
)
_ERASED: Final = (
    "EXISTS (SELECT 1 FROM learners e WHERE e.institution_id = s.institution_id AND e.learner_id = s.learner_id "
    "AND e.erased_ms IS NOT NULL)"
)

_ANOTHERS: Final = (
    "SELECT 1 FROM sessions WHERE session_id = ?1 AND learner_id <> ?2 UNION ALL "
    "SELECT 1 FROM activities WHERE activity_id = ?1 AND learner_id <> ?2"
)


class HourFactRows:
    """The part of the store that the hour ledger reads and writes."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def unfed_sessions(self, limit: int, after: str = "", owner: Owner | None = None) -> Sequence[SessionRow]:
        """See the port."""
        whose, names = owned("s", owner)
        sql = (
            f"SELECT {_ROW} FROM sessions s WHERE s.hour_fed = 0 AND s.state = 'closed' AND NOT {_ERASED} "  # noqa: S608
            "AND EXISTS (SELECT 1 FROM leaves l WHERE l.session_id = s.session_id AND l.kind = 'session.final') "
            "AND NOT EXISTS (SELECT 1 FROM leaves l WHERE l.session_id = s.session_id AND l.entry_index IS NULL "
            "AND l.kind NOT IN ('session.amend', 'session.void')) "
            f"AND s.session_id > ?{whose} ORDER BY s.session_id LIMIT ?"
        )
        return [_row(dict(row)) for row in await self._hours(sql, (after, *names, limit))]

    async def unfed_amendments(
        self, limit: int, after: tuple[str, int] = ("", -1), owner: Owner | None = None
    ) -> Sequence[tuple[SessionRow, Amendment]]:
        """See the port."""
        whose, names = owned("s", owner)
        sql = (
            f"SELECT {_ROW}, a.leaf_seq, a.minute, a.at_ms, a.verdict, a.delta_ms, a.reason, a.reviewer_id, "  # noqa: S608
            "a.body AS record FROM amendments a JOIN sessions s ON s.session_id = a.session_id "
            "JOIN leaves l ON l.session_id = a.session_id AND l.leaf_seq = a.leaf_seq "
            "WHERE a.hour_fed = 0 AND s.hour_fed = 1 AND l.entry_index IS NOT NULL "
            f"AND (a.session_id, a.leaf_seq) > (?, ?){whose} ORDER BY a.session_id, a.leaf_seq LIMIT ?"
        )
        found = []
        for row in await self._hours(sql, (*after, *names, limit)):
            values = dict(row)
            amendment = Amendment(
                session_id=values["session_id"],
                verdict=stored(Verdict, values.pop("verdict"), "amendments.verdict"),
                reason=stored(ReasonCode, values.pop("reason"), "amendments.reason"),
                body=bytes(values.pop("record")),
                **{name: values.pop(name) for name in ("leaf_seq", "minute", "at_ms", "delta_ms", "reviewer_id")},
            )
            found.append((_row(values), amendment))
        return found

    async def add_hour_fact(self, fact: HourFact) -> None:
        """See the port."""
        kind, _, rest = fact.fact_key.partition("/")

        def operation(db: sqlite3.Connection) -> None:
            if db.execute(_ANOTHERS, (fact.session_id, fact.learner_id)).fetchone() is not None:
                # Its learner was erased while it was made: the records are gone, and no fact follows them.
                return
            db.execute(
                f"INSERT INTO hour_facts ({_FACT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",  # noqa: S608
                (
                    fact.institution_id, fact.learner_id, fact.fact_key, fact.session_id, fact.verified_ms,
                    fact.first_index, fact.last_index, fact.body,
                ),
            )  # fmt: skip
            if kind == "study":
                db.execute("UPDATE sessions SET hour_fed = 1 WHERE session_id = ?", (fact.session_id,))
            elif kind == "activity":
                db.execute(
                    "UPDATE activity_steps SET hour_fed = 1 WHERE activity_id = ? AND seq = ?",
                    (fact.session_id, int(rest.rpartition("/")[2])),
                )
            else:
                db.execute(
                    "UPDATE amendments SET hour_fed = 1 WHERE session_id = ? AND leaf_seq = ?",
                    (fact.session_id, int(rest.rpartition("/")[2])),
                )

        await self._db.write(operation)

    async def hour_facts(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[HourFact]:
        """See the port."""
        sql = f"SELECT {_FACT} FROM hour_facts WHERE institution_id = ? AND learner_id = ? ORDER BY fact_key"  # noqa: S608
        rows = await self._hours(sql, (institution_id, learner_id))
        return [HourFact(**{**dict(row), "body": bytes(row["body"])}) for row in rows]

    async def fed_sessions(self, after: str, limit: int) -> Sequence[tuple[SessionRow, int]]:
        """See the port."""
        sql = (
            f"SELECT {_ROW}, (SELECT COALESCE(sum(f.verified_ms), 0) FROM hour_facts f "  # noqa: S608
            "WHERE f.session_id = s.session_id) AS sum_ms FROM sessions s "
            "WHERE s.hour_fed = 1 AND s.session_id > ? ORDER BY s.session_id LIMIT ?"
        )
        rows = [dict(row) for row in await self._hours(sql, (after, limit))]
        return [(_row(values), sum_ms) for values in rows for sum_ms in [values.pop("sum_ms")]]

    async def _hours(self, sql: str, arguments: tuple[object, ...]) -> list[sqlite3.Row]:
        return await self._db.read(lambda db: db.execute(sql, arguments).fetchall())


def owned(table: str, owner: Owner | None) -> tuple[str, tuple[str, ...]]:
    """Return the condition that keeps a query to one learner, empty without one, and its arguments."""
    if owner is None:
        return "", ()
    return f" AND {table}.institution_id = ? AND {table}.learner_id = ?", owner


def _row(values: dict[str, Any]) -> SessionRow:
    owed = stored(ChallengeKind, values["owed"], "sessions.owed") if values["owed"] else None
    state = stored(SessionState, values["state"], "sessions.state")
    route = stored(Route, values["route"], "sessions.route") if values["route"] else None
    return SessionRow(**{**values, "state": state, "owed": owed, "route": route})
