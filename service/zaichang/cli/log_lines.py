"""Keeps one repeated fault from filling the service's log."""

from __future__ import annotations

import logging
from typing import Final

BURST: Final = 5
"""Lines of one kind within a window that are written as they come."""
WINDOW_S: Final = 10.0
KINDS_MAX: Final = 500


class RepeatedLines(logging.Filter):
    """Drops the sixth and later lines of one kind within ten seconds. The next line that passes gives their number.

    Lines are of one kind if logger, level and message template are equal. So a thousand connections with the same fault
    are one kind.
    """

    def __init__(self) -> None:
        """Count nothing yet. Time is that of the lines themselves."""
        super().__init__()
        self._kinds: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        kind = (record.name, record.levelno, str(record.msg)[:200])
        now_s = record.created
        since_s, count = self._kinds.get(kind, (now_s, 0))
        if not 0 <= now_s - since_s < WINDOW_S:
            if count > BURST:
                record.msg = f"{record.msg} (and {count - BURST} more of this kind in the last {now_s - since_s:.0f} s)"
            since_s, count = now_s, 0
        if kind not in self._kinds and len(self._kinds) >= KINDS_MAX:
            self._kinds.pop(next(iter(self._kinds)))
        self._kinds[kind] = (since_s, count + 1)
        return count < BURST
