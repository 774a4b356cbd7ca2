"""The first steps of the database's schema. Files of released versions hold them, so they are never edited."""

from __future__ import annotations

from typing import Final

FIRST_STEPS: Final[tuple[tuple[str, ...], ...]] = (
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
)
