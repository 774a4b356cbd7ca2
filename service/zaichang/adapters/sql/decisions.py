"""Reviewers' decisions and learners' appeals in SQLite, and their erasure."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from zaichang.adapters.sql.cases import close_case, insert_case
from zaichang.adapters.sql.credits import LESSON, credit, of_session, take_back
from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.adapters.sql.one_person import earned_at_once
from zaichang.core.appeal_terms import AppealTerms, terms_of
from zaichang.core.enums import CaseKind, ReviewOutcome, stored
from zaichang.core.errors import NotAllowed, NotFound, StorageError
from zaichang.core.ids import InstitutionId, LearnerId, SessionId
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records import StoredLeaf
from zaichang.ports.records_cases import Appeal, CaseDraft
from zaichang.ports.records_review import Amend, Amendment
from zaichang.session.decisions import Verdict
from zaichang.session.playhead import IntervalSet

_AMENDMENT = "session_id, leaf_seq, minute, at_ms, verdict, delta_ms, reason, reviewer_id, body, delivered"
_AS_READ = f"{_AMENDMENT} AS published, note, revocation_id"


class Decisions:
    """Amendments and appeals."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def amend(self, write: Amend) -> None:
        """See the port."""
        await self._db.write(lambda db: _amend(db, write))

    async def add_leaves(self, session_id: SessionId, leaves: Sequence[StoredLeaf]) -> None:
        """See the port."""
        await self._db.write(lambda db: _add_leaves(db, session_id, leaves))

    async def without_leaf(self) -> Sequence[SessionId]:
        """See the port."""
        sql = (
            "SELECT DISTINCT session_id FROM amendments a WHERE delivered = 0 AND NOT EXISTS "
            "(SELECT 1 FROM leaves l WHERE l.session_id = a.session_id AND l.leaf_seq = a.leaf_seq) ORDER BY 1"
        )
        rows = await self._db.read(lambda db: db.execute(sql).fetchall())
        return [SessionId(row[0]) for row in rows]

    async def amendments(self, session_id: SessionId) -> Sequence[Amendment]:
        """See the port."""
        sql = f"SELECT {_AS_READ} FROM amendments WHERE session_id = ? ORDER BY leaf_seq"  # noqa: S608 - constant
        return await self._amendments(sql, (session_id,))

    async def unpublished_amendments(self) -> Sequence[Amendment]:
        """See the port."""
        sql = (
            f"SELECT {_AS_READ} FROM amendments WHERE delivered = 0 AND EXISTS (SELECT 1 FROM leaves l "  # noqa: S608
            "WHERE l.session_id = amendments.session_id AND l.leaf_seq = amendments.leaf_seq "
            "AND l.entry_index IS NOT NULL) ORDER BY session_id, leaf_seq"
        )
        return await self._amendments(sql, ())

    async def note_amendment_published(self, session_id: SessionId, leaf_seq: int) -> None:
        """See the port."""
        await self._db.write(
            lambda db: (
                db.execute(
                    "UPDATE amendments SET delivered = 1 WHERE session_id = ? AND leaf_seq = ?", (session_id, leaf_seq)
                ).rowcount
            )
        )

    async def credited_minutes(self, session_id: str) -> Mapping[int, IntervalSet]:
        """See the port."""
        return await self._db.read(lambda db: of_session(db, session_id))

    async def add_appeal(self, appeal: Appeal, draft: CaseDraft) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            if db.execute(
                "SELECT 1 FROM appeals WHERE session_id = ? AND answered_ms IS NULL", (appeal.session_id,)
            ).fetchone():
                raise NotAllowed(
                    "appeal.open", "An appeal about this session waits for its answer.", "Wait for the answer."
                )
            db.execute(
                "INSERT INTO appeals (session_id, number, at_ms, minutes, sealed) VALUES (?, ?, ?, ?, ?)",
                (appeal.session_id, appeal.number, appeal.at_ms, json.dumps(appeal.minutes), appeal.encrypted),
            )
            insert_case(db, draft)
            # An appeal always goes to review, even if the case was closed for the same reasons.
            db.execute(
                "UPDATE cases SET state = 'open', due_ms = ? WHERE institution_id = ? AND kind = ? AND subject = ?",
                (draft.due_ms, draft.institution_id, draft.kind, draft.subject),
            )

        await self._db.write(operation)

    async def appeals(self, session_id: SessionId) -> Sequence[Appeal]:
        """See the port."""
        rows = await self._db.read(
            lambda db: db.execute(
                'SELECT session_id, number, at_ms, minutes, "sealed" AS encrypted, answered_ms, outcome FROM appeals '
                "WHERE session_id = ? ORDER BY number",
                (session_id,),
            ).fetchall()
        )
        return [
            Appeal(
                **{
                    **dict(row),
                    "minutes": tuple(json.loads(row["minutes"])),
                    "outcome": stored(ReviewOutcome, row["outcome"], "appeals.outcome") if row["outcome"] else None,
                }
            )
            for row in rows
        ]

    async def appeal_terms(self, session_id: SessionId) -> AppealTerms | None:
        """See the port."""
        sql = "SELECT appeals FROM sessions WHERE session_id = ?"
        row = await self._db.read(lambda db: db.execute(sql, (session_id,)).fetchone())
        return terms_of(row["appeals"]) if row is not None else None

    async def overdue_appeals(self, now_ms: int) -> Sequence[tuple[InstitutionId, int, int]]:
        """See the port."""
        sql = (
            "SELECT c.institution_id, count(*), min(c.due_ms) FROM cases c WHERE c.state = 'open' AND c.due_ms <= ? "
            "AND EXISTS (SELECT 1 FROM appeals a WHERE a.session_id = c.subject AND a.answered_ms IS NULL) "
            "AND c.kind = ? GROUP BY 1 ORDER BY 1"
        )
        rows = await self._db.read(lambda db: db.execute(sql, (now_ms, CaseKind.SESSION)).fetchall())
        return [(InstitutionId(row[0]), row[1], row[2]) for row in rows]

    async def _amendments(self, sql: str, arguments: tuple[object, ...]) -> Sequence[Amendment]:
        rows = await self._db.read(lambda db: db.execute(sql, arguments).fetchall())
        return [
            Amendment(
                **{
                    **dict(row),
                    "verdict": stored(Verdict, row["verdict"], "amendments.verdict"),
                    "reason": stored(ReasonCode, row["reason"], "amendments.reason"),
                    "published": bool(row["published"]),
                }
            )
            for row in rows
        ]


