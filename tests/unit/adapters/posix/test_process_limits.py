"""The process may open many files and leaves no core; seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import logging, resource, sys
from zaichang.adapters.posix.process_limits import forbid_memory_dumps, raise_file_limit
logging.basicConfig()
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, min(hard, 900)))
print(raise_file_limit(int(sys.argv[1])))
forbid_memory_dumps()
print(resource.getrlimit(resource.RLIMIT_CORE)[0])
import ctypes
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0)
"""


def _run(connections: int) -> tuple[list[str], str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(connections)], capture_output=True, text=True, check=True)
    return done.stdout.split(), done.stderr


def test_the_soft_limit_becomes_the_hard_limit_and_memory_stays_private() -> None:
    out, warnings = _run(600)
    assert out == ["900", "0", "0"]
    assert warnings == ""


def test_a_limit_that_is_too_low_for_the_settings_is_said() -> None:
    out, warnings = _run(5_000)
    assert out[0] == "900"
    assert "5256" in warnings and "LimitNOFILE" in warnings
