"""Encrypted pictures as files: kept by session and capture, gone when deleted, never outside their folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.adapters.posix.blobs import PosixBlobs
from zaichang.adapters.posix.folder import DataFolder
from zaichang.core.errors import NotFound, StorageError, ZaichangError


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path)
    made.prepare()
    return made


def test_a_picture_is_kept_and_deleted_with_its_empty_folder(folder: DataFolder) -> None:
    blobs = PosixBlobs(folder)
    blobs.put("s1", "c1", b"one")
    blobs.put("s1", "c2", b"two")
    assert (blobs.get("s1", "c1"), blobs.get("s1", "c2")) == (b"one", b"two")
    assert (folder.captures / "s1").stat().st_mode & 0o077 == 0
    assert (folder.captures / "s1" / "c1").stat().st_mode & 0o077 == 0
    blobs.delete("s1", "c1")
    blobs.delete("s1", "c1")
    with pytest.raises(NotFound) as caught:
        blobs.get("s1", "c1")
    assert caught.value.code == "capture.unknown"
    assert blobs.get("s1", "c2") == b"two"
    blobs.delete("s1", "c2")
    assert list(folder.captures.iterdir()) == []


@pytest.mark.parametrize(("session", "capture"), [("..", "c"), ("s", "../../key"), ("s/t", "c"), ("", "c")])
def test_a_name_cannot_leave_the_folder(folder: DataFolder, session: str, capture: str) -> None:
    for call in (PosixBlobs(folder).get, PosixBlobs(folder).delete):
        with pytest.raises(ZaichangError):
            call(session, capture)
    with pytest.raises(ZaichangError):
        PosixBlobs(folder).put(session, capture, b"x")


def test_a_failing_disk_is_a_storage_error(folder: DataFolder) -> None:
    (folder.captures / "s1").write_bytes(b"a file where a folder belongs")
    blobs = PosixBlobs(folder)
    for call in (lambda: blobs.get("s1", "c"), lambda: blobs.put("s1", "c", b"x"), lambda: blobs.delete("s1", "c")):
        with pytest.raises(StorageError):
            call()
