"""The short form of ``make fault``: a few runs of every kind, on every change."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.log import fault
from benchmarks.log.fault_log import Ledger, check, leaf, open_log


@pytest.mark.parametrize(("kind", "runs"), [("kill", 4), ("syscall", 6), ("error", 4), ("lead", 2), ("strace", 3)])
def test_nothing_acknowledged_is_lost_and_nothing_forks(root: Path, tmp_path: Path, kind: str, runs: int) -> None:
    if kind == "strace" and not fault.can_trace():
        # Where the kernel's own faults cannot be injected, the writer's calls fail instead.
        kind = "error"
    logs, result = tmp_path / "logs", tmp_path / "result.json"
    logs.mkdir()
    # In a process of its own: the runs fork, which a process with threads should not.
    command = [sys.executable, "-m", "benchmarks.log.fault", "--runs", str(runs), "--seed", "5", "--kind", kind]
    paths = os.pathsep.join([str(root), str(root / "service")])
    done = subprocess.run(
        [*command, "--folder", str(logs), "--json", str(result)],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(result.read_text())["rows"]
    assert [(row["kind"], row["runs"]) for row in rows] == [(kind, runs)]
    # The dangerous state was reached: writers did die or fail, after having promised something.
    assert rows[0]["writer_ended_by_fault"] >= 1
    assert rows[0]["acknowledged_leaves"] >= 1
    assert list(logs.iterdir()) == []


def written(root: Path) -> Ledger:
    root.mkdir(exist_ok=True)
    writer = open_log(root)
    writer.recover()
    writer.commit([(("s", n), leaf(n)) for n in range(5)])
    writer.close()
    ledger = Ledger()
    assert ledger.take(b"ready\nack 3 3\nack 4 4\nack 5") == 2
    assert check(root, ledger) == 5
    return ledger


def test_the_check_would_notice_a_lost_or_moved_leaf(tmp_path: Path) -> None:
    ledger = written(tmp_path)
    ledger.acked[9] = 9
    with pytest.raises(AssertionError, match="acknowledged submission 9"):
        check(tmp_path, ledger)
    ledger.acked = {3: 2}
    with pytest.raises(AssertionError, match="acknowledged submission 3"):
        check(tmp_path, ledger)
    with pytest.raises(AssertionError, match="was acknowledged at 2 and at 3"):
        ledger.take(b"ack 3 3\n")


def test_the_check_would_notice_a_fork_or_damage(tmp_path: Path) -> None:
    ledger = written(tmp_path)
    forked = Ledger(roots={5: bytes(32)})
    with pytest.raises(AssertionError, match="two roots"):
        check(tmp_path, forked)
    ledger.roots[7] = bytes(32)
    with pytest.raises(AssertionError, match="no prefix"):
        check(tmp_path, ledger)
