"""The database's tables, as numbered migrations; ``PRAGMA user_version`` says how far a file has come."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from zaichang.core.errors import StorageError

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # Who and what
        """CREATE TABLE institutions (
            institution_id TEXT PRIMARY KEY, name_zh TEXT NOT NULL, name_en TEXT NOT NULL,
            key_digest TEXT NOT NULL, staff_digest TEXT NOT NULL, created_ms INTEGER NOT NULL) STRICT""",
        """CREATE TABLE policies (digest TEXT PRIMARY KEY, name TEXT NOT NULL, body BLOB NOT NULL) STRICT""",
        """CREATE TABLE lessons (
            institution_id TEXT NOT NULL REFERENCES institutions, course_id TEXT NOT NULL, lesson_id TEXT NOT NULL,
            title_zh TEXT NOT NULL, title_en TEXT NOT NULL, duration_ms INTEGER NOT NULL,
            policy_digest TEXT NOT NULL REFERENCES policies, questions BLOB NOT NULL,
            PRIMARY KEY (institution_id, course_id, lesson_id)) STRICT""",
        # wrapped_key is the learner's data key; destroying it erases everything sealed with it
        """CREATE TABLE learners (
            institution_id TEXT NOT NULL REFERENCES institutions, learner_id TEXT NOT NULL,
            wrapped_key BLOB, created_ms INTEGER NOT NULL, erased_ms INTEGER,
            PRIMARY KEY (institution_id, learner_id)) STRICT""",
        """CREATE TABLE enrolments (
            institution_id TEXT NOT NULL, learner_id TEXT NOT NULL, version INTEGER NOT NULL,
            at_ms INTEGER NOT NULL, models TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (institution_id, learner_id, version),
            FOREIGN KEY (institution_id, learner_id) REFERENCES learners) STRICT""",
        # Sessions: state is open (may earn), superseded (being closed) or closed
        """CREATE TABLE sessions (
            session_id TEXT PRIMARY KEY, institution_id TEXT NOT NULL, learner_id TEXT NOT NULL,
            course_id TEXT NOT NULL, lesson_id TEXT NOT NULL, token_id TEXT NOT NULL UNIQUE,
            policy_digest TEXT NOT NULL REFERENCES policies, state TEXT NOT NULL,
            opened_ms INTEGER NOT NULL, closed_ms INTEGER, superseded_by TEXT,
            epoch INTEGER NOT NULL, next_seq INTEGER NOT NULL,
            FOREIGN KEY (institution_id, learner_id) REFERENCES learners) STRICT""",
        # I3: at most one session of a learner may earn, decided here and nowhere else
        """CREATE UNIQUE INDEX one_earning_session ON sessions (institution_id, learner_id) WHERE state = 'open'""",
        """CREATE INDEX sessions_by_time ON sessions (institution_id, opened_ms)""",
        """CREATE TABLE events (
            session_id TEXT NOT NULL REFERENCES sessions, seq INTEGER NOT NULL, epoch INTEGER NOT NULL,
            at_ms INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (session_id, seq)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE minutes (
            session_id TEXT NOT NULL REFERENCES sessions, minute INTEGER NOT NULL, body BLOB NOT NULL,
            leaf_seq INTEGER, delivered INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (session_id, minute)) STRICT, WITHOUT ROWID""",
        """CREATE INDEX minutes_undelivered ON minutes (session_id, minute) WHERE delivered = 0""",
        """CREATE TABLE credits (
            institution_id TEXT NOT NULL, learner_id TEXT NOT NULL, course_id TEXT NOT NULL, lesson_id TEXT NOT NULL,
            start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, session_id TEXT NOT NULL, minute INTEGER NOT NULL,
            PRIMARY KEY (institution_id, learner_id, course_id, lesson_id, start_ms)) STRICT, WITHOUT ROWID""",
        # Leaves as they will stand in the log; entry_index is set once a signed checkpoint covers the leaf
        """CREATE TABLE leaves (
            session_id TEXT NOT NULL REFERENCES sessions, leaf_seq INTEGER NOT NULL, kind TEXT NOT NULL,
            at_ms INTEGER NOT NULL, body BLOB NOT NULL, first_minute INTEGER NOT NULL, n_minutes INTEGER NOT NULL,
            entry_index INTEGER,
            PRIMARY KEY (session_id, leaf_seq)) STRICT, WITHOUT ROWID""",
        """CREATE INDEX leaves_unsealed ON leaves (session_id, leaf_seq) WHERE entry_index IS NULL""",
        """CREATE TABLE captures (
            session_id TEXT NOT NULL REFERENCES sessions, capture_id TEXT NOT NULL, at_ms INTEGER NOT NULL,
            size INTEGER NOT NULL, deleted_ms INTEGER,
            PRIMARY KEY (session_id, capture_id)) STRICT, WITHOUT ROWID""",
        # Fingerprints of pictures seen, to find a picture that comes again (I7)
        """CREATE TABLE pictures (
            content TEXT NOT NULL, session_id TEXT NOT NULL, capture_id TEXT NOT NULL, phash TEXT NOT NULL,
            PRIMARY KEY (content, session_id, capture_id)) STRICT, WITHOUT ROWID""",
    ),
)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest version, each step in one transaction.

    Raises:
        StorageError: ``storage.too_new`` where a newer program wrote it.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StorageError(
            "storage.too_new",
            f"{path} has schema version {version}; this program knows {len(MIGRATIONS)}.",
            "Run the program version that wrote it, or a newer one.",
        )
    for number in range(version, len(MIGRATIONS)):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in MIGRATIONS[number]:
                connection.execute(statement)
            # A pragma takes no parameter; the number is ours.
            connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
