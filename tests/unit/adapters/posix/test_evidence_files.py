"""Files of evidence lie in a folder of their own, one for each activity."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.adapters.posix.evidence_files import PosixEvidenceFiles
from zaichang.adapters.posix.folder import DataFolder
from zaichang.core.errors import NotFound


def test_a_file_is_kept_read_and_deleted(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    files = PosixEvidenceFiles(folder)
    files.put("a1", "f1", b"x")  # type: ignore[arg-type]
    assert files.get("a1", "f1") == b"x"  # type: ignore[arg-type]
    assert (folder.evidence / "a1" / "f1").read_bytes() == b"x" and list(folder.captures.iterdir()) == []
    files.delete("a1", "f1")  # type: ignore[arg-type]
    with pytest.raises(NotFound, match=r"activity\.file_unknown"):
        files.get("a1", "f1")  # type: ignore[arg-type]
