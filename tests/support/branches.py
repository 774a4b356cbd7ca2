"""Branch coverage of one room by its own unit tests, measured in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final, Protocol, TypeVar

PLUGINS: Final = ("-p", "pytest_asyncio.plugin", "-p", "pytest_timeout", "-p", "pytest_cov.plugin")
"""What the tests of pure rooms need; starting all that is installed takes three seconds a room."""


BRANCH_COVERAGE: Final = "test_branch_coverage.py"


class Item(Protocol):
    """The used part of ``pytest.Item``."""

    @property
    def path(self) -> Path:
        """The file that the test is in."""
        ...


T = TypeVar("T", bound=Item)


def leave_to_branch_coverage(items: list[T]) -> Counter[str]:
    """Remove the tests of each room whose branch coverage is among the items: it runs all of them.

    Returns:
        How many were removed, for each room.
    """
    rooms = {item.path.parent for item in items if item.path.name == BRANCH_COVERAGE}
    room_of = {id(item): next((room for room in item.path.parents if room in rooms), None) for item in items}
    left = [item for item in items if item.path.name != BRANCH_COVERAGE and room_of[id(item)] is not None]
    gone = {id(item) for item in left}
    items[:] = [item for item in items if id(item) not in gone]
    return Counter(room.name for item in left if (room := room_of[id(item)]) is not None)


def unreached_branches(root: Path, room: str, scratch: Path, tests_min: int = 0) -> str:
    """Run a room's unit tests and return the lines and branches that they do not reach; empty where there are none.

    A room that has no file yet has none to reach. Where a test fails, its report is returned.

    Args:
        root: The checkout.
        room: A package below ``zaichang``, with its tests in ``tests/unit`` below the same name.
        scratch: Folder for the measurement.
        tests_min: How many tests must pass: those that the whole run leaves to this one.
    """
    source = root / "service" / "zaichang" / room
    if {path.name for path in source.rglob("*.py")} == {"__init__.py"}:
        return ""
    tests = root / "tests" / "unit" / room
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGINS, str(tests),
            f"--ignore={tests / BRANCH_COVERAGE}", f"--cov=zaichang.{room}", "--cov-branch",
            "--cov-report=term-missing:skip-covered", "--cov-fail-under=100",
        ],
        cwd=root, capture_output=True, text=True, check=False,
        env={**os.environ, "COVERAGE_FILE": str(scratch / "coverage"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    passed = re.search(r"(\d+) passed", done.stdout)
    if done.returncode == 0 and "TOTAL" in done.stdout and passed and int(passed[1]) >= tests_min:
        return ""
    if passed is None or re.search(r"\d+ (failed|error)", done.stdout):
        return done.stdout
    missing = "\n".join(re.findall(rf"^.*/{room}/.*$", done.stdout, re.MULTILINE))
    return f"{missing}\n{done.stdout[-2000:]}"
