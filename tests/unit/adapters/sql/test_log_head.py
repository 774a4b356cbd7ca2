from pathlib import Path

import pytest

from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.core.errors import FatalLogError, StorageError
from zaichang.ports.log.store import Head, Submission


def test_the_head_moves_only_from_what_it_was(tmp_path: Path) -> None:
    heads = SqliteHeadStore(tmp_path / "head.sqlite3")
    first, second = Head(note=b"1", at_ms=1), Head(note=b"2", at_ms=2)
    entry = Submission(key=("s", 0), index=0, leaf_hash=bytes(32))
    assert heads.load("a") is None
    assert heads.swap("a", None, first, [])
    assert not heads.swap("a", None, second, [])
    assert not heads.swap("a", b"0", second, [entry])
    assert heads.find("a", [("s", 0)]) == {}
    assert heads.swap("a", b"1", second, [entry])
    heads.close()
    heads = SqliteHeadStore(tmp_path / "head.sqlite3")
    assert heads.load("a") == second
    assert heads.load("b") is None
    assert heads.find("a", [("s", 0), ("s", 1)]) == {("s", 0): entry}
    with pytest.raises(FatalLogError) as caught:
        heads.swap("a", b"2", Head(note=b"3", at_ms=3), [entry])
    assert caught.value.code == "log.head_unknown"
    assert heads.load("a") == second
    heads.close()


def test_two_processes_race_for_the_head_and_one_wins(tmp_path: Path) -> None:
    one, two = SqliteHeadStore(tmp_path / "head.sqlite3"), SqliteHeadStore(tmp_path / "head.sqlite3")
    assert one.swap("a", None, Head(note=b"1", at_ms=1), [])
    won = [store.swap("a", b"1", Head(note=note, at_ms=2), []) for store, note in ((one, b"x"), (two, b"y"))]
    assert won == [True, False]
    assert two.load("a") == Head(note=b"x", at_ms=2)
    one.close()
    two.close()


def test_the_journal_is_one_that_cannot_roll_back_after_a_power_cut(tmp_path: Path) -> None:
    heads = SqliteHeadStore(tmp_path / "head.sqlite3")
    assert heads._db.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
    assert heads._db.execute("PRAGMA synchronous").fetchone() == (2,)
    heads.close()


def test_a_head_file_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "head.sqlite3").write_bytes(b"not a database, but long enough to be read as one" * 20)
    with pytest.raises(StorageError) as caught:
        SqliteHeadStore(tmp_path / "head.sqlite3")
    assert caught.value.code == "log.head"
