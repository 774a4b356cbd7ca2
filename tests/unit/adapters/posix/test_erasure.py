"""Legal holds and pending erasure leaves as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.adapters.posix.erasure import PosixLegalHolds, PosixPendingErasures
from zaichang.adapters.posix.folder import DataFolder
from zaichang.core.errors import NotAllowed, PeerViolation, StorageError


def folder(path: Path) -> DataFolder:
    made = DataFolder(path / "data")
    made.prepare()
    return made


def test_a_hold_refuses_erasure_with_its_reason_until_it_is_released(tmp_path: Path) -> None:
    holds = PosixLegalHolds(folder(tmp_path))
    holds.check("inst", "p")
    holds.put("inst", "p", "case-17")
    with pytest.raises(NotAllowed, match=r"erase\.hold.*case-17"):
        holds.check("inst", "p")
    holds.check("inst", "q")
    holds.check("other", "p")
    holds.release("inst", "p")
    holds.release("inst", "p")
    holds.check("inst", "p")


@pytest.mark.parametrize("names", [("..", "p"), ("inst", "../p"), ("inst", "")])
def test_a_name_that_would_leave_the_folder_is_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    holds = PosixLegalHolds(folder(tmp_path))
    for call in (holds.check, holds.release):
        with pytest.raises(PeerViolation, match=r"id\.invalid"):
            call(*names)
    with pytest.raises(PeerViolation):
        holds.put("inst", "p", "two words")
    holds.check("inst", "p")


def test_pending_leaves_are_kept_in_order_until_they_are_done(tmp_path: Path) -> None:
    pending = PosixPendingErasures(folder(tmp_path))
    assert pending.all() == []
    pending.put("inst", "b", b"leaf b")
    pending.put("inst", "a", b"leaf a")
    pending.put("college", "c", b"leaf c")
    pending.put("inst", "a", b"leaf a again")
    assert pending.all() == [("college", "c", b"leaf c"), ("inst", "a", b"leaf a again"), ("inst", "b", b"leaf b")]
    pending.done("inst", "a")
    pending.done("inst", "a")
    assert [alias for _, alias, _ in pending.all()] == ["c", "b"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    data = folder(tmp_path)
    for name in ("holds", "erasures"):
        (data.root / name).write_text("a file")
    with pytest.raises(StorageError):
        PosixLegalHolds(data).put("inst", "p", "case-17")
    with pytest.raises(StorageError):
        PosixPendingErasures(data).put("inst", "a", b"leaf")
