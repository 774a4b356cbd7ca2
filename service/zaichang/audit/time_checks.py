"""Checks that leaves are neither back-dated nor pre-dated.

A leaf names the newest checkpoint that the server held (``anchor``), so it cannot be older than that. The first
cosigned checkpoint that covers it states a time, so it cannot be younger than that. It may not be much older either:
this detects a leaf that is written today under last week's date. The log's own clock proves nothing alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.units import ROUND_MS

SKEW_MS: Final = 300_000
"""How far the clocks of an institution, a witness and a verifier may differ."""

LATE_MS: Final = 600_000
"""A leaf should be cosigned within this time; a later one is reported for review."""

TOO_LATE_MS: Final = 86_400_000
"""Beyond this its date is not accepted without a review."""

HELD_MS: Final = 3 * ROUND_MS
"""A leaf that a log held back when it stopped is dated within this time of the last checkpoint before."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SeenAt:
    """A checkpoint that a trusted witness has seen.

    Attributes:
        size: Its size.
        at_ms: When the witness saw it.
        near: Whether it was kept because it stands near the leaves; otherwise it is only the newest one, and shows
            little about their time.
    """

    size: int
    at_ms: int
    near: bool = True


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The witnesses' bounds on the time of a leaf.

    Attributes:
        seen: Checkpoints with times, of any order.
        born_ms: When the log's first key was named in it, None where that is not shown.
        now_ms: The reader's own clock, None where it is not to be used.
        known: ``(size, root)`` of every checkpoint that was shown to be of this log, with a time or without.
    """

    seen: tuple[SeenAt, ...] = ()
    known: frozenset[tuple[int, bytes]] = frozenset()
    born_ms: int | None = None
    now_ms: int | None = None

    def first_covering(self, index: int) -> SeenAt | None:
        """Return the earliest checkpoint that covers leaf ``index``."""
        ordered, sizes = self._ordered
        place = bisect_right(sizes, index)
        return ordered[place] if place < len(ordered) else None

    def last_below(self, index: int) -> SeenAt | None:
        """Return the newest checkpoint that does not cover leaf ``index`` yet."""
        ordered, sizes = self._ordered
        place = bisect_right(sizes, index)
        return ordered[place - 1] if place else None

    def of_size(self, size: int) -> SeenAt | None:
        """Return the checkpoint of exactly this size."""
        return self._by_size.get(size)

    @cached_property
    def _ordered(self) -> tuple[list[SeenAt], list[int]]:
        ordered = earliest(self.seen)
        return ordered, [entry.size for entry in ordered]

    @cached_property
    def _by_size(self) -> dict[int, SeenAt]:
        return {entry.size: entry for entry in reversed(self.seen)}


def earliest(seen: Iterable[SeenAt]) -> list[SeenAt]:
    """Return checkpoints by size, each with the earliest time at which it or a larger one was seen."""
    found: list[SeenAt] = []
    for entry in sorted(seen, reverse=True):
        if found and (found[-1].at_ms, not found[-1].near) < (entry.at_ms, not entry.near):
            entry = replace(found[-1], size=entry.size)
        if found and found[-1].size == entry.size:
            found.pop()
        found.append(entry)
    return found[::-1]


def check_times(origin: str, leaves: Sequence[KnownLeaf], bounds: Bounds, findings: Findings) -> None:
    """Check one session's leaves, in their order.

    Args:
        origin: The log.
        leaves: The leaves.
        bounds: The witnesses' bounds.
        findings: Where findings are recorded.
    """
    anchored, before = 0, len(findings.checks)
    for leaf in leaves:
        about, at = leaf.about(origin), leaf.latest_ms
        if bounds.born_ms is not None:
            check_born(about, at, bounds.born_ms, findings)
        check_ahead(about, leaf.earliest_ms, bounds.now_ms, findings)
        anchor = leaf.value.get("anchor")
        size = anchor.get("size") if isinstance(anchor, dict) else None
        if size is None and anchored:
            message = "The leaf names no checkpoint, and an earlier leaf of the session does."
            findings.failed("time", "E_TIME_LOW", message, about, field="anchor", expected=f">= {anchored}")
        if isinstance(size, int):
            if size > leaf.index:
                message = "The leaf names a checkpoint that did not exist before it."
                findings.failed(
                    "time", "E_TIME_LOW", message, about, field="anchor", expected=f"<= {leaf.index}", got=size
                )
            if size < anchored:
                message = "The leaf names an older checkpoint than the session's leaf before it."
                findings.failed(
                    "time", "E_TIME_LOW", message, about, field="anchor", expected=f">= {anchored}", got=size
                )
            anchored = max(anchored, size)
            named = bounds.of_size(size)
            if named is not None and at < named.at_ms - SKEW_MS:
                message = "The leaf is dated before a witness had seen the checkpoint that it names."
                findings.failed("time", "E_TIME_LOW", message, about, field="at", expected=f">= {named.at_ms}", got=at)
        covering = bounds.first_covering(leaf.index)
        if covering is not None:
            check_delay(about, (leaf.earliest_ms, at), covering, findings, bounds.last_below(leaf.index))
    if bounds.seen and len(findings.checks) == before and leaves:
        findings.passed("time", About(origin=origin, sid=leaves[0].sid), f"{len(leaves)} leaves within their bounds.")


def check_born(about: About, at_ms: int, born_ms: int, findings: Findings) -> None:
    """Refuse a leaf that is dated before the log had a key.

    Args:
        about: The leaf.
        at_ms: Its date.
        born_ms: When the log's first key was named in it.
        findings: Takes the results.
    """
    if at_ms < born_ms - SKEW_MS:
        message = "The leaf is dated before the log had a key."
        findings.failed("time", "E_TIME_LOW", message, about, field="at", expected=f">= {born_ms}", got=at_ms)


def check_ahead(about: About, at_ms: int, now_ms: int | None, findings: Findings) -> None:
    """Refuse a leaf that is dated after the reader's own clock, which bounds a log without witnesses too.

    Args:
        about: The leaf.
        at_ms: The earliest moment that its date allows.
        now_ms: The reader's clock, None where it is not to be used.
        findings: Takes the results.
    """
    if now_ms is not None and at_ms > now_ms + SKEW_MS:
        message = "The leaf is dated after the time by your own clock."
        findings.failed("time", "E_TIME_LATE", message, about, field="at", expected=f"<= {now_ms}", got=at_ms)


def check_delay(
    about: About, dated_ms: tuple[int, int], covering: SeenAt, findings: Findings, before: SeenAt | None = None
) -> None:
    """Check a leaf's date against the first cosigned checkpoint that covers it.

    A log that held leaves back when it crashed takes them in when it starts again, perhaps a day later. So may one that
    was stopped on purpose. Nothing in the log tells the two apart, so such a leaf is undecided, and never passes.

    Args:
        about: The leaf.
        dated_ms: The earliest and the latest moment that its date allows.
        covering: That checkpoint.
        findings: Where findings are recorded.
        before: The newest checkpoint that does not cover it, None where none is known.
    """
    earliest_ms, at_ms = dated_ms
    delay_ms = covering.at_ms - at_ms
    if covering.at_ms - earliest_ms < -SKEW_MS:
        message, bound = "The leaf is dated after a witness had seen it.", f"<= {covering.at_ms}"
        findings.failed("time", "E_TIME_LATE", message, about, field="at", expected=bound, got=earliest_ms)
    elif delay_ms > LATE_MS:
        minutes = delay_ms // 60_000
        if not covering.near:
            message = f"No witness is shown to have seen the leaf earlier than {minutes} minutes after its date."
            findings.undecided("time", "E_TIME_LATE", message, about, field="at")
        elif (
            delay_ms > TOO_LATE_MS
            and before is not None
            and before.at_ms - HELD_MS <= earliest_ms
            and at_ms <= before.at_ms + HELD_MS
        ):
            message = (
                f"The log stood still for {(covering.at_ms - before.at_ms) // 60_000} minutes, and the leaf is dated "
                "when that began: it was held back when the log stopped, or was written afterwards."
            )
            findings.undecided("time", "E_TIME_LATE", message, about, field="at")
        elif delay_ms > TOO_LATE_MS:
            message = f"The first witness saw the leaf {minutes} minutes after its date: back-dated, or held back."
            expected = f">= {covering.at_ms - TOO_LATE_MS}"
            findings.failed("time", "E_TIME_LATE", message, about, field="at", expected=expected, got=at_ms)
        else:
            message = f"The leaf came late: the first witness saw it {minutes} minutes after its date."
            findings.undecided("time", "E_TIME_LATE", message, about, field="at")
