"""Kept pictures: encrypted before they reach the blob store."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.adapters.keys.vault import Vault
from zaichang.adapters.posix.blobs import PosixBlobs
from zaichang.adapters.posix.folder import DataFolder
from zaichang.core.errors import NotFound
from zaichang.evidence.kept_captures import keep_capture, kept_capture

MASTER = bytes(range(32))
SECRET = b"\xff\xd8\xff secret picture bytes that must not be readable on disk"


def test_pictures_on_disk_are_encrypted(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    vault, blobs = Vault(MASTER), PosixBlobs(folder)
    key = vault.unlock(vault.new_learner("inst", "a", 1))
    keep_capture(blobs, key, "s1", "c0", SECRET)
    assert kept_capture(blobs, key, "s1", "c0") == SECRET
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"secret picture" not in everything
    blobs.delete("s1", "c0")
    blobs.delete("s1", "c0")
    with pytest.raises(NotFound):
        kept_capture(blobs, key, "s1", "c0")
