"""Accounts behind which one person may stand, in SQLite: which of them study, or earned, at the same time (rule I3)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.enums import CaseKind, CaseState, ReviewOutcome, SessionState
from zaichang.core.ids import InstitutionId, LearnerId, SessionId
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records_cases import ELSEWHERE

_NAMES: Final[dict[str, object]] = {
    "kind": CaseKind.ACCOUNT,
    "code": ReasonCode.FACE_OF_ANOTHER_ACCOUNT,
    "closed": CaseState.CLOSED,
    "expected": ReviewOutcome.EXPECTED,
    "open": SessionState.OPEN,
    "elsewhere": ELSEWHERE,
}
# Within an institution a likeness stands in the case of either account; where a reviewer called one of the two
# expected, it is. Between institutions both must have called it expected: neither decides for the other.
_ALIKE: Final = """
me AS (SELECT institution_id, learner_id, person FROM sessions WHERE session_id = :session),
found AS (
    SELECT c.learner_id AS one, r.other AS other, c.state = :closed AND c.outcome = :expected AS excused
    FROM case_reasons r JOIN cases c ON c.case_id = r.case_id JOIN me ON c.institution_id = me.institution_id
    WHERE r.code = :code AND r.other <> :elsewhere AND c.kind = :kind AND me.learner_id IN (c.learner_id, r.other)),
alike AS (
    SELECT me.institution_id AS institution_id, CASE WHEN one = me.learner_id THEN other ELSE one END AS learner_id
    FROM found JOIN me GROUP BY 2 HAVING max(excused) = 0
    UNION
    SELECT f.other_institution, f.other_learner FROM faces_alike f
    JOIN me ON f.institution_id = me.institution_id AND f.learner_id = me.learner_id
    WHERE 2 > (SELECT count(*) FROM cases c JOIN case_reasons r ON r.case_id = c.case_id
        WHERE c.kind = :kind AND c.state = :closed AND c.outcome = :expected AND r.code = :code AND r.other = :elsewhere
        AND (c.institution_id = f.institution_id AND c.subject = f.learner_id
            OR c.institution_id = f.other_institution AND c.subject = f.other_learner)))
"""
_RUNNING_ALIKE: Final = f"""WITH {_ALIKE}
SELECT s.institution_id, s.learner_id FROM sessions s
JOIN alike ON alike.institution_id = s.institution_id AND alike.learner_id = s.learner_id
WHERE s.state = :open AND s.session_id <> :session AND :since <=
    (SELECT e.at_ms FROM events e WHERE e.session_id = s.session_id ORDER BY e.seq DESC LIMIT 1)
ORDER BY s.institution_id, s.learner_id
"""  # noqa: S608 - constants
_MEANWHILE: Final = """s.session_id <> :session
    AND (s.institution_id, s.learner_id) <> (me.institution_id, me.learner_id)
    AND s.opened_ms < (SELECT max(high) FROM mine)
    AND COALESCE(s.closed_ms, 9007199254740991) > (SELECT min(low) FROM mine)"""
# The line that decides: credited minutes of the same person, or of an account with the same face, that share server
# time with one of this session's minutes.
_EARNED_AT_ONCE: Final = f"""WITH {_ALIKE},
mine AS (
    SELECT json_extract(CAST(body AS TEXT), '$.from_ms') AS low, json_extract(CAST(body AS TEXT), '$.to_ms') AS high
    FROM minutes WHERE session_id = :session AND minute IN (SELECT value FROM json_each(:minutes))),
others AS (
    SELECT s.session_id, s.institution_id, s.learner_id, s.course_id, s.lesson_id FROM me CROSS JOIN sessions s
    WHERE s.person = me.person AND s.person <> '' AND {_MEANWHILE}
    UNION
    SELECT s.session_id, s.institution_id, s.learner_id, s.course_id, s.lesson_id FROM me CROSS JOIN alike
    CROSS JOIN sessions s
    WHERE s.institution_id = alike.institution_id AND s.learner_id = alike.learner_id AND {_MEANWHILE})
