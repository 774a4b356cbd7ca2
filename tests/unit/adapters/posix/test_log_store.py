import errno
import os
from pathlib import Path

import pytest

from support.log_faults import ORIGIN, SIGNER
from zaichang.adapters.keys.log_keys import load_or_create_log_key, load_or_create_witness_key
from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.core.errors import ConfigError, FatalLogError, StorageError
from zaichang.ports.log import Head, Submission
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import leaf_hash


def note_of(size: int) -> bytes:
    return sign_checkpoint(Checkpoint(origin=ORIGIN, size=size, root=leaf_hash(b"")), [SIGNER])


def test_objects_are_created_once_and_never_changed(tmp_path: Path) -> None:
    store = PosixLogStore(tmp_path)
    store.put([("tile/0/000.p/1", b"a"), ("tile/entries/x001/000", b"b")])
    store.put([("tile/0/000.p/1", b"a")])
    assert store.get("tile/0/000.p/1") == b"a"
    assert (tmp_path / "public/tile/entries/x001/000").read_bytes() == b"b"
    assert store.get("tile/0/001") is None
    assert store.get("tile/0/000.p/1/2") is None
    with pytest.raises(FatalLogError) as caught:
        store.put([("tile/0/000.p/1", b"c")])
    assert caught.value.code == "log.immutable"
    store.discard(["tile/0/000.p", "tile/0/never.p"])
    assert store.get("tile/0/000.p/1") is None


def test_a_leader_that_slept_in_a_write_does_not_take_its_successors_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = PosixLogStore(tmp_path), PosixLogStore(tmp_path)
    for level in ("0", "entries"):
        first._make_folder(first.public / "tile" / level / "000.p")
    real, slept = os.fsync, []

    def sleep_once(descriptor: int) -> None:
        real(descriptor)
        if not slept:
            slept.append(True)
            # Both files are called 4: a temporary file that is named like them alone would be shared.
            second.put([("tile/0/000.p/4", b"hashes")])

    monkeypatch.setattr(os, "fsync", sleep_once)
    first.put([("tile/entries/000.p/4", b"entries")])
    assert slept and first.get("tile/entries/000.p/4") == b"entries"
    assert first.get("tile/0/000.p/4") == b"hashes"


def test_a_smaller_checkpoint_never_replaces_a_larger_one(tmp_path: Path) -> None:
    store = PosixLogStore(tmp_path)
    assert store.published() is None
    for size in (1, 3, 2):
        store.publish(note_of(size), size)
    assert store.published() == note_of(3)


def test_staging_survives_a_restart_and_temporary_files_do_not(tmp_path: Path) -> None:
    PosixLogStore(tmp_path).stage("1-ab", b"batch")
    (tmp_path / "tmp/left").write_bytes(b"half")
    store = PosixLogStore(tmp_path)
    assert store.staged("1-ab") == b"batch"
    assert list((tmp_path / "tmp").iterdir()) == []
    store.stage("7-cd", b"another process's")
    store.clear_staging(6)
    assert store.staged("1-ab") is None
    assert store.staged("7-cd") == b"another process's"
    store.clear_staging(7)
    assert store.staged("7-cd") is None


def test_every_file_and_folder_is_fsynced_before_the_call_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = PosixLogStore(tmp_path)
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    store.put([("tile/0/x001/000", b"a")])
    top = tmp_path / "public"
    assert any(Path(name).parent == tmp_path / "tmp" and name.endswith("-000") for name in synced)
    assert set(synced) >= {
        str(top / "tile/0/x001"),
        str(top / "tile/0"),
        str(top / "tile"),
        str(top),
    }
    synced.clear()
    store.put([("tile/0/x001/000", b"a")])
    assert set(synced) == {str(top / "tile/0/x001/000"), str(top / "tile/0/x001")}


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_failed_fsync_is_fatal_and_a_full_disk_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    store = PosixLogStore(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(FatalLogError) as fatal:
            store.put([("tile/0/000", b"a")])
    assert fatal.value.code == "log.fsync"
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail)
        with pytest.raises(StorageError) as caught:
            store.stage("1-ab", b"a")
    assert caught.value.code == "log.io"
    assert store.staged("1-ab") is None


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError) as caught:
        PosixLogStore(tmp_path / "file/log")
    assert caught.value.code == "log.folder"


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


def test_keys_are_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys/log"
    signer = load_or_create_log_key(path, ORIGIN)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_log_key(path, ORIGIN).vkey == signer.vkey
    assert [entry.name for entry in path.parent.iterdir()] == ["log"]
    assert load_or_create_witness_key(tmp_path / "w", "witness.example.org").vkey.startswith("witness.example.org+")
    for text in ("", "zz", "00" * 31):
        path.write_text(text)
        with pytest.raises(ConfigError):
            load_or_create_log_key(path, ORIGIN)
    with pytest.raises(StorageError):
        load_or_create_log_key(path / "below", ORIGIN)
