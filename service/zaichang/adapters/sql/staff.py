"""Reviewers, learners' allowances and the audit trail in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.enums import LivenessAction, Route, stored
from zaichang.core.errors import NotFound, StorageError
from zaichang.core.ids import InstitutionId, LearnerId, ReviewerId
from zaichang.ports.records import Allowance
from zaichang.ports.records_review import AuditEntry


class Staff:
    """Reviewers, allowances, and the audit trail of their actions."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def put_reviewer(
        self, institution_id: InstitutionId, reviewer_id: ReviewerId, key_digest: str, at_ms: int
    ) -> None:
        """See the port."""
        await self._db.write(
            lambda db: (
                db.execute(
                    "INSERT INTO reviewers (institution_id, reviewer_id, key_digest, created_ms) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (institution_id, reviewer_id) DO UPDATE SET key_digest = excluded.key_digest, "
                    "revoked_ms = NULL",
                    (institution_id, reviewer_id, key_digest, at_ms),
                ).rowcount
            )
        )

    async def revoke_reviewer(self, institution_id: InstitutionId, reviewer_id: ReviewerId, at_ms: int) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            changed = db.execute(
                "UPDATE reviewers SET revoked_ms = coalesce(revoked_ms, ?) WHERE institution_id = ? "
                "AND reviewer_id = ?",
                (at_ms, institution_id, reviewer_id),
            )
            if changed.rowcount == 0:
                raise NotFound("reviewer.unknown", "There is no such reviewer.")

        await self._db.write(operation)

    async def reviewers(self, institution_id: InstitutionId) -> Sequence[tuple[str, int, int | None]]:
        """See the port."""
        sql = "SELECT reviewer_id, created_ms, revoked_ms FROM reviewers WHERE institution_id = ? ORDER BY reviewer_id"
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id,)).fetchall())
        return [(row[0], row[1], row[2]) for row in rows]

    async def reviewer_of_key(self, digest: str) -> tuple[InstitutionId, ReviewerId] | None:
        """See the port."""
        sql = "SELECT institution_id, reviewer_id FROM reviewers WHERE key_digest = ? AND revoked_ms IS NULL"
        row = await self._db.read(lambda db: db.execute(sql, (digest,)).fetchone())
        return None if row is None else (row[0], row[1])

    async def put_allowance(self, institution_id: InstitutionId, learner_id: LearnerId, allowance: Allowance) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            (newest,) = db.execute(
                "SELECT max(version) FROM allowances WHERE institution_id = ? AND learner_id = ?",
                (institution_id, learner_id),
            ).fetchone()
            if allowance.version != (newest or 0) + 1:
                raise StorageError("allowance.raced", "Another change of this allowance came in between.", "Try again.")
            db.execute(
                "INSERT INTO allowances VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    institution_id,
                    learner_id,
                    allowance.version,
                    allowance.at_ms,
                    allowance.set_by,
                    allowance.route or "",
                    allowance.extra_time_pct,
                    json.dumps(allowance.liveness_excluded),
                ),
            )

        await self._db.write(operation)

    async def allowances(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[Allowance]:
        """See the port."""
        sql = (
            "SELECT version, at_ms, set_by, route, extra_time_pct, liveness_excluded FROM allowances "
            "WHERE institution_id = ? AND learner_id = ? ORDER BY version DESC"
        )
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id, learner_id)).fetchall())
        return [
            Allowance(
                **{
                    **dict(row),
                    "route": stored(Route, row["route"], "allowances.route") if row["route"] else None,
                    "liveness_excluded": tuple(
                        stored(LivenessAction, each, "allowances.liveness_excluded")
                        for each in json.loads(row["liveness_excluded"])
                    ),
                }
            )
            for row in rows
        ]

    async def note_audit(self, institution_id: InstitutionId, at_ms: int, actor: str, action: str, target: str) -> None:
        """See the port."""
        await self._db.write(
            lambda db: (
                db.execute(
                    "INSERT INTO audit (institution_id, at_ms, actor, action, target) VALUES (?, ?, ?, ?, ?)",
                    (institution_id, at_ms, actor, action, target),
                ).rowcount
            )
        )

    async def audit(self, institution_id: InstitutionId, before_n: int, limit: int) -> Sequence[AuditEntry]:
        """See the port."""
        sql = (
            "SELECT n, at_ms, actor, action, target FROM audit WHERE institution_id = ? AND n < ? "
            "ORDER BY n DESC LIMIT ?"
        )
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id, before_n, limit)).fetchall())
        return [AuditEntry(**dict(row)) for row in rows]
