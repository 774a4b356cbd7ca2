"""The process that is tortured: ``python -m benchmarks.log.fault_child ROOT FIRST BATCHES`` (also under strace)."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.log.fault_log import submit

if __name__ == "__main__":
    submit(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), 1)