SELECT 1 FROM others o CROSS JOIN minutes m ON m.session_id = o.session_id
JOIN mine ON json_extract(CAST(m.body AS TEXT), '$.from_ms') < mine.high
    AND json_extract(CAST(m.body AS TEXT), '$.to_ms') > mine.low
WHERE EXISTS (SELECT 1 FROM credits c WHERE c.institution_id = o.institution_id AND c.learner_id = o.learner_id
    AND c.course_id = o.course_id AND c.lesson_id = o.lesson_id AND c.session_id = m.session_id AND c.minute = m.minute)
LIMIT 1
"""  # noqa: S608 - constants
# Most sessions have neither: then nothing else is read. CROSS JOIN above keeps the order: a person's or an account's
# sessions by their index, then their minutes.
_MAY_BE_ANOTHER: Final = f"""WITH {_ALIKE} SELECT 1 FROM me WHERE person <> '' UNION ALL SELECT 1 FROM alike LIMIT 1"""  # noqa: S608
_OVERLAPPED: Final = """
SELECT DISTINCT o.institution_id, o.learner_id FROM sessions s
JOIN faces_alike f ON f.institution_id = s.institution_id AND f.learner_id = s.learner_id
JOIN sessions o ON o.institution_id = f.other_institution AND o.learner_id = f.other_learner
WHERE s.session_id = ? AND o.opened_ms < COALESCE(s.closed_ms, 9007199254740991)
    AND COALESCE(o.closed_ms, 9007199254740991) > s.opened_ms
"""


class OnePerson:
    """The part of the store that knows which accounts may be one person's."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def running_alike(self, session_id: SessionId, since_ms: int) -> Sequence[tuple[InstitutionId, LearnerId]]:
        """See the port."""
        return await self._accounts(_RUNNING_ALIKE, {**_NAMES, "session": session_id, "since": since_ms})

    async def note_alike(self, one: tuple[InstitutionId, LearnerId], other: tuple[InstitutionId, LearnerId]) -> None:
        """See the port."""
        await self._db.write(
            lambda db: (
                db.executemany(
                    "INSERT OR IGNORE INTO faces_alike VALUES (?, ?, ?, ?)", [(*one, *other), (*other, *one)]
                ).rowcount
            )
        )

    async def overlapped_alike(self, session_id: SessionId) -> Sequence[tuple[InstitutionId, LearnerId]]:
        """See the port."""
        return await self._accounts(_OVERLAPPED, (session_id,))

    async def _accounts(self, sql: str, arguments: Any) -> list[tuple[InstitutionId, LearnerId]]:
        rows = await self._db.read(lambda db: db.execute(sql, arguments).fetchall())
        return [(InstitutionId(row[0]), LearnerId(row[1])) for row in rows]


def earned_at_once(db: sqlite3.Connection, session_id: str, minutes: str) -> bool:
    """Return whether another account of the same person earned at the time of these minutes.

    Args:
        db: The writer's connection, within the transaction that would credit them.
        session_id: The session.
        minutes: Its minutes, as a JSON array.
    """
    if db.execute(_MAY_BE_ANOTHER, {**_NAMES, "session": session_id}).fetchone() is None:
        return False
    arguments = {**_NAMES, "session": session_id, "minutes": minutes}
    return db.execute(_EARNED_AT_ONCE, arguments).fetchone() is not None


def forget_alike(db: sqlite3.Connection, institution_id: InstitutionId, learner_id: LearnerId) -> None:
    """Forget an account's likenesses, within its erasure."""
    db.execute(
        "DELETE FROM faces_alike WHERE institution_id = ?1 AND learner_id = ?2 "
        "OR other_institution = ?1 AND other_learner = ?2",
        (institution_id, learner_id),
    )
