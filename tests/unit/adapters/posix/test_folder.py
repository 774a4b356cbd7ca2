"""The data folder: prepared, locked, and clear about what is wrong with it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from zaichang.adapters.posix import folder as folder_module
from zaichang.adapters.posix.folder import DataFolder, storage_error, write_durably
from zaichang.core.errors import StorageError


def test_preparing_makes_private_folders(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "a" / "data")
    folder.prepare()
    folder.prepare()
    assert folder.keys.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in folder.root.iterdir()) == ["captures", "evidence", "keys", "log", "outbox"]


def test_a_second_service_is_kept_out(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    first.prepare()
    first.lock()
    with pytest.raises(StorageError) as caught:
        second.lock()
    assert caught.value.code == "storage.locked"
    first.unlock()
    second.lock()
    second.unlock()


def test_a_file_in_the_way_is_not_writable(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StorageError) as caught:
        DataFolder(tmp_path / "data").prepare()
    assert caught.value.code == "storage.not_writable"


def test_a_folder_without_write_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests may run as root, whom no permission stops: the refusal comes from the system call instead.
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    folder = DataFolder(tmp_path)
    monkeypatch.setattr(folder_module.os, "open", refuse)
    with pytest.raises(StorageError) as caught:
        folder.prepare()
    assert caught.value.code == "storage.not_writable"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "storage.disk_full"),
        (errno.EDQUOT, "storage.disk_full"),
        (errno.EROFS, "storage.not_writable"),
        (errno.EIO, "storage.io"),
    ],
)
def test_system_errors_have_stable_codes(number: int, code: str) -> None:
    assert storage_error(OSError(number, os.strerror(number)), Path("x")).code == code


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_durably(path, b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(folder_module.os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
