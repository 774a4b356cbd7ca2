"""What the end of a session left to a person, and what comes after it may grant without one, as a new log entry (I9).

Two things can: a delivery log that comes late (I5), and movements that pass at the beginning of the learner's next
session. Either grants only what it alone was missing for: a minute that anything else may have left to a person as well
stays with that person.
"""

from __future__ import annotations

from zaichang.core.reason_table import LEAVES_NOTHING
from zaichang.core.reasons import ReasonCode
from zaichang.session.credit import REASONS_PER_MINUTE
from zaichang.session.decisions import Minute
from zaichang.session.delivery import STEP_MS, Span
from zaichang.session.playhead import EMPTY, IntervalSet, difference, normalise
from zaichang.session.policy import Policy
from zaichang.session.state import State


def by_delivery(minute: Minute, spans: tuple[Span, ...]) -> IntervalSet:
    """Return what of a recorded minute a delivery log that came after the end grants."""
    sent = normalise((a, b) for a, b, sent_ms in spans if sent_ms <= minute.to_ms + STEP_MS)
    undecided = _left_only_by(minute, ReasonCode.MEDIA_NOT_DELIVERED)
    return difference(undecided, difference(undecided, sent))


def by_movements(minute: Minute) -> IntervalSet:
    """Return what of a recorded minute movements after the end grant, where ``made_up`` says that they may."""
    return _left_only_by(minute, ReasonCode.LIVENESS_MISSING)


def made_up(before: State, after: State, policy: Policy) -> bool:
    """Return whether the first movements of a session stand for those that the one before lacked at its end.

    They do where they might have closed that session itself, had it been paused until then: before its time limit, by
    the same camera, and with no pop-up left open. So nothing is won by leaving instead of pausing.

    Args:
        before: The earlier session's state, closed.
        after: The later one's, of the same learner, lesson and time line.
        policy: The earlier one's.
    """
    in_time = 0 < after.live_first_ms <= before.info.at_ms + policy.session_max_ms
    return in_time and not before.owed and before.held_reason is None and before.camera == after.live_first_camera


def _left_only_by(minute: Minute, reason: ReasonCode) -> IntervalSet:
    """Return the undecided parts of a minute that only ``reason`` left to a person; a full list may hide others."""
    others = set(minute.reasons) - {reason}
    alone = reason in minute.reasons and others <= LEAVES_NOTHING and len(minute.reasons) < REASONS_PER_MINUTE
    return minute.undecided if alone else EMPTY
