"""Bounds the dates of a whole log's leaves, as they come in their order.

1. by cosigned checkpoints: a leaf entered the log at the latest when a quorum had seen it
2. by the reader's own clock: no leaf is dated after it
3. by the reader's own mirror: a leaf that a run did not see yet entered the log after that run. So a leaf dated
long before the run before it was held back or dated back, and none is dated after the run that saw it.
The mirror's first run says nothing of the leaves that were there already.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from zaichang.audit.findings import About, Findings
from zaichang.audit.time_checks import LATE_MS, SKEW_MS, SeenAt, check_ahead, check_delay
from zaichang.audit.whole.leaf_head import LeafHead, earliest_ms, latest_ms


class Dates:
    """The dates of one log's leaves.

    Args:
        origin: The log.
        findings: Takes the results.
    """

    def __init__(self, origin: str, findings: Findings) -> None:
        """Begin without bounds: then nothing is reported."""
        self._origin = origin
        self._findings = findings
        self._seen: Sequence[SeenAt] = ()
        self._next = 0
        self._sights: Sequence[SeenAt] = ()
        self._sight_sizes: list[int] = []
        self._undated, self._first_undated = 0, 0
        self._now_ms: int | None = None

    def bound(self, seen: Sequence[SeenAt], sights: Sequence[SeenAt], now_ms: int | None = None) -> None:
        """Take the bounds.

        Args:
            seen: Cosigned checkpoints with the quorum's time, by size.
            sights: The mirror's runs, by size.
            now_ms: The reader's own clock, None where it is not to be used.
        """
        self._seen, self._sights, self._now_ms = seen, sights, now_ms
        self._sight_sizes = [sight.size for sight in sights]

    def take(self, head: LeafHead, index: int) -> None:
        """Check the next leaf's date."""
        if self._now_ms is not None and head.at > self._now_ms:
            check_ahead(About(origin=self._origin, index=index), earliest_ms(head), self._now_ms, self._findings)
        if not (head.sid or head.t == "key") or not (self._seen or self._sights):
            return
        at_ms, first_ms = latest_ms(head), earliest_ms(head)
        about = About(origin=self._origin, index=index, sid=head.sid or None)
        run = bisect_right(self._sight_sizes, index)
        before = self._sights[run - 1] if run else None
        if before is not None:
            # Not before that run; a date after it is as it should be.
            held_back_since = SeenAt(size=before.size, at_ms=max(before.at_ms, at_ms))
            check_delay(about, (first_ms, at_ms), held_back_since, self._findings)
        if run < len(self._sights) and first_ms > self._sights[run].at_ms + SKEW_MS:
            message = "The leaf is dated after the mirror, or a time stamp, had seen it."
            expected = f"<= {self._sights[run].at_ms}"
            self._findings.failed("time", "E_TIME_LATE", message, about, field="at", expected=expected, got=first_ms)
        while self._next < len(self._seen) and self._seen[self._next].size <= index:
            self._next += 1
        if self._next == len(self._seen):
            return
        covering = self._seen[self._next]
        if covering.near or covering.at_ms - at_ms <= LATE_MS:
            last = self._seen[self._next - 1] if self._next else None
            check_delay(about, (first_ms, at_ms), covering, self._findings, last)
        elif before is None:
            self._first_undated = self._first_undated if self._undated else index
            self._undated += 1

    def finish(self) -> None:
        """Report the leaves that nothing dates, all together."""
        if self._undated:
            message = (
                f"{self._undated} leaves, the first at index {self._first_undated}: no checkpoint is kept that was "
                "cosigned soon after their dates. Copy checkpoint.history of the log too, or keep a mirror."
            )
            self._findings.undecided("time", "E_TIME_LATE", message, About(origin=self._origin), field="at")
