"""Delivery check: only delivered media is credited (I5), where the policy requires it and a delivery log is kept.

Media that proofs and challenges have cleared *waits* until the log shows that it was sent to this session, at the
latest by the end of the minute in which it was played. It waits for ``delivery_wait_ms``. A part that is missing
then, or when the session closes, goes to review, because a log may be late or lost without the learner's doing. Other
media does not wait with it. The functions here compute; ``credit`` keeps the lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from zaichang.session.owners.credit_part import Span, Stretch, Waiting
from zaichang.session.playhead import Interval, difference, normalise, subtract

SPANS_MAX: Final = 96
"""Most delivered parts that are kept. A log in more pieces credits the first ones only."""
STEP_MS: Final = 10_000
"""Resolution of the times of sending, and the allowed difference between the log's clock and ours."""


def queued(waiting: tuple[Waiting, ...], stretches: Iterable[Stretch], due_ms: int) -> tuple[Waiting, ...]:
    """Return the waiting list with pending stretches added, neighbours within a minute joined."""
    parts = list(waiting)
    for index, start_ms, end_ms in stretches:
        if parts and parts[-1][0] == index and parts[-1][2] == start_ms:
            parts[-1] = (index, parts[-1][1], end_ms, due_ms)
        else:
            parts.append((index, start_ms, end_ms, due_ms))
    return tuple(parts)


def merged(kept: tuple[Span, ...], spans: Iterable[Span], floor_ms: int, duration_ms: int) -> tuple[Span, ...]:
    """Return the delivered parts with the log's new ones.

    Args:
        kept: The parts that are known already.
        spans: ``(start_ms, end_ms, sent_ms)`` of new ones.
        floor_ms: A part sent by then was sent in time for every open minute: its time of sending becomes 0.
        duration_ms: The lesson's length.
    """
    for start_ms, end_ms, sent_ms in spans:
        end_ms = min(end_ms, duration_ms)
        if start_ms < end_ms:
            kept = _with(kept, (start_ms, end_ms, 0 if sent_ms <= floor_ms else -(-sent_ms // STEP_MS) * STEP_MS))
    return kept[:SPANS_MAX]


def sent_in_time(
    waiting: tuple[Waiting, ...], delivered: tuple[Span, ...], ends_ms: Mapping[int, int]
) -> tuple[list[tuple[int, Interval]], tuple[Waiting, ...]]:
    """Return the waiting parts that were sent in time, with their minutes, and the parts that still wait.

    Args:
        waiting: Stretches that wait for the log.
        delivered: Delivered parts by the log.
        ends_ms: End of each open minute; now for the running one.
    """
    sent: list[tuple[int, Interval]] = []
    left: list[Waiting] = []
    for index, start_ms, end_ms, due_ms in waiting:
        by_ms = ends_ms[index] + STEP_MS
        missing = subtract((start_ms, end_ms), normalise((a, b) for a, b, sent_ms in delivered if sent_ms <= by_ms))
        sent += [(index, part) for part in difference(((start_ms, end_ms),), missing)]
        left += ((index, *part, due_ms) for part in missing)
    return sent, tuple(left)


def _with(kept: tuple[Span, ...], new: Span) -> tuple[Span, ...]:
    """Return the parts with ``new`` added, each with its earliest time of sending, neighbours joined."""
    start_ms, end_ms, sent_ms = new
    if not kept or start_ms > kept[-1][1]:
        return (*kept, new)  # as a log of playing on has it
    earlier = normalise((a, b) for a, b, at in kept if at <= sent_ms)
    fresh = ((start_ms, end_ms),)
    later = [(*part, at) for a, b, at in kept if at > sent_ms for part in subtract((a, b), fresh)]
    added = [(*part, sent_ms) for part in subtract((start_ms, end_ms), earlier)]
    joined: list[Span] = []
    for part in sorted([each for each in kept if each[2] <= sent_ms] + later + added):
        if joined and joined[-1][1] == part[0] and joined[-1][2] == part[2]:
            joined[-1] = (joined[-1][0], part[1], part[2])
        else:
            joined.append(part)
    return tuple(joined)
