"""The folder of model files: whole files with the right hash, or none."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from zaichang.core.errors import ModelError
from zaichang.vision.cache import CACHE_VARIABLE, ModelCache, default_cache_dir, sha256_hex, storage_error
from zaichang.vision.catalog import BundledSource, ModelEntry, Role, Runtime

DATA = b"weights"


def entry(data: bytes = DATA, file: str = "net.onnx") -> ModelEntry:
    return ModelEntry(
        role=next(iter(Role)), name="net", file=file, runtime=next(iter(Runtime)), transform="as-is/1",
        source_sha256=sha256_hex(data), derived_sha256=sha256_hex(data), derived_bytes=len(data), licence="MIT",
        licence_url="https://example.org", card="c.md", input="i", output="o", sources=(BundledSource(path="x"),),
    )  # fmt: skip


def test_the_folder_is_the_users_choice_or_the_systems() -> None:
    assert default_cache_dir({CACHE_VARIABLE: "/models"}) == Path("/models")
    assert default_cache_dir({"XDG_CACHE_HOME": "/x"}) == Path("/x/zaichang/models")
    assert default_cache_dir({}) == Path("~/.cache/zaichang/models").expanduser()


def test_a_file_is_written_whole_and_read_back(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path / "new" / "folder")
    assert cache.read(entry()) is None
    path = cache.write(entry(), DATA)
    assert path == cache.path(entry()) and cache.read(entry()) == DATA
    assert [each.name for each in path.parent.iterdir()] == [path.name], "nothing else is left there"


def test_versions_of_a_model_have_names_of_their_own(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    assert cache.path(entry()).name == f"net-{sha256_hex(DATA)[:12]}.onnx"
    assert cache.path(entry(b"other")) != cache.path(entry())


def test_a_file_with_another_hash_is_neither_written_nor_read(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    with pytest.raises(ModelError, match=r"models\.wrong_hash"):
        cache.write(entry(), b"other")
    assert list(tmp_path.iterdir()) == []
    cache.path(entry()).write_bytes(b"changed")
    with pytest.raises(ModelError, match=r"models\.wrong_hash.*fetch"):
        cache.read(entry())
    cache.write(entry(), DATA)
    assert cache.read(entry()) == DATA, "fetching again mends it"


def test_a_crash_before_the_rename_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ModelCache(tmp_path)

    def refuse(source: str, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ModelError, match=r"models\.disk_full"):
        cache.write(entry(), DATA)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with pytest.raises(ModelError, match=r"models\.cache_unwritable"):
        ModelCache(blocked).write(entry(), DATA)
    cache = ModelCache(tmp_path)
    cache.path(entry()).mkdir()
    with pytest.raises(ModelError, match=r"models\.cache_unreadable"):
        cache.read(entry())
    assert storage_error(OSError(errno.EDQUOT, "quota"), tmp_path).code == "models.disk_full"
