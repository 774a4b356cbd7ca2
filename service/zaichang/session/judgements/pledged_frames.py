"""Pledged frames (rules 4): the pictures that a player has named, by their hash, before any of them is ordered. Pure.

A report carries the SHA-256 of pictures that were taken since the report before. A drawn sample asks for those of the
last report. They were fixed before the order existed, so neither a slow line nor a call to the learner can change who
is in them, and no time need be allowed for an answer (I14). A page that names a picture and does not show it has missed
the sample.
"""

from __future__ import annotations

from zaichang.session.policy import BACK_SINCE_SCHEMA, Policy
from zaichang.session.values import Round

Pledged = tuple[tuple[int, str], ...]
PLEDGED_MAX = 4
"""Frames that are remembered under rules 4: those of the last report or two."""
BACK_MAX = 8
"""The same under rules 6, whose samples look back; a player keeps its last 16."""
STOOD_MS = 500
"""A report is one of playing where the player stood for this long at most, beside a fifth of the time."""
BARE_REPORTS = 2
"""A camera may be asleep for one report; a page whose reports pledge nothing for this many is bare."""


def frames_ms(policy: Policy) -> int:
    """Return the time between two frames that reports pledge; 0: they pledge none."""
    pledges = policy.rules > 3 and policy.frames_pledged > 0
    return policy.heartbeat_ms // policy.frames_pledged if pledges else 0


def fresh_ms(policy: Policy) -> int:
    """Return how old a report may be for its frames to be a sample: later ones earn nothing for the excess anyway."""
    return policy.heartbeat_ms * policy.pace_pct // 100


def remember(pledged: Pledged, frames: tuple[str, ...], at_ms: int, policy: Policy) -> Pledged:
    """Return the frames to remember after a report that pledged these. One that was pledged before is no new one."""
    kept = pledged
    for digest in frames:
        for _, known in pledged:
            if known == digest:
                break
        else:
            kept = (*kept, (at_ms, digest))
    return kept[-(PLEDGED_MAX if policy.schema < BACK_SINCE_SCHEMA else BACK_MAX) :]


def played(elapsed_ms: int, progress_ms: int, rate_bp: int) -> bool:
    """Return whether the player ran in the time of a report, but for moments; ``rate_bp`` is the rate that it says."""
    return (progress_ms + STOOD_MS) * 10_000 * 10 >= elapsed_ms * rate_bp * 8


def chosen(pledged: Pledged, at_ms: int, policy: Policy) -> tuple[str, ...]:
    """Return the frames that a sample drawn now asks for, newest first; none where no report of late pledged any.

    Under rules 6 a sample looks back: it asks for earlier frames too, as long as none has shown the learner. A learner
    who bent down is in one of them, a learner who left is in none.
    """
    back = policy.rules > 5
    oldest_ms = at_ms - fresh_ms(policy) - (policy.heartbeat_ms if back else 0)
    usable = [digest for said_ms, digest in reversed(pledged) if said_ms >= oldest_ms]
    return tuple(usable[: max(policy.round_passes, policy.frames_back) if back else policy.round_passes])


def looks_back(pledged: Pledged, frames: tuple[str, ...], at_ms: int, policy: Policy) -> bool:
    """Return whether these frames reach back for at least a heartbeat: a learner who bent down is in one of them."""
    oldest_ms = min((said_ms for said_ms, digest in pledged if digest in frames), default=at_ms)
    return policy.rules > 5 and at_ms - oldest_ms >= policy.heartbeat_ms


def is_earlier(current: Round, policy: Policy) -> bool:
    """Return whether the round's capture is a frame that only a sample which looks back asks for."""
    return current.frame != "" and current.taken > policy.round_passes


def left_to_ask(current: Round, policy: Policy) -> tuple[str, ...]:
    """Return the frames that a round still asks for: none more once one has shown the learner where another did not."""
    if policy.rules < 6 or not current.shown:
        return current.frames
    enough = current.unseen > 0 or current.taken >= policy.round_passes
    return () if enough else current.frames


def bare(bare_ms: int, at_ms: int, policy: Policy) -> bool:
    """Return whether a sample drawn now is missed for want of pledged frames."""
    required = policy.frames_required and policy.frames_pledged > 0
    return required and bare_ms > 0 and at_ms - bare_ms >= BARE_REPORTS * policy.heartbeat_ms
