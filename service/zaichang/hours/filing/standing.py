"""What platforms have accepted: for certificates and statements."""

from __future__ import annotations

from fractions import Fraction

from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.ledger.filing.plan import standing
from zaichang.ledger.filing.rows import Filed
from zaichang.ledger.filing.wanted import Place
from zaichang.ports.hours.filing import FilingStore


async def accepted_amounts(
    store: FilingStore, institution_id: InstitutionId, learner_id: LearnerId, target: str, year: int
) -> dict[Place, Fraction]:
    """Return the amount that a platform has accepted of each course and category; none where it has none.

    Args:
        store: The filed rows.
        institution_id: Who files.
        learner_id: The learner.
        target: The platform.
        year: Label of the year.
    """
    groups: dict[Place, list[Filed]] = {}
    for row in await store.filed_rows(institution_id, target, year, learner_id=learner_id):
        groups.setdefault(Place(row.key.course, row.category, row.unit), []).append(row)
    there = {place: standing(rows) for place, rows in groups.items()}
    return {place: row.amount for place, row in there.items() if row is not None}
