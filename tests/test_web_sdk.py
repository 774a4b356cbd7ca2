"""The web SDK's own checks: its tests, its size budget, and the sentences it shares with the service."""

import json
import re
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


def test_the_web_sdks_own_tests_pass() -> None:
    tail = npm("test").stdout
    assert "fail 0" in tail
    assert int(tail.split("# pass ")[1].split()[0]) > 50


def test_the_bundles_keep_their_size_budget() -> None:
    npm("build")
    sizes = npm("size").stdout
    assert sizes.count("ok ") >= 5 and "OVER" not in sizes


def test_the_sizes_in_the_page_are_those_of_the_bundles() -> None:
    npm("build")
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


def test_the_public_api_is_the_one_that_was_reviewed() -> None:
    npm("build")
    npm("api")
