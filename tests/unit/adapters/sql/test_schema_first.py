"""The first steps of the schema: every file begins with them, and each step is applied by itself."""

from __future__ import annotations

import sqlite3

from zaichang.adapters.sql.schema import MIGRATIONS
from zaichang.adapters.sql.schema_first import FIRST_STEPS


def test_the_migrations_begin_with_the_first_steps() -> None:
    assert MIGRATIONS[: len(FIRST_STEPS)] == FIRST_STEPS
    assert len(MIGRATIONS) > len(FIRST_STEPS)


def test_the_first_steps_make_tables_for_sessions_and_credit_and_none_for_certificates() -> None:
    db = sqlite3.connect(":memory:")
    for step in FIRST_STEPS:
        for statement in step:
            db.execute(statement)
    made = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"institutions", "learners", "sessions", "events", "credits"} <= made
    assert "certificates" not in made
