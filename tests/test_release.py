"""A release: one version, the same bytes from the same commit, messages and workflows that keep to the rules."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import commit_subject
import pytest
import release
import repository
import version

ROOT = repository.ROOT


def drafted(out: Path) -> Path:
    """Build a draft release, offline, from the SDK build that set-up made."""
    subprocess.run(
        [sys.executable, ".ci/release.py", "--draft", "--packed-web", "--out", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return out


def test_a_release_is_complete_and_the_same_every_time(tmp_path: Path) -> None:
    one, two = drafted(tmp_path / "one"), drafted(tmp_path / "two")
    number = version.current()
    names = {path.name for path in one.iterdir()}
    assert names == {
        f"zaichang-{number}-py3-none-any.whl",
        f"zaichang_simulation-{number}-py3-none-any.whl",
        f"zaichang_client-{number}-py3-none-any.whl",
        f"zaichang-web-{number}.tgz",
        f"zaichang-{number}.cdx.json",
        f"zaichang-web-{number}.cdx.json",
        "RELEASE_NOTES.md",
        "SHA256SUMS",
    }
    sums = dict(reversed(line.split("  ", 1)) for line in (one / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == names - {"SHA256SUMS"}
    assert all(hashlib.sha256((one / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
    assert (one / "SHA256SUMS").read_bytes() == (two / "SHA256SUMS").read_bytes()


def test_the_component_list_names_every_locked_package(tmp_path: Path) -> None:
    target = tmp_path / "sbom.json"
    release.python_sbom(target, "9.8.7", "1700000000")
    found = json.loads(target.read_text())
    assert found["bomFormat"] == "CycloneDX" and found["metadata"]["component"]["version"] == "9.8.7"
    locked = set(re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert {component["name"].lower() for component in found["components"]} == {name.lower() for name in locked}


def test_every_file_says_the_same_version() -> None:
    assert version.findings() == []


def copied(tmp_path: Path) -> Path:
    """Return a copy of the files that have to do with the version."""
    for name in (version.SOURCE, *version.COPIES, *version.PROJECTS):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    return tmp_path


@pytest.mark.parametrize("name", sorted(version.COPIES))
def test_another_version_in_one_file_is_found(tmp_path: Path, name: str) -> None:
    path = copied(tmp_path) / name
    path.write_text(path.read_text().replace(version.current(), "9.9.9"))
    [wrong] = version.findings(tmp_path)
    assert wrong.startswith(f"{name} says 9.9.9")


def test_a_project_file_that_repeats_the_version_is_found(tmp_path: Path) -> None:
    path = copied(tmp_path) / "pyproject.toml"
    path.write_text(path.read_text().replace('dynamic = ["version"]', 'version = "0.1.0"'))
    assert version.findings(tmp_path) == [f"pyproject.toml repeats the version; let the build read {version.SOURCE}"]


def test_the_version_is_set_everywhere_at_once(tmp_path: Path) -> None:
    version.write("1.2.3rc1", copied(tmp_path))
    assert version.current(tmp_path) == "1.2.3rc1" and version.findings(tmp_path) == []
    packages = json.loads((tmp_path / "client_sdk/web/package-lock.json").read_text())["packages"]
    before = json.loads((ROOT / "client_sdk/web/package-lock.json").read_text())["packages"]
    assert {**packages, "": None} == {**before, "": None}, "other packages keep their versions"
    with pytest.raises(ValueError, match=r"1\.2\.3"):
        version.write("next", tmp_path)


def test_notes_are_the_versions_own() -> None:
    changelog = "# Changelog\n\n## [1.1.0] - 2026-01-02\n\n- New.\n\n## [1.0.0] - 2026-01-01\n\n- Old.\n"
    assert release.notes(changelog, "1.1.0") == "- New.\n"
    assert release.notes(changelog, "1.0.0") == "- Old.\n"
    for text in (changelog, "## [2.0.0] - 2026-01-03\n\n## [1.1.0]\n\n- New.\n"):
        with pytest.raises(release.ReleaseError, match=r"\[2\.0\.0\]"):
            release.notes(text, "2.0.0")


def test_only_a_clean_tagged_commit_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"status": "", "tag": "v0.9.0\n"}
    monkeypatch.setattr(release, "call", lambda command: said[command[1]])
    release.check_commit("0.9.0")
    with pytest.raises(release.ReleaseError, match=r"no tag v1\.0\.0"):
        release.check_commit("1.0.0")
    said["status"] = " M README.md\n"
    with pytest.raises(release.ReleaseError, match="changes"):
        release.check_commit("0.9.0")


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        ("Add reason codes for a second screen\n\nLearners could not tell.\n", 0),
        ("x" * 72, 0),
        ("x" * 73, 1),
        ("# only a comment\n", 1),
        ("Add it.\n", 1),
        ("Add it\nand more\n", 1),
        ("Merge branch " + "x" * 90, 0),
    ],
)
def test_commit_messages(tmp_path: Path, message: str, wrong: int) -> None:
    assert len(commit_subject.findings(message)) == wrong
    file = tmp_path / "message"
    file.write_text(message)
    assert commit_subject.main([str(file)]) == bool(wrong)


def test_commits_of_a_range_are_read() -> None:
    head = subprocess.run(
        ["git", "log", "-1", "--no-merges", "--format=%h %s"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    [(name, body)] = commit_subject.messages("-1").items()
    assert head == f"{name} {body.splitlines()[0]}"


def test_continuous_integration_runs_every_supported_python() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    [matrix] = re.findall(r"python: \[(.+)\]", workflow)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    supported = [line.split(" :: ")[-1] for line in project["classifiers"] if re.search(r"Python :: 3\.\d+$", line)]
    assert re.findall(r"3\.\d+", matrix) == supported
    for command in ("make check", "make test", "make release"):
        assert command in workflow


def test_hooks_name_programs_that_exist() -> None:
    hooks = re.findall(r"entry: (.+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert len(hooks) == 5
    for hook in hooks:
        program, *arguments = hook.split()
        assert (ROOT / program).is_file() or shutil.which(Path(program).name, path=str(Path(sys.executable).parent))
        assert all((ROOT / argument).is_file() for argument in arguments if argument.startswith(".ci/"))
