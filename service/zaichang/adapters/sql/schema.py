"""The database's tables, as numbered migrations. ``PRAGMA user_version`` holds the number of the last applied one."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from zaichang.adapters.sql.schema_first import FIRST_STEPS
from zaichang.core.errors import StorageError

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    *FIRST_STEPS,
    (
        # Public keys of learners' passkeys, by the domain whose pages can use them
        """CREATE TABLE passkeys (
            institution_id TEXT NOT NULL, learner_id TEXT NOT NULL, credential_id TEXT NOT NULL, rp_id TEXT NOT NULL,
            public_key TEXT NOT NULL, cose_key BLOB NOT NULL, at_ms INTEGER NOT NULL, supervised INTEGER NOT NULL,
            synced INTEGER NOT NULL,
            PRIMARY KEY (institution_id, credential_id),
            FOREIGN KEY (institution_id, learner_id) REFERENCES learners) STRICT, WITHOUT ROWID""",
        """CREATE INDEX passkeys_of_learner ON passkeys (institution_id, learner_id)""",
    ),
    (
        # Verified time that people take back: proposed by one, decided by another
        """CREATE TABLE revocations (
            revocation_id TEXT PRIMARY KEY, institution_id TEXT NOT NULL REFERENCES institutions,
            learner_id TEXT NOT NULL, scope TEXT NOT NULL, session_id TEXT NOT NULL, year TEXT NOT NULL,
            intervals TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL, case_id TEXT NOT NULL,
            proposed_by TEXT NOT NULL, proposed_ms INTEGER NOT NULL, state TEXT NOT NULL, decided_by TEXT NOT NULL,
            decided_ms INTEGER, revoked_ms INTEGER NOT NULL) STRICT""",
        """CREATE INDEX revocations_by_time ON revocations (institution_id, proposed_ms)""",
        """ALTER TABLE amendments ADD COLUMN revocation_id TEXT NOT NULL DEFAULT ''""",
    ),
    (
        # The route of a session's learner, so that a published minute says whether a face was compared; empty: unknown
        """ALTER TABLE sessions ADD COLUMN route TEXT NOT NULL DEFAULT ''""",
    ),
    (
        # Keyed digests: mark of the pseudonym, person of the reference to a person that a launch may carry
        """ALTER TABLE learners ADD COLUMN mark TEXT NOT NULL DEFAULT ''""",
        """ALTER TABLE learners ADD COLUMN person TEXT NOT NULL DEFAULT ''""",
        """CREATE INDEX learners_by_person ON learners (institution_id, person) WHERE person <> ''""",
        """ALTER TABLE sessions ADD COLUMN person TEXT NOT NULL DEFAULT ''""",
        # I3: at most one session of a person may earn, in all institutions of the service
        """CREATE UNIQUE INDEX one_person_at_once ON sessions (person) WHERE state = 'open' AND person <> ''""",
    ),
    (
        # The lessons that an erased learner earned, under a keyed digest of the pseudonym or the person
        """CREATE TABLE tombstones (
            institution_id TEXT NOT NULL REFERENCES institutions, mark TEXT NOT NULL CHECK (mark <> ''),
            course_id TEXT NOT NULL, lesson_id TEXT NOT NULL, timeline TEXT NOT NULL, period TEXT NOT NULL,
            start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
            PRIMARY KEY (institution_id, mark, course_id, lesson_id, timeline, period, start_ms)
            ) STRICT, WITHOUT ROWID""",
        # Erasures: proposed by one, decided by another; alias names the records of the one that is carried out
        """CREATE TABLE erasures (
            erasure_id TEXT PRIMARY KEY, institution_id TEXT NOT NULL REFERENCES institutions,
            learner_id TEXT NOT NULL, scope TEXT NOT NULL, basis TEXT NOT NULL, request TEXT NOT NULL,
            note TEXT NOT NULL, proposed_by TEXT NOT NULL, proposed_ms INTEGER NOT NULL, state TEXT NOT NULL,
            decided_by TEXT NOT NULL, decided_ms INTEGER, alias TEXT NOT NULL, sessions INTEGER NOT NULL,
            entry_index INTEGER) STRICT""",
        """CREATE INDEX erasures_by_time ON erasures (institution_id, proposed_ms)""",
        # The sessions whose captures an erasure of biometrics destroyed, by its alias
        """ALTER TABLE sessions ADD COLUMN faces_erased TEXT NOT NULL DEFAULT ''""",
    ),
    (
        # Accounts of two institutions whose references show one face; both directions. It holds no likeness
        """CREATE TABLE faces_alike (
            institution_id TEXT NOT NULL, learner_id TEXT NOT NULL, other_institution TEXT NOT NULL,
            other_learner TEXT NOT NULL,
            PRIMARY KEY (institution_id, learner_id, other_institution, other_learner)) STRICT, WITHOUT ROWID""",
    ),
    (
        # The institution's words on a lesson for the hour system, as they stood when a session began
        """ALTER TABLE lessons ADD COLUMN category TEXT NOT NULL DEFAULT ''""",
        """ALTER TABLE lessons ADD COLUMN course_version TEXT NOT NULL DEFAULT ''""",
        """ALTER TABLE sessions ADD COLUMN category TEXT NOT NULL DEFAULT ''""",
        """ALTER TABLE sessions ADD COLUMN course_version TEXT NOT NULL DEFAULT ''""",
        """ALTER TABLE sessions ADD COLUMN mode TEXT NOT NULL DEFAULT ''""",
        # Whether the outbox holds the line of its end; those that ended before have none
        """ALTER TABLE sessions ADD COLUMN end_published INTEGER NOT NULL DEFAULT 0""",
        """UPDATE sessions SET end_published = 1 WHERE state = 'closed'""",
        """CREATE INDEX sessions_end_unpublished ON sessions (session_id) WHERE end_published = 0""",
    ),
    (
        # The promise of the lesson's rule pack about appeals, as it stood when a session began; empty: none
        """ALTER TABLE lessons ADD COLUMN appeals TEXT NOT NULL DEFAULT ''""",
        """ALTER TABLE sessions ADD COLUMN appeals TEXT NOT NULL DEFAULT ''""",
    ),
    (
        # A person's sessions in every institution: each start looks for those that it ends
        """CREATE INDEX sessions_by_person ON sessions (person) WHERE person <> ''""",
    ),
    (
        # Certificates of hours: no name in them; of a learner, year and rules one stands at a time
        """CREATE TABLE certificates (
            number TEXT PRIMARY KEY, institution_id TEXT NOT NULL REFERENCES institutions, learner_id TEXT NOT NULL,
            year TEXT NOT NULL, rules TEXT NOT NULL, document BLOB NOT NULL, leaf BLOB NOT NULL,
            log_ms INTEGER NOT NULL, issued_ms INTEGER NOT NULL, issued_by TEXT NOT NULL, state TEXT NOT NULL,
            replaces TEXT NOT NULL, replaced_by TEXT NOT NULL, entry_index INTEGER, reason TEXT NOT NULL,
            note TEXT NOT NULL, proposed_by TEXT NOT NULL, proposed_ms INTEGER, decided_by TEXT NOT NULL,
            decided_ms INTEGER, revoke_leaf BLOB NOT NULL, revoke_index INTEGER) STRICT""",
        """CREATE UNIQUE INDEX one_certificate_stands
            ON certificates (institution_id, learner_id, rules, year) WHERE state = 'issued'""",
        """CREATE INDEX certificates_by_time ON certificates (institution_id, issued_ms)""",
    ),
    (
        # Tickets that have registered a passkey, for as long as they would hold; a ticket's id is random
        """CREATE TABLE passkey_tickets (ticket_id TEXT PRIMARY KEY, until_ms INTEGER NOT NULL)
            STRICT, WITHOUT ROWID""",
    ),
    (
        # Looks of captures, for a day, in the order of the cell of place and pose by which near copies are chosen
        """CREATE TABLE looks (
            session_id TEXT NOT NULL, capture_id TEXT NOT NULL, institution_id TEXT NOT NULL, learner_id TEXT NOT NULL,
            at_ms INTEGER NOT NULL, cell INTEGER NOT NULL, phash TEXT NOT NULL, left_px INTEGER NOT NULL,
            top_px INTEGER NOT NULL, width_px INTEGER NOT NULL, height_px INTEGER NOT NULL,
            x_permille INTEGER NOT NULL, y_permille INTEGER NOT NULL, width_permille INTEGER NOT NULL,
            yaw_cdeg INTEGER NOT NULL, pitch_cdeg INTEGER NOT NULL, roll_cdeg INTEGER NOT NULL, copy INTEGER NOT NULL,
            PRIMARY KEY (cell, at_ms, session_id, capture_id)) STRICT, WITHOUT ROWID""",
        """CREATE INDEX looks_of_session ON looks (session_id)""",
        """CREATE INDEX looks_by_time ON looks (at_ms)""",
    ),
    (
        # Batches for platforms: a batch never changes, its rows have states
        """CREATE TABLE filing_batches (
            institution_id TEXT NOT NULL REFERENCES institutions, batch_id TEXT NOT NULL, target TEXT NOT NULL,
            year INTEGER NOT NULL, number INTEGER NOT NULL, made_ms INTEGER NOT NULL,
            made_by TEXT NOT NULL, cuts TEXT NOT NULL, manifest BLOB NOT NULL,
            PRIMARY KEY (institution_id, batch_id), UNIQUE (institution_id, target, year, number)) STRICT""",
        """CREATE TABLE filing_rows (
            institution_id TEXT NOT NULL, target TEXT NOT NULL, learner_id TEXT NOT NULL,
            course_id TEXT NOT NULL, year INTEGER NOT NULL, n INTEGER NOT NULL, batch_id TEXT NOT NULL,
            operation TEXT NOT NULL, category TEXT NOT NULL, amount TEXT NOT NULL, unit TEXT NOT NULL,
            replaces INTEGER NOT NULL, statement TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
            salt TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
            changed_ms INTEGER NOT NULL, case_state TEXT,
            PRIMARY KEY (institution_id, target, learner_id, course_id, year, n),
            FOREIGN KEY (institution_id, batch_id) REFERENCES filing_batches) STRICT, WITHOUT ROWID""",
        """CREATE INDEX filing_rows_by_batch ON filing_rows (institution_id, batch_id)""",
        """CREATE INDEX filing_rows_by_learner ON filing_rows (institution_id, learner_id)""",
        """CREATE TABLE filing_cases (
            institution_id TEXT NOT NULL, target TEXT NOT NULL, learner_id TEXT NOT NULL,
            course_id TEXT NOT NULL, year INTEGER NOT NULL, n INTEGER NOT NULL, owner TEXT NOT NULL,
            opened_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, note TEXT NOT NULL DEFAULT '',
            proposed_by TEXT NOT NULL DEFAULT '', decided_by TEXT NOT NULL DEFAULT '', decided_ms INTEGER,
            PRIMARY KEY (institution_id, target, learner_id, course_id, year, n)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE filing_exchanges (
            institution_id TEXT NOT NULL, batch_id TEXT NOT NULL, kind TEXT NOT NULL, log_year INTEGER NOT NULL,
            entry_index INTEGER NOT NULL, document TEXT NOT NULL, answer TEXT NOT NULL, salt TEXT NOT NULL,
            status INTEGER NOT NULL, at_ms INTEGER NOT NULL,
            PRIMARY KEY (institution_id, batch_id, log_year, entry_index),
            FOREIGN KEY (institution_id, batch_id) REFERENCES filing_batches) STRICT, WITHOUT ROWID""",
        """CREATE TABLE filing_reconciliations (
            institution_id TEXT NOT NULL REFERENCES institutions, target TEXT NOT NULL, year INTEGER NOT NULL,
            at_ms INTEGER NOT NULL, listed INTEGER NOT NULL, differences TEXT NOT NULL,
            PRIMARY KEY (institution_id, target, year)) STRICT, WITHOUT ROWID""",
    ),
    (
        # Activities beyond study: title and words are encrypted with the learner's key; a step is fed as a session is
        """CREATE TABLE activities (
            activity_id TEXT PRIMARY KEY, institution_id TEXT NOT NULL REFERENCES institutions,
            learner_id TEXT NOT NULL, rules TEXT NOT NULL, item TEXT NOT NULL, unit_id TEXT NOT NULL,
            ref TEXT NOT NULL, batch TEXT NOT NULL, details BLOB NOT NULL, papers BLOB NOT NULL, title BLOB NOT NULL,
            state TEXT NOT NULL, created_by TEXT NOT NULL, created_ms INTEGER NOT NULL,
            changed_ms INTEGER NOT NULL) STRICT""",
        """CREATE INDEX activities_by_change ON activities (institution_id, changed_ms, activity_id)""",
        """CREATE INDEX activities_of_learner ON activities (institution_id, learner_id)""",
        """CREATE UNIQUE INDEX activities_by_ref ON activities (institution_id, learner_id, ref) WHERE ref <> ''""",
        """CREATE TABLE activity_steps (
            activity_id TEXT NOT NULL REFERENCES activities, seq INTEGER NOT NULL, stage TEXT NOT NULL,
            party TEXT NOT NULL, actor TEXT NOT NULL, at_ms INTEGER NOT NULL, reason TEXT NOT NULL,
            words BLOB NOT NULL, body BLOB NOT NULL, leaf BLOB NOT NULL, entry_index INTEGER,
            hour_fed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (activity_id, seq)) STRICT, WITHOUT ROWID""",
        """CREATE INDEX activity_steps_unlogged ON activity_steps (activity_id, seq) WHERE entry_index IS NULL""",
        """CREATE INDEX activity_steps_unfed ON activity_steps (activity_id, seq) WHERE hour_fed = 0""",
        """CREATE TABLE activity_files (
            activity_id TEXT NOT NULL REFERENCES activities, file_id TEXT NOT NULL, document TEXT NOT NULL,
            media_type TEXT NOT NULL, size_bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, at_ms INTEGER NOT NULL,
            PRIMARY KEY (activity_id, file_id)) STRICT, WITHOUT ROWID""",
        # Employers, who confirm what their people hand in; only a key's digest is kept
        """CREATE TABLE employers (
            institution_id TEXT NOT NULL REFERENCES institutions, unit_id TEXT NOT NULL, name_zh TEXT NOT NULL,
            name_en TEXT NOT NULL, key_digest TEXT NOT NULL, created_ms INTEGER NOT NULL, revoked_ms INTEGER,
            PRIMARY KEY (institution_id, unit_id)) STRICT, WITHOUT ROWID""",
        """CREATE INDEX employers_by_key ON employers (key_digest) WHERE key_digest <> ''""",
    ),
    (
        # The verifier key of an institution's signed results, and the activities of an import
        """CREATE TABLE result_keys (
            institution_id TEXT PRIMARY KEY REFERENCES institutions, vkey TEXT NOT NULL,
            at_ms INTEGER NOT NULL) STRICT""",
        """CREATE INDEX activities_of_batch ON activities (institution_id, batch) WHERE batch <> ''""",
    ),
    (
        # A platform's own words may name persons: the service keeps none of them
        """UPDATE filing_rows SET message = '' WHERE message <> ''""",
        """UPDATE filing_rows SET code = CASE WHEN code GLOB 'local.*' THEN 'local.other'
            WHEN code GLOB 'half.*' THEN 'half.other' WHEN code GLOB 'twice.*' THEN 'twice.other' ELSE 'other' END
            WHERE code GLOB '*[^A-Za-z0-9._:-]*' OR length(code) > 96""",
    ),
    (
        # Which decision about a refused row one person proposed; earlier proposals are all to drop it
        """ALTER TABLE filing_cases ADD COLUMN proposed TEXT NOT NULL DEFAULT ''""",
        """UPDATE filing_cases SET proposed = 'drop' WHERE proposed_by <> ''""",
    ),
    # A person who adds evidence does not judge the activity
    ("""ALTER TABLE activity_files ADD COLUMN added_by TEXT NOT NULL DEFAULT ''""",),
    (
        # The details of an activity may be the learner's words: facts of erased learners keep the steps without them
        """UPDATE hour_facts SET body = CAST(json_remove(CAST(body AS TEXT), '$.entry') AS BLOB)
            WHERE fact_key LIKE 'activity/%' AND EXISTS (SELECT 1 FROM learners l
            WHERE l.institution_id = hour_facts.institution_id AND l.learner_id = hour_facts.learner_id
            AND l.erased_ms IS NOT NULL)""",
    ),
    (
        # Places in the status lists of badges; the numbers of certificates are random, and so is their order
        """ALTER TABLE certificates ADD COLUMN status_place INTEGER NOT NULL DEFAULT -1""",
        """UPDATE certificates SET status_place = (SELECT count(*) FROM certificates c
            WHERE c.institution_id = certificates.institution_id AND c.number < certificates.number)""",
        """CREATE UNIQUE INDEX certificates_by_place ON certificates (institution_id, status_place)""",
    ),
    (
        # A platform's own words never reach the service: the column was emptied before, and only codes stay
        """ALTER TABLE filing_rows DROP COLUMN message""",
        # The nightly run of a target: one holder at a time, and each day done once
        """CREATE TABLE filing_runs (
            institution_id TEXT NOT NULL REFERENCES institutions, target TEXT NOT NULL, day TEXT NOT NULL,
            holder TEXT NOT NULL, until_ms INTEGER NOT NULL, begun_ms INTEGER NOT NULL, done_ms INTEGER,
            faults TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (institution_id, target, day)) STRICT, WITHOUT ROWID""",
    ),
)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest version, each step in one transaction.

    Args:
        connection: The writer's connection.
        path: The file, for the message.

    Raises:
        StorageError: ``storage.too_new`` where a newer version of the program wrote the file.
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
