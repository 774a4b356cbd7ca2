"""Activities beyond study in SQLite: the ``ActivityStore`` port, and the part of the feed that reads their steps."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.adapters.sql.hour_facts import owned
from zaichang.adapters.sql.people import check_known, learner_erased
from zaichang.core.enums import stored
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import InstitutionId, LearnerAlias, LearnerId
from zaichang.ledger.activities.stages import Party, Stage, State
from zaichang.ports.hours.activities import Activity, ActivityFilter, ActivityId, ActivityStep, EvidenceFile, FileId
from zaichang.ports.ledger import Owner

_ACTIVITY: Final = (
    "activity_id, institution_id, learner_id, rules, item, unit_id, ref, batch, details, papers, title, state, "
    "created_by, created_ms, changed_ms"
)
_STEP: Final = "activity_id, seq, stage, party, actor, at_ms, reason, words, body, leaf, entry_index"
_FILE: Final = "activity_id, file_id, document, media_type, size_bytes, sha256, at_ms, added_by"

_CONFIRMED: Final = (
    "EXISTS (SELECT 1 FROM activity_steps c WHERE c.activity_id = activities.activity_id AND c.stage = 'confirm')"
)
_SELECT: Final = f"{_ACTIVITY}, {_CONFIRMED} AS confirmed"
_ERASED: Final = (
    "SELECT 1 FROM activities a JOIN learners l ON l.institution_id = a.institution_id AND l.learner_id = a.learner_id "
    "WHERE a.activity_id = ? AND l.erased_ms IS NOT NULL"
)


class ActivityRows:
    """The part of the store that keeps activities."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def add_activity(self, activity: Activity) -> Activity:
        """See the port."""
        values = tuple(getattr(activity, name) for name in _ACTIVITY.split(", "))

        def operation(db: sqlite3.Connection) -> Activity:
            check_known(db, activity.institution_id, activity.learner_id)
            if activity.ref:
                row = db.execute(
                    f"SELECT {_SELECT} FROM activities "  # noqa: S608 - constants of this file
                    "WHERE institution_id = ? AND learner_id = ? AND ref = ?",
                    (activity.institution_id, activity.learner_id, activity.ref),
                ).fetchone()
                if row is not None:
                    return _activity(row)
            db.execute(
                f"INSERT INTO activities ({_ACTIVITY}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608
                values,
            )
            return activity

        return await self._db.write(operation)

    async def activity(self, activity_id: ActivityId) -> Activity:
        """See the port."""
        sql = f"SELECT {_SELECT} FROM activities WHERE activity_id = ?"  # noqa: S608
        row = await self._db.read(lambda db: db.execute(sql, (activity_id,)).fetchone())
        if row is None:
            raise NotFound("activity.unknown", "There is no such activity.")
        return _activity(row)

    async def activities(
        self, institution_id: InstitutionId, wanted: ActivityFilter, before: tuple[int, str], limit: int
    ) -> Sequence[Activity]:
        """See the port."""
        where, arguments = ["institution_id = ?", "(changed_ms, activity_id) < (?, ?)"], [institution_id, *before]
        for column, value in (
            ("learner_id", wanted.learner_id),
            ("unit_id", wanted.unit_id),
            ("batch", wanted.batch),
        ):
            if value:
                where.append(f"{column} = ?")
                arguments.append(value)
        if wanted.states:
            where.append(f"state IN ({', '.join('?' * len(wanted.states))})")
            arguments += wanted.states
        if not wanted.drafts:
            where.append("state <> 'draft'")
        sql = (
            f"SELECT {_SELECT} FROM activities WHERE {' AND '.join(where)} "  # noqa: S608
            "ORDER BY changed_ms DESC, activity_id DESC LIMIT ?"
        )
        rows = await self._db.read(lambda db: db.execute(sql, (*arguments, limit)).fetchall())
        return [_activity(row) for row in rows]

    async def take_step(self, step: ActivityStep, state: State, files: int) -> None:
        """See the port."""
        values = tuple(getattr(step, name) for name in _STEP.split(", "))

        def operation(db: sqlite3.Connection) -> None:
            found = db.execute(
                "SELECT (SELECT count(*) FROM activity_steps WHERE activity_id = ?1), "
                "(SELECT count(*) FROM activity_files WHERE activity_id = ?1)",
                (step.activity_id,),
            ).fetchone()
            if tuple(found) != (step.seq, files):
                raise NotAllowed("activity.raced", "Another step or file came in between.", "Load it again.")
            if db.execute(_ERASED, (step.activity_id,)).fetchone() is not None:
                raise learner_erased()
            db.execute(
                f"INSERT INTO activity_steps ({_STEP}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608
                values,
            )
            db.execute(
                "UPDATE activities SET state = ?, changed_ms = ? WHERE activity_id = ?",
                (state, step.at_ms, step.activity_id),
            )

        await self._db.write(operation)

    async def steps(self, activity_id: ActivityId) -> Sequence[ActivityStep]:
        """See the port."""
        sql = f"SELECT {_STEP} FROM activity_steps WHERE activity_id = ? ORDER BY seq"  # noqa: S608
        return [_step(row) for row in await self._all(sql, (activity_id,))]

    async def add_evidence(self, file: EvidenceFile) -> None:
        """See the port."""
        values = tuple(getattr(file, name) for name in _FILE.split(", "))

        def operation(db: sqlite3.Connection) -> None:
            _check_draft(db, file.activity_id)
            db.execute(f"INSERT INTO activity_files ({_FILE}) VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608

        await self._db.write(operation)

    async def evidence_of(self, activity_id: ActivityId) -> Sequence[EvidenceFile]:
        """See the port."""
        sql = f"SELECT {_FILE} FROM activity_files WHERE activity_id = ? ORDER BY at_ms, file_id"  # noqa: S608
        return [EvidenceFile(**dict(row)) for row in await self._all(sql, (activity_id,))]

    async def drop_draft(self, activity_id: ActivityId) -> Sequence[FileId]:
        """See the port."""

        def operation(db: sqlite3.Connection) -> list[FileId]:
            _check_draft(db, activity_id)
            sql = "DELETE FROM activity_files WHERE activity_id = ? RETURNING file_id"
            files = [FileId(row["file_id"]) for row in db.execute(sql, (activity_id,)).fetchall()]
            db.execute("DELETE FROM activities WHERE activity_id = ?", (activity_id,))
            return files

        return await self._db.write(operation)

    async def unlogged_steps(
        self, limit: int, after: tuple[str, int] = ("", -1)
    ) -> Sequence[tuple[Activity, ActivityStep]]:
        """See the port."""
        return await self._steps_of("s.entry_index IS NULL AND length(s.leaf) > 0", after, limit)

    async def note_step_logged(self, activity_id: ActivityId, seq: int, entry_index: int) -> None:
        """See the port."""
        sql = "UPDATE activity_steps SET entry_index = ? WHERE activity_id = ? AND seq = ?"
        await self._db.write(lambda db: db.execute(sql, (entry_index, activity_id, seq)).rowcount)

    async def unfed_steps(
        self, limit: int, after: tuple[str, int] = ("", -1), owner: Owner | None = None
    ) -> Sequence[tuple[Activity, ActivityStep]]:
        """See ``HourFacts``."""
        whose, names = owned("a", owner)
        where = f"s.hour_fed = 0 AND s.entry_index IS NOT NULL AND length(s.body) > 0{whose}"
        return await self._steps_of(where, after, limit, names)

    async def logged_steps(
        self, after: tuple[str, int], limit: int
    ) -> Sequence[tuple[Activity, ActivityStep, bytes | None]]:
        """See ``HourFacts``."""
        sql = (
            f"SELECT {_prefixed('a', _ACTIVITY)}, {_prefixed('s', _STEP)}, f.body AS fact FROM activity_steps s "  # noqa: S608
            "JOIN activities a ON a.activity_id = s.activity_id LEFT JOIN hour_facts f "
            "ON f.institution_id = a.institution_id AND f.learner_id = a.learner_id "
            "AND f.fact_key = 'activity/' || s.activity_id || '/' || s.seq "
            "WHERE s.hour_fed = 1 AND (s.activity_id, s.seq) > (?, ?) ORDER BY s.activity_id, s.seq LIMIT ?"
        )
        rows = await self._all(sql, (*after, limit))
        return [(*_pair(row), None if row["fact"] is None else bytes(row["fact"])) for row in rows]

    async def _steps_of(
        self, where: str, after: tuple[str, int], limit: int, names: tuple[str, ...] = ()
    ) -> list[tuple[Activity, ActivityStep]]:
        sql = (
            f"SELECT {_prefixed('a', _ACTIVITY)}, {_prefixed('s', _STEP)} FROM activity_steps s "  # noqa: S608
            f"JOIN activities a ON a.activity_id = s.activity_id WHERE {where} AND (s.activity_id, s.seq) > (?, ?) "
            "ORDER BY s.activity_id, s.seq LIMIT ?"
        )
        return [_pair(row) for row in await self._all(sql, (*names, *after, limit))]

    async def _all(self, sql: str, arguments: tuple[object, ...]) -> list[sqlite3.Row]:
        return await self._db.read(lambda db: db.execute(sql, arguments).fetchall())


def forget_activities(
    db: sqlite3.Connection, institution_id: InstitutionId, learner_id: LearnerId, alias: LearnerAlias
) -> None:
    """Put an erased learner's activities under the alias, without their words, statements and documents.

    Drafts go, so a file that arrives later finds none. The log entries stay; what they commit to cannot be opened any
    more. The facts of the hour ledger stay too, without the statement of the first step: its details may be words.
    """
    where = (institution_id, learner_id)
    own = "(SELECT activity_id FROM activities WHERE institution_id = ?1 AND learner_id = ?2)"
    db.execute(f"DELETE FROM activity_files WHERE activity_id IN {own}", where)  # noqa: S608 - constant
    db.execute(f"UPDATE activity_steps SET words = x'', body = x'' WHERE activity_id IN {own}", where)  # noqa: S608
    db.execute("DELETE FROM activities WHERE institution_id = ?1 AND learner_id = ?2 AND state = 'draft'", where)
    db.execute(
        "UPDATE activities SET learner_id = ?3, ref = '', title = x'', details = CAST('{}' AS BLOB), "
        "papers = CAST('{}' AS BLOB) WHERE institution_id = ?1 AND learner_id = ?2",
        (*where, alias),
    )
    db.execute(
        "UPDATE hour_facts SET body = CAST(json_remove(CAST(body AS TEXT), '$.entry') AS BLOB) "
        "WHERE institution_id = ? AND learner_id = ? AND fact_key LIKE 'activity/%'",
        (institution_id, alias),
    )


def _check_draft(db: sqlite3.Connection, activity_id: ActivityId) -> None:
    sql = "SELECT 1 FROM activities WHERE activity_id = ? AND state = 'draft'"
    if db.execute(sql, (activity_id,)).fetchone() is None:
        raise NotAllowed("activity.raced", "It is no draft any more.", "Load it again.")


def _prefixed(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{name} AS {table}_{name}" for name in columns.split(", "))


def _pair(row: sqlite3.Row) -> tuple[Activity, ActivityStep]:
    values = dict(row)
    parts = [
        {name.removeprefix(f"{table}_"): value for name, value in values.items() if name.startswith(f"{table}_")}
        for table in ("a", "s")
    ]
    return _activity(parts[0]), _step(parts[1])


def _activity(row: sqlite3.Row | dict[str, object]) -> Activity:
    values = dict(row)
    return Activity(
        **{
            **values,
            "state": stored(State, str(values["state"]), "activities.state"),
            "confirmed": bool(values.get("confirmed", False)),
            **{name: bytes(values[name]) for name in ("details", "papers", "title")},
        }
    )


def _step(row: sqlite3.Row | dict[str, object]) -> ActivityStep:
    values = dict(row)
    return ActivityStep(
        **{
            **values,
            "stage": stored(Stage, str(values["stage"]), "activity_steps.stage"),
            "party": stored(Party, str(values["party"]), "activity_steps.party"),
            **{name: bytes(values[name]) for name in ("words", "body", "leaf")},
        }
    )
