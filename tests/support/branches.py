"""Branch coverage of one room by its own unit tests, measured in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

PLUGINS: Final = ("-p", "pytest_asyncio.plugin", "-p", "pytest_timeout", "-p", "pytest_cov.plugin")
"""What the tests of pure rooms need; starting all that is installed takes three seconds a room."""


def unreached_branches(root: Path, room: str, scratch: Path) -> str:
    """Run a room's unit tests and return the lines and branches that they do not reach; empty where there are none.

    A room that has no file yet has none to reach.

    Args:
        root: The checkout.
        room: A package below ``zaichang``, with its tests in ``tests/unit`` below the same name.
        scratch: Folder for the measurement.
    """
    source = root / "service" / "zaichang" / room
    if {path.name for path in source.rglob("*.py")} == {"__init__.py"}:
        return ""
    tests = root / "tests" / "unit" / room
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGINS, str(tests),
            f"--ignore={tests / 'test_branch_coverage.py'}", f"--cov=zaichang.{room}", "--cov-branch",
            "--cov-report=term-missing:skip-covered", "--cov-fail-under=100",
        ],
        cwd=root, capture_output=True, text=True, check=False,
        env={**os.environ, "COVERAGE_FILE": str(scratch / "coverage"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    if done.returncode == 0 and "TOTAL" in done.stdout:
        return ""
    missing = "\n".join(re.findall(rf"^.*/{room}/.*$", done.stdout, re.MULTILINE))
    return f"{missing}\n{done.stdout[-2000:]}"
