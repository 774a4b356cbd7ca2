import errno
import os
from pathlib import Path

import pytest

from support.log_faults import ORIGIN, SIGNER
from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.core.errors import FatalLogError, StorageError
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
