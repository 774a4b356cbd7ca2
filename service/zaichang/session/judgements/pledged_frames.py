"""Pledged frames (rules 4): the pictures that a player has named, by their hash, before any of them is ordered. Pure.

A report carries the SHA-256 of pictures that were taken since the report before. A drawn sample asks for those of the
last report. They were fixed before the order existed, so neither a slow line nor a call to the learner can change who
is in them, and no time need be allowed for an answer (I14). A page that names a picture and does not show it has missed
the sample.
"""

from __future__ import annotations

from zaichang.session.policy import Policy

Pledged = tuple[tuple[int, str], ...]
PLEDGED_MAX = 4
"""Frames that are remembered: those of the last report or two."""
BARE_REPORTS = 2
"""A camera may be asleep for one report; a page whose reports pledge nothing for this many is bare."""


def frames_ms(policy: Policy) -> int:
    """Return the time between two frames that reports pledge; 0: they pledge none."""
    pledges = policy.rules > 3 and policy.frames_pledged > 0
    return policy.heartbeat_ms // policy.frames_pledged if pledges else 0


def fresh_ms(policy: Policy) -> int:
    """Return how old a report may be for its frames to be a sample: later ones earn nothing for the excess anyway."""
    return policy.heartbeat_ms * policy.pace_pct // 100


def remember(pledged: Pledged, frames: tuple[str, ...], at_ms: int) -> Pledged:
    """Return the frames to remember after a report that pledged these. One that was pledged before is no new one."""
    kept = pledged
    for digest in frames:
        for _, known in pledged:
            if known == digest:
                break
        else:
            kept = (*kept, (at_ms, digest))
    return kept[-PLEDGED_MAX:]


def chosen(pledged: Pledged, at_ms: int, policy: Policy) -> tuple[str, ...]:
    """Return the frames that a sample drawn now asks for, newest first; none where no report of late pledged any."""
    usable = [digest for said_ms, digest in reversed(pledged) if at_ms - said_ms <= fresh_ms(policy)]
    return tuple(usable[: policy.round_passes])


def bare(bare_ms: int, at_ms: int, policy: Policy) -> bool:
    """Return whether a sample drawn now is missed for want of pledged frames."""
    required = policy.frames_required and policy.frames_pledged > 0
    return required and bare_ms > 0 and at_ms - bare_ms >= BARE_REPORTS * policy.heartbeat_ms
