"""The migrations: a new file gets all, an old one the rest, and a newer one is left alone."""

from __future__ import annotations

import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest

from zaichang.adapters.sql import schema
from zaichang.adapters.sql.schema import MIGRATIONS, migrate
from zaichang.core.errors import StorageError

PATH = Path("db.sqlite3")


def opened() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


def version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def tables(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_new_file_has_every_table_and_migrating_again_changes_nothing() -> None:
    db = opened()
    migrate(db, PATH)
    assert version(db) == len(MIGRATIONS)
    before = tables(db)
    assert {"institutions", "sessions", "events", "credits", "key_checks"} <= before
    migrate(db, PATH)
    assert tables(db) == before


@pytest.mark.parametrize("known", range(1, len(MIGRATIONS)))
def test_an_older_file_ends_with_the_same_schema_as_a_new_one(known: int) -> None:
    old, new = opened(), opened()
    for statements in MIGRATIONS[:known]:
        for statement in statements:
            old.execute(statement)
    old.execute(f"PRAGMA user_version = {known}")
    for db in (old, new):
        migrate(db, PATH)
    listing = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    assert old.execute(listing).fetchall() == new.execute(listing).fetchall()


def test_a_file_of_a_newer_program_is_refused_and_unchanged() -> None:
    db = opened()
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StorageError, match=r"storage\.too_new"):
        migrate(db, PATH)
    assert tables(db) == set()


def test_a_step_that_fails_leaves_the_version_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    db = opened()
    steps = (("CREATE TABLE one (a)",), ("CREATE TABLE two (a)", "CREATE TABLE one (a)"))
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    with pytest.raises(sqlite3.OperationalError):
        migrate(db, PATH)
    assert (version(db), tables(db)) == (1, {"one"})


def test_a_platform_s_words_that_an_older_version_stored_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    db, step = opened(), RELEASED.index("6d96bff0f8cf")
    monkeypatch.setattr(schema, "MIGRATIONS", MIGRATIONS[:step])
    migrate(db, PATH)
    for n, code in enumerate(("E1", "无此人", "local.unsafe_text:姓名", "half.无此人")):
        db.execute(
            "INSERT INTO filing_rows VALUES ('i', 'cq', 'li', 'law', 2026, ?, 'b', 'new', '', '1', 'hour', 0, '', 0, "
            "0, '', '', 'refused', ?, '李明', 0, 'open')", (n, code),
        )  # fmt: skip
    monkeypatch.setattr(schema, "MIGRATIONS", MIGRATIONS[: step + 1])
    migrate(db, PATH)
    assert db.execute("SELECT code, message FROM filing_rows ORDER BY n").fetchall() == [
        ("E1", ""), ("other", ""), ("local.other", ""), ("half.other", ""),
    ]  # fmt: skip


def test_facts_of_learners_who_were_erased_before_lose_the_details_of_activities(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    db, step = opened(), RELEASED.index("8a8c9d139982")
    monkeypatch.setattr(schema, "MIGRATIONS", MIGRATIONS[:step])
    migrate(db, PATH)
    db.execute("INSERT INTO institutions VALUES ('i', 'n', 'n', 'k', 's', 1)")
    for learner, erased_ms in (("erased-1", 5), ("li", None)):
        db.execute(
            "INSERT INTO learners (institution_id, learner_id, created_ms, erased_ms) VALUES ('i', ?, 1, ?)",
            (learner, erased_ms),
        )
        for key in ("activity/a/0", "study/s"):
            body = '{"entry":{"activity":"李明"},"id":"x"}'.encode()
            db.execute("INSERT INTO hour_facts VALUES ('i', ?, ?, 's', 0, 0, 0, ?)", (learner, key, body))
    monkeypatch.setattr(schema, "MIGRATIONS", MIGRATIONS[: step + 1])
    migrate(db, PATH)
    kept = db.execute(
        "SELECT learner_id, fact_key FROM hour_facts WHERE CAST(body AS TEXT) LIKE '%李明%' ORDER BY 1, 2"
    ).fetchall()
    assert kept == [("erased-1", "study/s"), ("li", "activity/a/0"), ("li", "study/s")]


def test_certificates_from_before_get_a_place_in_the_status_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    db, step = opened(), RELEASED.index("9f4e957dd241")
    monkeypatch.setattr(schema, "MIGRATIONS", MIGRATIONS[:step])
    migrate(db, PATH)
    for institution in ("i", "j"):
        db.execute("INSERT INTO institutions VALUES (?, 'n', 'n', ?, 's', 1)", (institution, institution))
        for number in ("c", "a", "b"):
            empty = ("", b"", b"", 1, 1, "", "replaced", "", "", None, "", "", "", None, "", None, b"", None)
            values = (institution + number, institution, "li", number, *empty)
            db.execute(f"INSERT INTO certificates VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
    monkeypatch.setattr(schema, "MIGRATIONS", MIGRATIONS[: step + 1])
    migrate(db, PATH)
    places = db.execute("SELECT number, status_place FROM certificates ORDER BY number").fetchall()
    assert places == [(f"{institution}{number}", place) for institution in "ij" for place, number in enumerate("abc")]


# The first 12 digits of SHA-256 over each released step: a file that has taken a step never takes it again.
RELEASED = (
    "b516bebb683f",
    "30cdfc75de21",
    "420a3666ccac",
    "756c3879e8a2",
    "d27f4b391fd3",
    "b89659fa8c4c",
    "40657edb2a42",
    "ce59eb87a705",
    "a19179b1fbd8",
    "f819a167487e",
    "57529e5efb28",
    "4372cbca4e98",
    "852d7fb839d7",
    "b7fcf998add1",
    "b3624a75f468",
    "d4840de52b6b",
    "4eb126d8262e",
    "a03a3b8207a7",
    "b32d7705e020",
    "598b4780ba69",
    "aed75568dbf3",
    "cc35bfd57571",
    "de7f6e621446",
    "5aab9f784725",
    "1288abe5a3e1",
    "4f7a360a521c",
    "3fe20a122d9c",
    "6d96bff0f8cf",
    "6b37dcb0ebbb",
    "6f1f86ae31a9",
    "8a8c9d139982",
    "9f4e957dd241",
    "6f9b4b540ea1",
)


def test_a_released_step_is_never_edited() -> None:
    digests = tuple(sha256("\n".join(step).encode()).hexdigest()[:12] for step in MIGRATIONS)
    assert digests[: len(RELEASED)] == RELEASED, "a released step was edited: append a new step instead"
    assert len(digests) == len(RELEASED), f"append the digest of the new step: {digests[len(RELEASED) :]}"
