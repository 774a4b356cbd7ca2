"""A proposal that one person makes and another decides, in SQLite: revocations and erasures keep theirs alike."""

from __future__ import annotations

import sqlite3

from zaichang.core.enums import ProposalState
from zaichang.core.ids import ReviewerId


def decide(
    db: sqlite3.Connection, table: str, proposal_id: str, state: ProposalState, decided_by: ReviewerId, at_ms: int
) -> bool:
    """Decide a proposal that waits; return whether it did.

    The desk asks for a second person, with a sentence of its own. This holds also where two requests come at once.

    Args:
        db: The writer's connection.
        table: ``revocations`` or ``erasures``, whose first column is the id.
        proposal_id: Which.
        state: Confirmed, by another person than the proposer; or refused, which the proposer may, too.
        decided_by: Who decides.
        at_ms: Server time.
    """
    sql = (
        f"UPDATE {table} SET state = ?1, decided_by = ?2, decided_ms = ?3 "  # noqa: S608 - a constant of the caller
        f"WHERE {table.removesuffix('s')}_id = ?4 AND state = 'proposed' AND (?1 <> 'confirmed' OR proposed_by <> ?2)"
    )
    return db.execute(sql, (state, decided_by, at_ms, proposal_id)).rowcount == 1
