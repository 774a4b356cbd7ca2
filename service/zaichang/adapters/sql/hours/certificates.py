"""Certificates of hours in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.adapters.sql.people import check_known
from zaichang.audit.certificate.status_list import LIST_BITS
from zaichang.core.enums import CertificateState, stored
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import InstitutionId, LearnerId, ReviewerId
from zaichang.ports.hours.certificates import CertificateRow

_COLUMNS: Final = (
    "number, institution_id, learner_id, year, rules, document, leaf, log_ms, issued_ms, issued_by, state, replaces, "
    "replaced_by, entry_index, reason, note, proposed_by, proposed_ms, decided_by, decided_ms, revoke_leaf, "
    "revoke_index, status_place"
)
_DRAW: Final = "SELECT abs(random()) % ?"
_WAITS: Final = "state = 'issued' AND proposed_by <> ''"
_HINT: Final = "Look at it in the list."
_PROPOSED: Final = "Its revocation is proposed already."
_DECIDE: Final = "Confirm or refuse it."


class CertificateRows:
    """The ``CertificateStore`` part of the store."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def add_certificate(self, row: CertificateRow) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            check_known(db, row.institution_id, row.learner_id)
            if row.replaces:
                waits = "SELECT 1 FROM certificates WHERE number = ? AND state = 'issued' AND proposed_by <> ''"
                if db.execute(waits, (row.replaces,)).fetchone() is not None:
                    raise NotAllowed("certificate.proposed", _PROPOSED, _DECIDE)
                changed = db.execute(
                    "UPDATE certificates SET state = 'replaced', replaced_by = ? "
                    "WHERE number = ? AND state = 'issued' AND entry_index IS NOT NULL",
                    (row.number, row.replaces),
                )
                if changed.rowcount != 1:
                    raise NotAllowed("certificate.closed", "This certificate does not stand any more.", _HINT)
            placed = replace(row, status_place=_draw_place(db, row.institution_id))
            values = [getattr(placed, name) for name in _COLUMNS.split(", ")]
            marks = ", ".join("?" * len(values))
            try:
                db.execute(f"INSERT INTO certificates ({_COLUMNS}) VALUES ({marks})", values)  # noqa: S608 - constants
            except sqlite3.IntegrityError:
                raise NotAllowed(
                    "certificate.exists",
                    "A certificate of this learner, year and rules stands already.",
                    "Replace it, so that the log says which one counts.",
                ) from None

        await self._db.write(operation)

    async def certificate(self, number: str) -> CertificateRow:
        """See the port."""
        found = await self._rows("number = ?", (number,))
        if not found:
            raise NotFound("certificate.unknown", "There is no such certificate.")
        return found[0]

    async def certificates(
        self, institution_id: InstitutionId, learner_id: LearnerId | None, limit: int
    ) -> Sequence[CertificateRow]:
        """See the port."""
        order = "ORDER BY issued_ms DESC, number LIMIT ?"
        if learner_id is None:
            return await self._rows(f"institution_id = ? {order}", (institution_id, limit))
        return await self._rows(f"institution_id = ? AND learner_id = ? {order}", (institution_id, learner_id, limit))

    async def unlogged_certificates(self) -> Sequence[CertificateRow]:
        """See the port."""
        return await self._rows("entry_index IS NULL OR (state = 'revoked' AND revoke_index IS NULL)", ())

    async def note_certificate_logged(self, number: str, entry_index: int) -> None:
        """See the port."""
        await self._change("entry_index = ?", "entry_index IS NULL", number, entry_index)

    async def propose_certificate_end(
        self, number: str, reason: str, note: str, proposed_by: ReviewerId, at_ms: int
    ) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            state, waiting = db.execute(
                "SELECT state, proposed_by FROM certificates WHERE number = ?", (number,)
            ).fetchone()
            if state != CertificateState.ISSUED:
                raise NotAllowed("certificate.closed", "This certificate does not stand any more.", _HINT)
            if waiting:
                raise NotAllowed("certificate.proposed", _PROPOSED, _DECIDE)
            db.execute(
                "UPDATE certificates SET reason = ?, note = ?, proposed_by = ?, proposed_ms = ? WHERE number = ?",
                (reason, note, proposed_by, at_ms, number),
            )

        await self._db.write(operation)

    async def withdraw_certificate_end(self, number: str) -> None:
        """See the port."""
        changes = "reason = '', note = '', proposed_by = '', proposed_ms = NULL"
        self._check_waiting(await self._change(changes, _WAITS, number))

    async def revoke_certificate(self, read: CertificateRow, leaf: bytes, decided_by: ReviewerId, at_ms: int) -> None:
        """See the port."""
        sql = (
            "UPDATE certificates SET state = 'revoked', revoke_leaf = ?, decided_by = ?, decided_ms = ? "  # noqa: S608
            f"WHERE number = ? AND {_WAITS} AND proposed_by = ? AND proposed_ms = ? AND reason = ? AND proposed_by <> ?"
        )
        proposal = (read.number, read.proposed_by, read.proposed_ms, read.reason)
        values = (leaf, decided_by, at_ms, *proposal, decided_by)
        self._check_waiting(await self._db.write(lambda db: db.execute(sql, values).rowcount == 1))

    async def note_certificate_end_logged(self, number: str, entry_index: int) -> None:
        """See the port."""
        await self._change("revoke_index = ?", "revoke_index IS NULL", number, entry_index)

    async def has_status_list(self, institution_id: InstitutionId, first: int, end: int) -> bool:
        """See the port."""
        sql = "SELECT 1 FROM certificates WHERE institution_id = ? AND status_place >= ? AND status_place < ? LIMIT 1"
        return await self._db.read(lambda db: db.execute(sql, (institution_id, first, end)).fetchone()) is not None

    async def ended_places(self, institution_id: InstitutionId, first: int, end: int) -> Sequence[int]:
        """See the port."""
        sql = (
            "SELECT status_place FROM certificates WHERE institution_id = ? AND status_place >= ? AND status_place < ? "
            "AND state <> 'issued' ORDER BY status_place"
        )
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id, first, end)).fetchall())
        return [place for (place,) in rows]

    @staticmethod
    def _check_waiting(changed: bool) -> None:
        if not changed:
            raise NotAllowed("certificate.not_proposed", "No revocation of this certificate waits.", _HINT)

    async def _change(self, changes: str, where: str, number: str, *values: object) -> bool:
        sql = f"UPDATE certificates SET {changes} WHERE number = ? AND {where}"  # noqa: S608 - constants of this file
        return await self._db.write(lambda db: db.execute(sql, (*values, number)).rowcount == 1)

    async def _rows(self, where: str, arguments: tuple[object, ...]) -> list[CertificateRow]:
        sql = f"SELECT {_COLUMNS} FROM certificates WHERE {where}"  # noqa: S608 - constants of this file
        rows = await self._db.read(lambda db: db.execute(sql, arguments).fetchall())
        return [
            CertificateRow(**{**dict(row), "state": stored(CertificateState, row["state"], "certificates.state")})
            for row in rows
        ]


def _draw_place(db: sqlite3.Connection, institution_id: InstitutionId) -> int:
    """Return a drawn place in the status lists that no certificate of the institution has."""
    (count,) = db.execute("SELECT count(*) FROM certificates WHERE institution_id = ?", (institution_id,)).fetchone()
    first = count // (LIST_BITS // 2) * LIST_BITS
    taken = "SELECT 1 FROM certificates WHERE institution_id = ? AND status_place = ?"
    while True:
        (drawn,) = db.execute(_DRAW, (LIST_BITS,)).fetchone()
        place: int = first + drawn
        if db.execute(taken, (institution_id, place)).fetchone() is None:
            return place


def forget_certificates(
    db: sqlite3.Connection, institution_id: InstitutionId, learner_id: LearnerId, alias: str
) -> None:
    """Empty the documents of an erased learner's certificates, and give them the alias. The log's entries stay."""
    db.execute(
        "UPDATE certificates SET learner_id = ?3, document = x'', note = '' "
        "WHERE institution_id = ?1 AND learner_id = ?2",
        (institution_id, learner_id, alias),
    )
