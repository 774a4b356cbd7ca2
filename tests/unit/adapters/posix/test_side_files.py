"""Side files of a log: public ones are readable by all, lines are appended, a missing file is None."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.adapters.posix.side_files import PosixSideFiles
from zaichang.core.errors import StorageError
from zaichang.ports.log.side_files import SideFile

PUBLIC = {SideFile.WITNESSED, SideFile.HISTORY, SideFile.SM3_CHECKPOINT, SideFile.TIMESTAMPS}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "public").mkdir()
    return tmp_path


@pytest.mark.parametrize("file", list(SideFile))
def test_a_file_is_replaced_at_its_place(root: Path, file: SideFile) -> None:
    files = PosixSideFiles(root)
    assert files.read(file) is None
    files.replace(file, b"one")
    files.replace(file, b"two")
    assert files.read(file) == b"two"
    place = (root / "public" if file in PUBLIC else root) / file.value
    assert place.read_bytes() == b"two"
    assert bool(place.stat().st_mode & 0o004) is (file in PUBLIC)


def test_lines_are_appended_with_a_break_between_them(root: Path) -> None:
    files = PosixSideFiles(root)
    for line in (b"a", b"b", b"c"):
        files.append_line(SideFile.HISTORY, line)
    assert files.read(SideFile.HISTORY) == b"a\nb\nc"


def test_a_failing_disk_is_a_storage_error(root: Path) -> None:
    (root / "public" / SideFile.HISTORY.value).mkdir()
    files = PosixSideFiles(root)
    with pytest.raises(StorageError):
        files.read(SideFile.HISTORY)
    with pytest.raises(StorageError):
        files.append_line(SideFile.HISTORY, b"x")
    with pytest.raises(StorageError):
        files.replace(SideFile.HISTORY, b"x")