def _amend(db: sqlite3.Connection, write: Amend) -> None:
    row = db.execute(
        f"SELECT {LESSON} FROM sessions WHERE session_id = ?",  # noqa: S608 - constant
        (write.session_id,),
    ).fetchone()
    if row is None:
        raise NotFound("session.unknown", "There is no such session.")
    where = tuple(row)
    studying = db.execute(
        "SELECT 1 FROM sessions WHERE institution_id = ?1 AND course_id = ?3 AND lesson_id = ?4 AND timeline = ?5 "
        "AND state <> 'closed' AND (learner_id = ?2 OR person <> '' AND person = "
        "(SELECT person FROM learners WHERE institution_id = ?1 AND learner_id = ?2))",
        where[:5],
    ).fetchone()
    if studying and not write.revoked:
        # A running session subtracts what was credited when it began; a grant meanwhile would count twice (I2).
        raise NotAllowed(
            "review.session_open", "The learner is studying this lesson now.", "Decide once that session has ended."
        )
    granted = [minute for minute, intervals in write.credited if intervals]
    if granted and earned_at_once(db, write.session_id, json.dumps(granted)):
        raise NotAllowed(
            "review.elsewhere",
            "The same person's time in another session counts at this moment.",
            "One person earns one hour. Two people who look alike: call the likeness expected in the account's case.",
        )
    (last,) = db.execute(
        "SELECT max(n) FROM (SELECT max(leaf_seq) AS n FROM leaves WHERE session_id = ?1 "
        "UNION ALL SELECT max(leaf_seq) FROM amendments WHERE session_id = ?1)",
        (write.session_id,),
    ).fetchone()
    if write.amendments and write.amendments[0].leaf_seq != last + 1:
        raise _came_between()
    if write.leaves:
        _add_leaves(db, write.session_id, write.leaves)
    for each in write.amendments:
        db.execute(
            f"INSERT INTO amendments ({_AMENDMENT}, note, revocation_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",  # noqa: S608 - constant
            (
                each.session_id,
                each.leaf_seq,
                each.minute,
                each.at_ms,
                each.verdict,
                each.delta_ms,
                each.reason,
                each.reviewer_id,
                each.body,
                each.note,
                each.revocation_id,
            ),
        )
    for minute, intervals in write.credited:
        for start_ms, end_ms in intervals:
            credit(db, where, write.session_id, minute, start_ms, end_ms)
    for minute, intervals in write.revoked:
        take_back(db, where, write.session_id, minute, intervals)
    if write.close is not None:
        close_case(db, write.close)


def _add_leaves(db: sqlite3.Connection, session_id: SessionId, leaves: Sequence[StoredLeaf]) -> None:
    (last,) = db.execute("SELECT max(leaf_seq) FROM leaves WHERE session_id = ?", (session_id,)).fetchone()
    if leaves[0].leaf_seq != last + 1:
        raise _came_between()
    db.executemany(
        "INSERT INTO leaves (session_id, leaf_seq, kind, at_ms, body, first_minute, n_minutes) "
        "VALUES (?, ?, ?, ?, ?, 0, 0)",
        [(session_id, leaf.leaf_seq, leaf.kind, leaf.at_ms, leaf.body) for leaf in leaves],
    )


def _came_between() -> StorageError:
    return StorageError("storage.conflict", "Another decision about this session came in between.", "Look again.")


def forget_in_review(db: sqlite3.Connection, institution_id: InstitutionId, learner_id: LearnerId) -> None:
    """Erase a learner from the review queue.

    Deletes the learner's cases and removes the learner from other cases. A case that has no reason left is deleted too.

    Args:
        db: The connection, within the erasure's transaction.
        institution_id: The learner's institution.
        learner_id: The learner.
    """
    where = (institution_id, learner_id)
    db.execute(
        "DELETE FROM case_reasons WHERE case_id IN (SELECT case_id FROM cases WHERE institution_id = ?1 AND "
        "(learner_id = ?2 OR kind = ?3 AND subject = ?2 OR kind = ?4 AND subject IN "
        "(SELECT session_id FROM sessions WHERE institution_id = ?1 AND learner_id = ?2))) "
        "OR (other = ?2 AND case_id IN (SELECT case_id FROM cases WHERE institution_id = ?1))",
        (*where, CaseKind.ACCOUNT, CaseKind.SESSION),
    )
    db.execute(
        "DELETE FROM cases WHERE institution_id = ?1 AND (learner_id = ?2 OR NOT EXISTS "
        "(SELECT 1 FROM case_reasons r WHERE r.case_id = cases.case_id))",
        where,
    )
