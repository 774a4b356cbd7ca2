"""Which tests a run of everything leaves to the branch coverage of their room, and when that says that it failed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.branches import leave_to_branch_coverage, unreached_branches

UNIT = Path("/tests/unit")


@dataclass(frozen=True)
class One:
    path: Path
    name: str = ""


def test_a_room_s_tests_are_left_to_its_branch_coverage_and_no_others() -> None:
    coverage = One(UNIT / "ledger" / "test_branch_coverage.py")
    others = [One(UNIT / "log" / "test_writer.py"), One(Path("/tests/test_docs.py"))]
    ledger = [One(UNIT / "ledger" / "test_count.py", str(number)) for number in range(3)]
    below = [One(UNIT / "ledger" / "below" / "test_more.py")]
    items = [others[0], *ledger, coverage, *below, others[1]]
    assert leave_to_branch_coverage(items) == Counter(ledger=4)
    assert items == [others[0], coverage, others[1]]


def test_without_the_branch_coverage_all_run() -> None:
    items = [One(UNIT / "ledger" / "test_count.py"), One(UNIT / "session" / "test_step.py")]
    before = [*items]
    assert leave_to_branch_coverage(items) == Counter()
    assert items == before


@pytest.mark.parametrize(
    ("test", "tests_min", "told"),
    [
        ("def test_it(): assert add(1) == 2", 1, ""),
        ("def test_it(): assert add(1) == 3", 1, "assert 2 == 3"),
        ("def test_it(): assert add", 1, "add.py"),
        ("def test_it(): assert add(1) == 2", 2, "1 passed"),
    ],
    ids=["all well", "a test fails", "a line is not reached", "a test is lost"],
)
def test_what_is_wrong_is_said(tmp_path: Path, test: str, tests_min: int, told: str) -> None:
    source, tests = tmp_path / "service" / "zaichang" / "room", tmp_path / "tests" / "unit" / "room"
    source.mkdir(parents=True)
    tests.mkdir(parents=True)
    (source.parent / "__init__.py").touch()
    (source / "__init__.py").touch()
    (source / "add.py").write_text("def add(number):\n    return number + 1\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = service\n")
    (tests / "test_add.py").write_text(f"from zaichang.room.add import add\n{test}\n")
    said = unreached_branches(tmp_path, "room", tmp_path, tests_min)
    assert said == told == "" or (told and told in said)
