"""Pledged frames (rules 4): the pictures that a player has named, by their hash, before any of them is ordered. Pure.

A report carries the SHA-256 of pictures that were taken since the report before. A drawn sample asks for those of the
last report. They were fixed before the order existed, so neither a slow line nor a call to the learner can change who
is in them, and no time need be allowed for an answer (I14). A page that names a picture and does not show it has missed
the sample.
"""

from __future__ import annotations

from zaichang.core.reasons import ReasonCode
from zaichang.session.policy import BACK_SINCE_SCHEMA, Policy
from zaichang.session.policy_fields import SPREAD_SINCE_SCHEMA
from zaichang.session.schedule import Lots, draw
from zaichang.session.values import Round, Shot

Pledged = tuple[tuple[int, str], ...]
PLEDGED_MAX = 4
"""Frames that are remembered under rules 4: those of the last report or two."""
BACK_MAX = 8
"""The same under rules 6, whose samples look back; a player keeps its last 16."""
SPREAD_MAX = 40
"""The same under rules 7, whose samples look at the time since the last one; a player keeps its last 64."""
ABSENT_MS = 9_000
"""Frames without the learner, in a row, are an absence from about here on (rules 7): who bends down is back sooner."""
ABSENT_PCT = 150
"""The weight of an absence in hundredths of a miss: a first lesson may have one before time waits."""
TWO_PCT = 80
"""The least weight of two gaps far apart in one sample: a learner who leans in now and then is away as often."""
APART_FACTOR = 2
"""Two gaps are far apart from so many absences on, about twenty seconds."""
UNSURE_PCT = (10, 50, 100)
"""The weight of the newest frames (rules 6), by how many lack the learner before one shows them."""
BENT_PCT = (10, 30, 50)
"""The same under rules 8: a learner who is away for long is in four of them, or in a run of earlier ones."""
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
    if policy.schema >= SPREAD_SINCE_SCHEMA:
        return kept[-SPREAD_MAX:]
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


def apart_ms(pledged: Pledged, policy: Policy) -> int:
    """Return the time between two frames of a sample: a slow camera gives fewer than the policy asks for."""
    times = [said_ms for said_ms, _ in pledged]
    seen_ms = (times[-1] - times[0]) // max(1, len(times) - 1)
    return max(frames_ms(policy), seen_ms)


