"""The readers' side of a log that is a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.adapters.posix import published_log
from zaichang.adapters.posix.published_log import FolderSource, PosixPublishedLog
from zaichang.core.errors import StorageError


def log(root: Path) -> Path:
    public = root / "public"
    public.mkdir(parents=True)
    (public / "checkpoint").write_bytes(b"signed")
    (root / "vkey").write_text("hours.example+0123+AA\nanother line\n", encoding="ascii")
    return root


def test_a_published_log_gives_its_files_its_key_and_its_name(tmp_path: Path) -> None:
    one = PosixPublishedLog(log(tmp_path / "2026"))
    assert (one.get("checkpoint"), one.get("tile/0/000")) == (b"signed", None)
    assert (one.verifier_key(), one.name) == ("hours.example+0123+AA", "2026")
    assert PosixPublishedLog(tmp_path, "inst/2026").name == "inst/2026"


def test_a_log_that_is_not_there_yet_has_neither(tmp_path: Path) -> None:
    one = PosixPublishedLog(tmp_path / "absent")
    assert one.get("checkpoint") is None and one.verifier_key() is None
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "vkey").write_bytes(b"\n")
    assert PosixPublishedLog(tmp_path / "empty").verifier_key() is None


def test_a_copys_source_is_the_log_or_its_public_folder(tmp_path: Path) -> None:
    root = log(tmp_path / "2026")
    for path in (root, root / "public"):
        source = FolderSource(path)
        assert source.get("checkpoint") == b"signed" and source.get("tile/0/000") is None
    assert FolderSource(tmp_path / "absent").get("checkpoint") is None
    assert FolderSource(root).get("..") is None, "a folder is no object"


def test_an_object_that_is_too_long_or_unreadable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = FolderSource(log(tmp_path / "2026"))
    monkeypatch.setattr(published_log, "MAX_OBJECT_BYTES", 6)
    assert source.get("checkpoint") == b"signed"
    monkeypatch.setattr(published_log, "MAX_OBJECT_BYTES", 5)
    with pytest.raises(StorageError, match=r"mirror\.source.*longer"):
        source.get("checkpoint")
    monkeypatch.setattr(published_log, "MAX_OBJECT_BYTES", 6)

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(StorageError, match=r"mirror\.source.*Permission denied"):
        source.get("checkpoint")
