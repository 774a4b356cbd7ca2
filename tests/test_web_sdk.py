"""The web SDK's own checks: its tests, its size budget, and the sentences it shares with the service."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "client_sdk" / "web"


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    if not (WEB / "node_modules").is_dir():
        pytest.fail(f"{WEB} has no node_modules: run `npm ci` there (make test does)")
    done = subprocess.run(["npm", "run", "--silent", *arguments], cwd=WEB, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def built() -> None:
    """Build the SDK of these sources, for the tests that look at its files."""
    npm("build")


def test_a_build_takes_no_file_away_from_who_loads_it(tmp_path: Path) -> None:
    """A service that runs from the tree serves these files while they are built anew."""
    copy = tmp_path / "web"
    shutil.copytree(WEB, copy, ignore=shutil.ignore_patterns("node_modules", "dist", "test", "examples"))
    (copy / "node_modules").symlink_to(WEB / "node_modules")
    (copy / "dist").mkdir()
    command = ["node", "scripts/build.mjs"]
    subprocess.run(command, cwd=copy, check=True, timeout=240)
    before = {path for path in (copy / "dist").rglob("*") if path.is_file()}
    (copy / "dist" / "stray.js").touch()
    builder, looks, missing = subprocess.Popen(command, cwd=copy), 0, set[str]()
    while builder.poll() is None:
        missing |= {path.name for path in before if not path.is_file()}
        looks += 1
    assert builder.returncode == 0 and len(before) > 20 and looks > 20
    assert missing == set()
    assert {path for path in (copy / "dist").rglob("*") if path.is_file()} == before, "and no other file is left"
    assert list(copy.glob(".dist-*")) == []


def test_the_web_sdks_own_tests_pass() -> None:
    tail = npm("test").stdout
    assert "fail 0" in tail
    assert int(tail.split("# pass ")[1].split()[0]) > 50


def test_the_bundles_keep_their_size_budget(built: None) -> None:
    sizes = npm("size").stdout
    assert sizes.count("ok ") >= 5 and "OVER" not in sizes


def test_the_sizes_in_the_page_are_those_of_the_bundles(built: None) -> None:
    rows = json.loads(npm("size", "--", "--json").stdout)
    text = (ROOT / "docs" / "player.md").read_text(encoding="utf-8").split("## Size")[1].split("## ")[0]
    found = [int(number.replace(",", "")) for number in re.findall(r"\| ([\d,]+) \|", text)]
    assert len(found) == len(rows)
    for said, row in zip(found, rows, strict=True):
        assert said == pytest.approx(row["gzip_bytes"], rel=0.05), row["name"]
        assert f"{row['budget_bytes']:,}" in text


def test_the_learner_reads_the_services_sentences() -> None:
    done = subprocess.run(
        [sys.executable, str(WEB / "scripts" / "reasons.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": str(ROOT / "service"), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stdout


def test_the_lock_file_names_no_host() -> None:
    assert "resolved" not in (WEB / "package-lock.json").read_text(encoding="utf-8")


def test_the_public_api_is_the_one_that_was_reviewed(built: None) -> None:
    npm("api")
