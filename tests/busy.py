"""The timing-sensitive tests beside four processes that compute all the time: none may fail for lack of time.

make test-busy                    the list below
make test-busy ARGS=-kdevices     options for pytest
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BURNERS: Final = 4
BURN: Final = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"
"""Ends by itself where this process was killed."""
LIMIT_S: Final = 900
TESTS: Final = (
    "tests/e2e/browser/test_devices.py",
    "tests/e2e/browser/test_edges.py",
    "tests/e2e/browser/test_hls.py",
    "tests/e2e/browser/test_leaks.py",
    "tests/fault/test_service_restart.py",
    "tests/unit/client_sdk",
    "tests/unit/live/test_beacon_wait.py",
    "tests/unit/live/test_liveness_frames.py",
)
"""Tests with browsers, real clocks or real processes."""


def main(arguments: list[str]) -> int:
    """Run the tests; return pytest's exit status, 124 where they take longer than ``LIMIT_S``."""
    burners = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(BURNERS)]
    try:
        command = [sys.executable, "-m", "pytest", "-q", "--durations=5", *TESTS, *arguments]
        return subprocess.run(command, cwd=ROOT, timeout=LIMIT_S, check=False).returncode
    except subprocess.TimeoutExpired:
        print(f"The tests took more than {LIMIT_S} s.", file=sys.stderr)
        return 124
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
