"""Tests that ask for ``medium`` or ``new_log`` run on each medium that a log can be kept on."""

from support.log_fixtures import medium, new_log

__all__ = ["medium", "new_log"]
