"""The repository holds its own rules, and the rules can fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import prepare
import protocols
import pytest
import repository
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

TOP_LEVEL = {
    *(
        "pyproject.toml",
        "service",
        "models",
        "client_sdk",
        "benchmarks",
        "tests",
        "docs",
        ".ci",
        ".github",
        ".gitignore",
    ),
    *(
        ".pre-commit-config.yaml",
        "README.md",
        "README.zh-CN.md",
        "LICENSE",
        "Makefile",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "requirements.lock",
        "requirements-dev.lock",
    ),
}
SERVICE_ONLY = (
    "numpy",
    "cv2",
    "onnxruntime",
    "ai_edge_litert",
    "fastapi",
    "uvicorn",
    "pydantic",
    "httpx",
    "websockets",
)


def locked(name: str) -> dict[str, list[Version]]:
    """Return every package of a lock file with its versions (several where Pythons differ)."""
    text = (repository.ROOT / name).read_text()
    versions: dict[str, list[Version]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE):
        versions.setdefault(canonicalize_name(name), []).append(Version(version))
    return versions


def test_files_stay_short_enough_to_read() -> None:
    assert repository.too_long() == []


def test_no_stray_text() -> None:
    assert repository.stray_text() == []


def test_lock_files_are_pinned_hashed_and_free_of_addresses() -> None:
    assert repository.lock_findings() == []


def test_only_the_agreed_entries_at_the_top() -> None:
    names = {path.relative_to(repository.ROOT).parts[0] for path in repository.tracked()}
    assert names <= TOP_LEVEL


@pytest.mark.parametrize("line", ["see /" + "home/li/x", 'open("/' + "tmp/clip.mp4" + '")', "Co-Authored" + "-By: x"])
def test_stray_text_is_found(line: str) -> None:
    assert [number for number, _ in repository.findings_in(f"fine\n{line}\n")] == [2]


@pytest.mark.parametrize(
    "line", ["GET /api/home/", "$HOME/x", "docs/work/plan.md", "https://example.org/home/a", "~/work/x"]
)
def test_ordinary_text_is_left_alone(line: str) -> None:
    assert repository.findings_in(line) == []


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https://example.org/simple\n",
        "six==1.0\n",
        "six>=1 \\\n    --hash=sha256:00\n",
        "six @ https://x/y.whl\n",
    ],
)
def test_lock_rules_can_fail(text: str) -> None:
    assert repository.lock_findings_in(text)


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", ["service"]), ("requirements-dev.lock", ["service", "dev"])]
)
def test_lock_satisfies_every_declared_requirement(lock: str, extras: list[str]) -> None:
    project = tomllib.loads((repository.ROOT / "pyproject.toml").read_text())
    declared = project["project"]["dependencies"] + project["dependency-groups"]["build"]
    declared += project["build-system"]["requires"]
    declared += [line for extra in extras for line in project["project"]["optional-dependencies"][extra]]
    versions = locked(lock)
    wrong = [
        line
        for line in declared
        for requirement in [Requirement(line)]
        if not any(requirement.specifier.contains(v) for v in versions.get(canonicalize_name(requirement.name), []))
    ]
    assert wrong == [], "run make lock"
    assert len(declared) > 15


def test_both_lock_files_agree() -> None:
    service, everything = locked("requirements.lock"), locked("requirements-dev.lock")
    assert service.items() <= everything.items()
    assert "pytest" in everything and "pytest" not in service


def test_no_training_framework_in_the_lock() -> None:
    assert not {"torch", "jax", "tensorflow", "mediapipe"} & set(locked("requirements-dev.lock"))


def test_no_blanket_ignores() -> None:
    assert repository.blanket_ignores() == []
    assert repository.blanket_ignores_in("x  # type: ignore[misc]\ny  #" + " noqa\nz  # noqa: S101") == [2]


@pytest.mark.parametrize("module", ["cli", "core", "session", "tlog", "ledger", "audit"])
def test_base_rooms_import_without_the_service_packages(module: str) -> None:
    block = f"import sys; sys.modules.update(dict.fromkeys({SERVICE_ONLY!r})); "
    code = block + f"import zaichang.{module} as m, pkgutil, importlib; " + (
        "[importlib.import_module(i.name) for i in pkgutil.walk_packages(m.__path__, m.__name__ + '.')]"
        if module in {"core", "session", "tlog", "ledger", "audit"}
        else "m"
    )  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(repository.ROOT / "service")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- set-up says what is missing


def checkout_with(tmp_path: Path, programs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run set-up in a bare copy of the repository, where only ``programs`` (name: script) are on the path."""
    copy, binaries = tmp_path / "copy", tmp_path / "bin"
    shutil.copytree(repository.ROOT / ".ci", copy / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
    binaries.mkdir()
    for name, script in {"dirname": 'exec /usr/bin/dirname "$@"', **programs}.items():
        (binaries / name).write_text(f"#!/bin/sh\n{script}\n")
        (binaries / name).chmod(0o755)
    return subprocess.run(
        ["/bin/sh", ".ci/setup", "check"],
        cwd=copy, env={"PATH": str(binaries)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


THIS_PYTHON = f'exec "{sys.executable}" "$@"'
OLD_PYTHON = 'case "$2" in *platform*) echo 3.9.2;; *) exit 1;; esac'


def test_setup_names_a_missing_python(tmp_path: Path) -> None:
    done = checkout_with(tmp_path, {})
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 and none was found" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_setup_names_an_old_python(tmp_path: Path) -> None:
    done = checkout_with(tmp_path, {"python3": OLD_PYTHON})
    assert done.returncode == 1
    assert "python3 here is 3.9.2" in done.stderr


def test_setup_passes_over_an_old_python_for_a_newer_one(tmp_path: Path) -> None:
    done = checkout_with(tmp_path, {"python3": OLD_PYTHON, "python3.12": THIS_PYTHON})
    assert "Node.js 20 or newer builds the web SDK and was not found" in done.stderr


def test_setup_names_a_missing_node(tmp_path: Path) -> None:
    done = checkout_with(tmp_path, {"python3": THIS_PYTHON})
    assert done.returncode == 1
    assert "apt-get install nodejs npm" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_setup_names_an_old_node(tmp_path: Path) -> None:
    done = checkout_with(tmp_path, {"python3": THIS_PYTHON, "node": "echo v18.19.0"})
    assert "this one is v18.19.0" in done.stderr


def test_setup_names_a_missing_npm(tmp_path: Path) -> None:
    done = checkout_with(tmp_path, {"python3": THIS_PYTHON, "node": "echo v20.1.0"})
    assert "npm builds the web SDK and was not found" in done.stderr


def test_a_failed_step_shows_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    monkeypatch.setattr(prepare, "VENV", tmp_path)
    wrong = "import sys; print(*range(30), 'THESE PACKAGES DO NOT MATCH THE HASHES', sep='\\n'); sys.exit(1)"
    step = prepare.Step(name="web packages", commands=[[sys.executable, "-c", wrong]], folder=tmp_path)
    with pytest.raises(prepare.SetupError, match=r"step 'web packages' failed; the whole log is web-packages\.log"):
        prepare.perform(step)
    shown = capsys.readouterr().err.split("\n")
    assert "    THESE PACKAGES DO NOT MATCH THE HASHES" in shown
    assert "    29" in shown
    assert "    3" not in shown


def test_a_program_that_is_absent_fails_its_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    monkeypatch.setattr(prepare, "VENV", tmp_path)
    absent = prepare.Step(name="environment", commands=[[str(tmp_path / "absent")]], folder=tmp_path)
    with pytest.raises(prepare.SetupError, match="step 'environment' failed"):
        prepare.perform(absent)


def test_a_protocol_with_thirteen_methods_is_found() -> None:
    methods = "".join(f"    def m{number}(self) -> None: ...\n" for number in range(12))
    wide = "class Wide(Narrow, Protocol):\n    def more(self) -> None: ...\n"
    narrow = f"from typing import Protocol\nclass Narrow(Protocol):\n{methods}"
    assert protocols.findings_in({"narrow.py": narrow}) == []
    [found] = protocols.findings_in({"narrow.py": narrow, "wide.py": wide})
    assert found.startswith("wide.py: Wide has 13 methods")
    assert protocols.too_wide() == []


def test_the_repository_keeps_its_size_limits() -> None:
    assert repository.too_long() == []


@pytest.mark.parametrize(
    ("lines_by_file", "found"),
    [
        ({"client_sdk/web/src/a.ts": 400, "tests/unit/test_a.py": 400, "benchmarks/a.py": 400}, []),
        ({f"service/zaichang/live/f{number}.py": 150 for number in range(24)}, []),
        ({"client_sdk/web/src/a.ts": 401}, ["client_sdk/web/src/a.ts: 401 lines; the limit is 400"]),
        ({"models/a.py": 401}, ["models/a.py: 401 lines; the limit is 400"]),
        ({"tests/unit/test_a.py": 401}, ["tests/unit/test_a.py: 401 lines; the limit is 400"]),
        (
            {f"service/zaichang/live/f{number}.py": 1 for number in range(25)},
            ["service/zaichang/live/: 25 source files in one level; the limit is 24"],
        ),
        (
            {"service/a.py": 151, "service/b.py": 151, "service/c.py": 1},
            ["service/: the median file has 151 lines; the limit is 150"],
        ),
    ],
)
def test_size_limits(lines_by_file: dict[str, int], found: list[str]) -> None:
    seen = repository.size_findings(lines_by_file)
    assert [finding.partition(": split")[0].partition(": group")[0] for finding in seen] == found


@pytest.mark.parametrize("base", ["Protocol", "Protocol[T]", "typing.Protocol", "typing.Protocol[T]"])
def test_a_wide_protocol_is_found_however_its_base_is_written_and_named(base: str) -> None:
    methods = "".join(f"    async def m{number}(self) -> None: ...\n" for number in range(13))
    wide, small = f"class Log({base}):\n{methods}", f"class Log({base}):\n    def m(self) -> None: ...\n"
    for texts in ({"a.py": wide, "b.py": small}, {"b.py": small, "c.py": wide}):
        [found] = protocols.findings_in(texts)
        assert ": Log has 13 methods" in found
    assert (
        protocols.findings_in({"a.py": "class Log(ports.Log, Protocol):\n    def a(self): ...\n", "b.py": small}) == []
    )


def test_the_protocols_of_the_simulation_are_read_as_well() -> None:
    assert all((protocols.SERVICE / package).is_dir() for package in protocols.PACKAGES)
    assert "zaichang_simulation" in protocols.PACKAGES
