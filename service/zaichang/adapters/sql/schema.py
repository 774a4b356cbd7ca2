"""The database's tables, as numbered migrations. ``PRAGMA user_version`` holds the number of the last applied one."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from zaichang.core.errors import StorageError

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # Institutions, learners and lessons
        """CREATE TABLE institutions (
            institution_id TEXT PRIMARY KEY, name_zh TEXT NOT NULL, name_en TEXT NOT NULL,
            key_digest TEXT NOT NULL, staff_digest TEXT NOT NULL, created_ms INTEGER NOT NULL) STRICT""",
        """CREATE TABLE policies (digest TEXT PRIMARY KEY, name TEXT NOT NULL, body BLOB NOT NULL) STRICT""",
        """CREATE TABLE lessons (
            institution_id TEXT NOT NULL REFERENCES institutions, course_id TEXT NOT NULL, lesson_id TEXT NOT NULL,
            title_zh TEXT NOT NULL, title_en TEXT NOT NULL, duration_ms INTEGER NOT NULL,
            policy_digest TEXT NOT NULL REFERENCES policies, questions BLOB NOT NULL,
            PRIMARY KEY (institution_id, course_id, lesson_id)) STRICT""",
        # wrapped_key is the learner's data key; destroying it erases everything encrypted with it
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
    (
        # Review: people, what they look at, what they decide
        """CREATE TABLE reviewers (
            institution_id TEXT NOT NULL REFERENCES institutions, reviewer_id TEXT NOT NULL,
            key_digest TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL, revoked_ms INTEGER,
            PRIMARY KEY (institution_id, reviewer_id)) STRICT""",
        # One case per session, account, device or address; subject says which. It is opened again, not opened twice
        """CREATE TABLE cases (
            case_id TEXT PRIMARY KEY, institution_id TEXT NOT NULL REFERENCES institutions, kind TEXT NOT NULL,
            subject TEXT NOT NULL, learner_id TEXT NOT NULL, opened_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL,
            undecided_ms INTEGER NOT NULL, state TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '',
            closed_ms INTEGER, closed_by TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
            UNIQUE (institution_id, kind, subject)) STRICT""",
        """CREATE INDEX cases_by_due ON cases (institution_id, state, due_ms, case_id)""",
        """CREATE INDEX cases_of_learner ON cases (institution_id, learner_id)""",
        """CREATE TABLE case_reasons (
            case_id TEXT NOT NULL REFERENCES cases ON DELETE CASCADE, code TEXT NOT NULL,
            other TEXT NOT NULL DEFAULT '', n INTEGER NOT NULL, at_ms INTEGER NOT NULL,
            PRIMARY KEY (case_id, code, other)) STRICT, WITHOUT ROWID""",
        """CREATE INDEX case_reasons_by_code ON case_reasons (code, case_id)""",
        """CREATE TABLE amendments (
            session_id TEXT NOT NULL REFERENCES sessions, leaf_seq INTEGER NOT NULL, minute INTEGER NOT NULL,
            at_ms INTEGER NOT NULL, verdict TEXT NOT NULL, delta_ms INTEGER NOT NULL, reason TEXT NOT NULL,
            reviewer_id TEXT NOT NULL, body BLOB NOT NULL, delivered INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (session_id, leaf_seq)) STRICT, WITHOUT ROWID""",
        # The learner's text, encrypted with the learner's key
        """CREATE TABLE appeals (
            session_id TEXT NOT NULL REFERENCES sessions, number INTEGER NOT NULL, at_ms INTEGER NOT NULL,
            minutes TEXT NOT NULL, sealed BLOB NOT NULL, answered_ms INTEGER, outcome TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (session_id, number)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE allowances (
            institution_id TEXT NOT NULL, learner_id TEXT NOT NULL, version INTEGER NOT NULL, at_ms INTEGER NOT NULL,
            set_by TEXT NOT NULL, route TEXT NOT NULL, extra_time_pct INTEGER NOT NULL, liveness_excluded TEXT NOT NULL,
            PRIMARY KEY (institution_id, learner_id, version)) STRICT, WITHOUT ROWID""",
        # Sightings of a session: salted digests of device and address, hints of the page. Kept for a short time
        """CREATE TABLE sightings (
            session_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, institution_id TEXT NOT NULL,
            learner_id TEXT NOT NULL, at_ms INTEGER NOT NULL,
            PRIMARY KEY (session_id, kind, value)) STRICT, WITHOUT ROWID""",
        """CREATE INDEX sightings_by_value ON sightings (institution_id, kind, value, at_ms)""",
        """CREATE INDEX sightings_of_learner ON sightings (institution_id, learner_id, kind, at_ms)""",
        """CREATE INDEX sightings_by_time ON sightings (at_ms)""",
        # Who looked at what and changed what; targets are ids of sessions and cases, never a pseudonym
        """CREATE TABLE audit (
            n INTEGER PRIMARY KEY AUTOINCREMENT, institution_id TEXT NOT NULL, at_ms INTEGER NOT NULL,
            actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL) STRICT""",
        """CREATE INDEX audit_by_institution ON audit (institution_id, n)""",
    ),
    (
        # Media sent to each launch (I5); a player may fetch before its session begins. used says that the
        # session has taken it in
        """CREATE TABLE deliveries (
            institution_id TEXT NOT NULL REFERENCES institutions, launch TEXT NOT NULL, start_ms INTEGER NOT NULL,
            end_ms INTEGER NOT NULL, sent_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (institution_id, launch, start_ms, end_ms)) STRICT, WITHOUT ROWID""",
        """CREATE INDEX deliveries_unused ON deliveries (launch) WHERE used = 0""",
        """CREATE INDEX deliveries_by_time ON deliveries (at_ms)""",
    ),
    (
        # A lesson's version, and the time line that its positions are on: versions that kept it share its name
        """ALTER TABLE lessons ADD COLUMN version TEXT NOT NULL DEFAULT '1'""",
        """ALTER TABLE lessons ADD COLUMN timeline TEXT NOT NULL DEFAULT '1'""",
        # When a live broadcast began, server time; 0: not live
        """ALTER TABLE lessons ADD COLUMN live_from_ms INTEGER NOT NULL DEFAULT 0""",
        """ALTER TABLE sessions ADD COLUMN lesson_version TEXT NOT NULL DEFAULT '1'""",
        """ALTER TABLE sessions ADD COLUMN timeline TEXT NOT NULL DEFAULT '1'""",
        # The kind of the challenge that was left open at the end, or empty
        """ALTER TABLE sessions ADD COLUMN owed TEXT NOT NULL DEFAULT ''""",
        """ALTER TABLE credits RENAME TO credits_before""",
        """CREATE TABLE credits (
            institution_id TEXT NOT NULL, learner_id TEXT NOT NULL, course_id TEXT NOT NULL, lesson_id TEXT NOT NULL,
            timeline TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, session_id TEXT NOT NULL,
            minute INTEGER NOT NULL,
            PRIMARY KEY (institution_id, learner_id, course_id, lesson_id, timeline, start_ms)
            ) STRICT, WITHOUT ROWID""",
        """INSERT INTO credits SELECT institution_id, learner_id, course_id, lesson_id, '1', start_ms, end_ms,
            session_id, minute FROM credits_before""",
        """DROP TABLE credits_before""",
        """CREATE INDEX sessions_of_learner ON sessions (institution_id, learner_id, closed_ms)""",
    ),
    (
        # A value that only the right master key gives, so that a start with another key is refused
        """CREATE TABLE key_checks (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT""",
    ),
    (
        # How long the session's start said that a picture would be kept; null: it said nothing
        """ALTER TABLE captures ADD COLUMN keep_days INTEGER""",
    ),
    (
        # Facts of the hour ledger, each once; hour_fed says that the source has its fact
        """CREATE TABLE hour_facts (
            institution_id TEXT NOT NULL, learner_id TEXT NOT NULL, fact_key TEXT NOT NULL, session_id TEXT NOT NULL,
            verified_ms INTEGER NOT NULL, first_index INTEGER NOT NULL, last_index INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (institution_id, learner_id, fact_key)) STRICT, WITHOUT ROWID""",
        """CREATE INDEX hour_facts_of_session ON hour_facts (session_id)""",
        """ALTER TABLE sessions ADD COLUMN hour_fed INTEGER NOT NULL DEFAULT 0""",
        """ALTER TABLE amendments ADD COLUMN hour_fed INTEGER NOT NULL DEFAULT 0""",
        """CREATE INDEX sessions_unfed ON sessions (session_id) WHERE hour_fed = 0""",
        """CREATE INDEX amendments_unfed ON amendments (session_id, leaf_seq) WHERE hour_fed = 0""",
    ),
    (
        # The reviewer's note, which the decision's record commits to and does not show
        """ALTER TABLE amendments ADD COLUMN note TEXT NOT NULL DEFAULT ''""",
    ),
    (
        # How much of the rules' leniency the learner had used up on this lesson at the end; null: rules without counts
        """ALTER TABLE sessions ADD COLUMN leniency_debt_ms INTEGER""",
        """ALTER TABLE sessions ADD COLUMN leniency_calls INTEGER""",
        """ALTER TABLE sessions ADD COLUMN leniency_failures INTEGER""",
        """ALTER TABLE sessions ADD COLUMN leniency_liveness INTEGER""",
    ),
    (
        # The day of the year from which a lesson counts again, or once; the period in which a session's credit counts
        """ALTER TABLE lessons ADD COLUMN counts_again TEXT NOT NULL DEFAULT '01-01'""",
        """ALTER TABLE sessions ADD COLUMN period TEXT NOT NULL DEFAULT ''""",
        """UPDATE sessions SET period = strftime('%Y-01-01', (opened_ms + 28800000) / 1000, 'unixepoch')""",
        """ALTER TABLE credits RENAME TO credits_before""",
        """CREATE TABLE credits (
            institution_id TEXT NOT NULL, learner_id TEXT NOT NULL, course_id TEXT NOT NULL, lesson_id TEXT NOT NULL,
            timeline TEXT NOT NULL, period TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
            session_id TEXT NOT NULL, minute INTEGER NOT NULL,
            PRIMARY KEY (institution_id, learner_id, course_id, lesson_id, timeline, period, start_ms)
            ) STRICT, WITHOUT ROWID""",
        """INSERT INTO credits SELECT institution_id, learner_id, course_id, lesson_id, timeline,
            COALESCE((SELECT period FROM sessions s WHERE s.session_id = c.session_id), ''), start_ms, end_ms,
            session_id, minute FROM credits_before c""",
        """DROP TABLE credits_before""",
    ),
    (
        # References that another process has added since face search looked last
        """CREATE INDEX enrolments_by_time ON enrolments (institution_id, at_ms)""",
    ),
    (
        # used may also be 2: taken in by the running session, and to be looked at again once it is closed
        """DROP INDEX deliveries_unused""",
        """CREATE INDEX deliveries_waiting ON deliveries (launch) WHERE used <> 1""",
    ),
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
