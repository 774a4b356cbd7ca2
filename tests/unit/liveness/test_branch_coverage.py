"""The pure trial is covered to the last branch by its own unit tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def test_the_unit_tests_of_liveness_reach_every_branch(root: Path, tmp_path: Path) -> None:
    here = Path(__file__)
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(here.parent), f"--ignore={here}",
            "--cov=zaichang.liveness", "--cov-branch", "--cov-report=term-missing", "--cov-fail-under=100",
        ],
        cwd=root, env={**os.environ, "COVERAGE_FILE": str(tmp_path / "coverage")}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    missing = "\n".join(re.findall(r"^.*/liveness/.*$", done.stdout, re.MULTILINE))
    assert done.returncode == 0, f"not every line and branch was reached:\n{missing}\n{done.stdout[-2000:]}"
    assert "TOTAL" in done.stdout
