"""The writer: group commit, isolation of failing operations, errors with stable codes."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from zaichang.adapters.sql.database import Database, open_reader
from zaichang.core.errors import NotFound, StorageError


def _put(key: str) -> object:
    return lambda db: db.execute("INSERT INTO policies VALUES (?, 'n', x'00')", (key,)).rowcount


def _keys(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT digest FROM policies ORDER BY digest")]


async def test_operations_that_wait_together_share_one_commit(tmp_path: Path) -> None:
    database = Database(tmp_path / "db")
    running, gate = threading.Event(), threading.Event()
    commits: list[str] = []

    def block(db: sqlite3.Connection) -> None:
        db.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        running.set()
        assert gate.wait(10)

    try:
        blocked = database.submit(block)
        assert running.wait(10)
        waiting = [database.submit(_put(f"k{i}")) for i in range(50)]  # type: ignore[arg-type]
        gate.set()
        await asyncio.gather(*(asyncio.wrap_future(future) for future in (blocked, *waiting)))
        assert len(await database.read(_keys)) == 50
        assert commits == ["COMMIT", "COMMIT"]
    finally:
        database.close()


async def test_a_failing_operation_takes_nothing_with_it(tmp_path: Path) -> None:
    database = Database(tmp_path / "db")
    try:

        def fails(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO policies VALUES ('half', 'n', x'00')")
            raise NotFound("x.y", "no")

        results = await asyncio.gather(
            database.write(_put("a")),  # type: ignore[arg-type]
            database.write(fails),
            database.write(_put("b")),  # type: ignore[arg-type]
            return_exceptions=True,
        )
        assert isinstance(results[1], NotFound)
        assert await database.read(_keys) == ["a", "b"]
    finally:
        database.close()


async def test_a_full_disk_is_said_and_the_writer_goes_on(tmp_path: Path) -> None:
    database = Database(tmp_path / "db")
    try:
        await database.write(lambda db: db.execute("PRAGMA max_page_count = 40").fetchall())
        (pages,) = await database.read(lambda db: db.execute("PRAGMA page_count").fetchone())
        await database.write(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 2}").fetchall())
        with pytest.raises(StorageError) as caught:
            await database.write(
                lambda db: db.execute("INSERT INTO policies VALUES ('big', 'n', zeroblob(100000))").rowcount
            )
        assert caught.value.code == "storage.disk_full"
        await database.write(lambda db: db.execute("PRAGMA max_page_count = 100000").fetchall())
        await database.write(_put("after"))  # type: ignore[arg-type]
        assert await database.read(_keys) == ["after"]
    finally:
        database.close()


async def test_the_reader_cannot_write(tmp_path: Path) -> None:
    database = Database(tmp_path / "db")
    try:
        with pytest.raises(StorageError) as caught:
            await database.read(_put("x"))  # type: ignore[arg-type]
        assert caught.value.code == "storage.not_writable"
    finally:
        database.close()


def test_only_the_writer_checkpoints(tmp_path: Path) -> None:
    database = Database(tmp_path / "db")
    reader = open_reader(tmp_path / "db")
    try:
        assert database._writer.execute("PRAGMA wal_autocheckpoint").fetchone()[0] == 0
        assert reader.execute("PRAGMA wal_autocheckpoint").fetchone()[0] == 0
        assert database._writer.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert database._writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    finally:
        reader.close()
        database.close()


@pytest.mark.parametrize(
    "damage",
    [b"this is no database, and it is longer than a header would be" * 20, b"SQLite format 3\x00" + b"\xff" * 4000],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "db").write_bytes(damage)
    with pytest.raises(StorageError) as caught:
        Database(tmp_path / "db")
    assert caught.value.code == "storage.corrupt"
    assert (tmp_path / "db").read_bytes() == damage


def test_damage_inside_the_file_is_found_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "db"
    database = Database(path)
    for i in range(200):
        database.submit(lambda db, i=i: db.execute("INSERT INTO policies VALUES (?, 'n', zeroblob(900))", (str(i),)))
    database.close()
    data = bytearray(path.read_bytes())
    for page in range(30, 60):
        data[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
    path.write_bytes(data)
    with pytest.raises(StorageError) as caught:
        Database(path)
    assert caught.value.code == "storage.corrupt"


async def test_a_closed_database_refuses(tmp_path: Path) -> None:
    database = Database(tmp_path / "db")
    database.close()
    database.close()
    for call in (database.write(_keys), database.read(_keys)):
        with pytest.raises(StorageError) as caught:
            await call
        assert caught.value.code == "storage.closed"


async def test_truncating_empties_the_wal(tmp_path: Path) -> None:
    database = Database(tmp_path / "db")
    try:
        await database.write(_put("a"))  # type: ignore[arg-type]
        assert (tmp_path / "db-wal").stat().st_size > 0
        await database.truncate_wal()
        assert (tmp_path / "db-wal").stat().st_size == 0
    finally:
        database.close()


def test_a_file_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    Database(tmp_path / "db").close()
    connection = sqlite3.connect(tmp_path / "db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StorageError) as caught:
        Database(tmp_path / "db")
    assert caught.value.code == "storage.too_new"


async def test_a_caller_that_is_cancelled_does_not_stop_the_writer(tmp_path: Path) -> None:
    database = Database(tmp_path / "db")
    running, gate = threading.Event(), threading.Event()

    def block(db: sqlite3.Connection) -> None:
        running.set()
        assert gate.wait(10)

    try:
        blocked = database.submit(block)
        assert running.wait(10)
        waiting = asyncio.ensure_future(database.write(_put("cancelled")))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        blocked.cancel()
        gate.set()
        await database.write(_put("after"))  # type: ignore[arg-type]
        assert await database.read(_keys) == ["after"]
    finally:
        database.close()
