"""Credit after the end: media of a closed session that went to review and that later evidence grants (I9).

Two kinds of evidence can grant it, as a new log entry: a delivery log that arrives late (I5), and a liveness challenge
that passes at the beginning of the learner's next session. Each grants only the parts that lacked this evidence alone.
A minute that went to review for another reason as well stays there.
"""

from __future__ import annotations

from collections.abc import Collection

from zaichang.core.reason_table import LEAVES_NOTHING
from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import Minute
from zaichang.session.judgements.delivery import STEP_MS
from zaichang.session.owners.credit import REASONS_PER_MINUTE
from zaichang.session.owners.credit_part import Span
from zaichang.session.playhead import EMPTY, IntervalSet, difference, normalise
from zaichang.session.policy import Policy
from zaichang.session.state import State


def by_delivery(minute: Minute, spans: tuple[Span, ...]) -> IntervalSet:
    """Return the part of a recorded minute that a late delivery log grants."""
    sent = normalise((a, b) for a, b, sent_ms in spans if sent_ms <= minute.to_ms + STEP_MS)
    undecided = left_only_by(minute.undecided, minute.reasons, ReasonCode.MEDIA_NOT_DELIVERED)
    return difference(undecided, difference(undecided, sent))


def by_liveness(minute: Minute) -> IntervalSet:
    """Return the part of a recorded minute that a late liveness grants, provided that ``makes_up`` allows it."""
    return left_only_by(minute.undecided, minute.reasons, ReasonCode.LIVENESS_MISSING)


def makes_up(before: State, after: State, policy: Policy) -> bool:
    """Return whether the first liveness of a session replaces the one that the previous session lacked at its end.

    It does if it could have closed that session: before its time limit, by the same camera, with no challenge left
    open, and soon after its playing ended (``follows``).

    Args:
        before: State of the earlier session, closed.
        after: State of the later one, of the same learner, whatever its lesson.
        policy: Policy of the earlier one.
    """
    in_time = 0 < after.liveness.first_ms <= before.info.at_ms + policy.session_max_ms
    lessons = [(each.info.lesson.course_id, each.info.lesson.lesson_id) for each in (before, after)]
    in_time = in_time and follows(before, policy, after.info.at_ms, same_lesson=lessons[0] == lessons[1])
    same_camera = before.proofs.camera == after.liveness.first_camera
    return in_time and before.challenges.owed is None and before.liveness.failed_reason is None and same_camera


def follows(before: State, policy: Policy, opened_ms: int, *, same_lesson: bool) -> bool:
    """Return whether a session that opens now follows an earlier one so soon that its movements may close that one.

    Movements say who is there now. The earlier session's time lies before a moment that its learner chose, so they
    speak for it only where they take the place of its closing movements: soon after the playing ended (rules 7). Under
    rules 8 a session of the same lesson may open as late as the earlier one would have waited for its learner. With the
    page left open those movements would have counted, so a closed page costs no more, and gives no more.

    Args:
        before: State of the earlier session, closed.
        policy: Policy of the earlier one.
        opened_ms: Server time at which the later one opened.
        same_lesson: Whether both are of one lesson.
    """
    follow_ms = before.extended_ms(policy.liveness_follow_ms)
    if policy.rules > 7 and same_lesson:
        follow_ms = max(follow_ms, policy.abandon_ms)
    return policy.rules < 7 or opened_ms <= before.playback.left_ms + follow_ms


def left_only_by(undecided: IntervalSet, reasons: Collection[ReasonCode], reason: ReasonCode) -> IntervalSet:
    """Return the undecided parts of a minute that only ``reason`` sent to review. A full list may hide others.

    Args:
        undecided: The minute's undecided parts.
        reasons: Its reasons.
        reason: The reason that may be made good later.
    """
    others = set(reasons) - {reason}
    alone = reason in reasons and others <= LEAVES_NOTHING and len(reasons) < REASONS_PER_MINUTE
    return undecided if alone else EMPTY
