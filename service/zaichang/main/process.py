"""Prepares the operating system's process of a service."""

from __future__ import annotations

from zaichang.adapters.posix.process_limits import forbid_memory_dumps, raise_file_limit
from zaichang.settings import Settings


def prepare_process(settings: Settings) -> None:
    """Raise the limit of open files to the settings' number of connections, and keep keys out of core files."""
    raise_file_limit(settings.connections_max)
    forbid_memory_dumps()
