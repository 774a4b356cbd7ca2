"""Prepares the operating system's process that a service runs in."""

from __future__ import annotations

from zaichang.adapters.posix.process_limits import forbid_memory_dumps, raise_file_limit
from zaichang.settings import Settings


def prepare_process(settings: Settings) -> None:
    """Allow the connections that the settings allow, and keep keys out of core files."""
    raise_file_limit(settings.connections_max)
    forbid_memory_dumps()
