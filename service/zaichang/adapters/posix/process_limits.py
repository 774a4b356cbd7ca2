"""Limits of the service's process: enough open files, and no copy of its memory on disk."""

from __future__ import annotations

import ctypes
import logging
import resource
import sys
from typing import Final

logger = logging.getLogger(__name__)

SPARE_FILES: Final = 256
"""Files that are not connections: database, tiles, captures, models, libraries."""
_PR_SET_DUMPABLE: Final = 4


def raise_file_limit(connections: int) -> int:
    """Raise the soft limit of open files to the hard limit, and warn where that is too few for ``connections``.

    Args:
        connections: Most connections that the settings allow.

    Returns:
        The limit that holds now; ``resource.RLIM_INFINITY`` means none.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (OSError, ValueError):
            logger.warning("the limit of open files stays at %d (LimitNOFILE, ulimit -n)", soft)
    if soft != resource.RLIM_INFINITY and soft < connections + SPARE_FILES:
        logger.warning(
            "%d open files are allowed; %d connections need %d: raise LimitNOFILE or lower connections_max",
            soft,
            connections,
            connections + SPARE_FILES,
        )
    return soft


def forbid_memory_dumps() -> None:
    """Forbid core files and debuggers, because the process's memory holds the master key."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