def drawn_places(count: int, each_ms: int, lots: Lots, number: int, policy: Policy) -> tuple[int, ...]:
    """Return the places of the earlier frames that a sample asks for too: one drawn in each equal part of the time.

    Args:
        count: How many frames there are; place 0 is the newest.
        each_ms: Time between two of them.
        lots: Of the session.
        number: Of the round.
        policy: Of the session.
    """
    stretch_ms = policy.frames_each_ms
    parts = min(count - 1, -(-(count - 1) * each_ms // stretch_ms)) if stretch_ms else 0
    places = []
    for part in range(parts):
        first, end = 1 + (count - 1) * part // parts, 1 + (count - 1) * (part + 1) // parts
        lot = draw(lots, "frame", number * 1_000 + part)
        places.append(first + int.from_bytes(lot[:4], "big") % (end - first))
    return tuple(places)


def looks_back(pledged: Pledged, frames: tuple[str, ...], at_ms: int, policy: Policy) -> bool:
    """Return whether these frames reach back for at least a heartbeat: a learner who bent down is in one of them."""
    oldest_ms = min((said_ms for said_ms, digest in pledged if digest in frames), default=at_ms)
    return policy.rules > 5 and at_ms - oldest_ms >= policy.heartbeat_ms


def looked_over_ms(policy: Policy) -> int:
    """Return the stretch of which each sample asks for a frame; 0 where samples do not look over all the time."""
    every_ms = frames_ms(policy)
    whole = every_ms > 0 and SPREAD_MAX * every_ms >= policy.capture_mean_ms
    return policy.frames_each_ms if policy.rules > 6 and whole else 0


def is_earlier(current: Round, policy: Policy) -> bool:
    """Return whether the round's capture is a frame that only a sample which looks back asks for."""
    return current.frame != "" and (current.taken > policy.round_passes or is_spread(current))


def is_spread(current: Round) -> bool:
    """Return whether the round's capture is an earlier frame that is asked for though a newer one shows the learner."""
    return current.frame != "" and len(current.here) > 0


def asks_earlier(current: Round, reason: ReasonCode, policy: Policy) -> bool:
    """Return whether a sample still asks for earlier frames only: who is in them does not depend on when (rules 7).

    Under rules 8 also where none of them has shown the learner yet and the line dropped: that misses no sample.

    Args:
        current: The round, which is cut off.
        reason: By which event.
        policy: Of the session.
    """
    ordered = current.capture_id != "" and current.frame != ""
    begun = len(current.here) > 0 or (policy.rules > 7 and reason is ReasonCode.NETWORK_GAP)
    return policy.rules > 6 and begun and (ordered or len(current.frames) > 0)


def place_of(current: Round) -> tuple[int, ...]:
    """Return the place of the frame in progress; none where a new picture is, or under earlier rules."""
    return (current.span.index(current.frame),) if current.frame in current.span else ()


def shot(current: Round, content: str) -> Shot:
    """Return the capture in progress as a shot: taken by when its frame was pledged, or a new picture was ordered."""
    pledged = current.frame in current.span
    taken_ms = current.span_ms[current.span.index(current.frame)] if pledged else current.ordered_ms
    return taken_ms, content, pledged


def one_frame_ms(policy: Policy) -> int:
    """Return how far apart a report and an order may be for which a slow camera gave one frame."""
    return policy.frame_time_ms + policy.heartbeat_ms


def left_to_ask(current: Round, policy: Policy) -> tuple[str, ...]:
    """Return the frames that a round still asks for: none more once one has shown the learner where another did not."""
    if current.here:
        return tuple(current.span[at] for at in _wanted(current))
    if policy.rules < 6 or not current.shown:
        return current.frames
    enough = current.unseen > 0 or current.taken >= policy.round_passes
    return () if enough else current.frames


def _wanted(current: Round) -> list[int]:
    """Return the places that are still asked for: around a frame without the learner until one shows them again."""
    asked = {*current.here, *current.gone}
    found: list[int] = []
    for first, last in absences(current):
        if first > 0 and last - first + 1 < current.absent:
            found += [at for at in (last + 1, first - 1) if at < len(current.span) and at not in asked]
    return (found or [at for at in current.places if at not in asked])[:1]


def absences(current: Round) -> list[tuple[int, int]]:
    """Return the first and last place of each run of frames without the learner."""
    runs: list[tuple[int, int]] = []
    for at in sorted(current.gone):
        if runs and runs[-1][1] == at - 1:
            runs[-1] = (runs[-1][0], at)
        else:
            runs.append((at, at))
    return runs


def unsure_pct(unseen: int, policy: Policy) -> int:
    """Return the weight of so many newest frames without the learner, where the next one shows them (rules 6)."""
    weights = UNSURE_PCT if policy.rules < 8 else BENT_PCT
    return weights[min(unseen, len(weights)) - 1]


def weight_pct(current: Round, policy: Policy) -> int:
    """Return the weight of the absences that earlier frames show, in hundredths of a missed sample (rules 7)."""
    runs = absences(current)
    weight = ABSENT_PCT * sum(first > 0 and last - first + 1 >= current.absent for first, last in runs)
    if runs and runs[0][0] == 0:
        weight += unsure_pct(runs[0][1] + 1, policy)
    # Two gaps within seconds are those of one who bends over notes; where they lie far apart, gaps are frequent.
    often = len(runs) > 1 and runs[-1][0] - runs[0][1] > APART_FACTOR * current.absent
    return max(TWO_PCT, weight) if often else weight


def bare(bare_ms: int, at_ms: int, policy: Policy) -> bool:
    """Return whether a sample drawn now is missed for want of pledged frames."""
    required = policy.frames_required and policy.frames_pledged > 0
    return required and bare_ms > 0 and at_ms - bare_ms >= BARE_REPORTS * policy.heartbeat_ms
