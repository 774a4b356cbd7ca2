"""The judgement of a capture and of a round of captures: pure, k of n.

A capture *passes*, is a *miss* (not usable: no person in view, too dark, not arrived), is a *refusal* (another person,
an attack picture, an old frame), or *lacks* a needed result (dropped by a busy pool, no PAD model). A lack is never a
pass. A single miss never voids time, and a single pass never grants it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from zaichang.core.assessment import FrameAssessment
from zaichang.core.enums import Proof
from zaichang.core.ids import CaptureId
from zaichang.core.reason_table import ABSENCES, BLOCKING, LACKS, LASTING, REFUSALS
from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import OrderCapture
from zaichang.session.policy import DRAWN_SINCE_SCHEMA, Policy
from zaichang.session.values import Decided, Outcome, Round

REFUSALS_FORGIVEN = 1
"""Pictures of another person, in a good view, that better ones of the same round make up for."""


def shows_who(policy: Policy) -> bool:
    """Return whether captures must show the enrolled person; otherwise any face is enough."""
    return Proof.IDENTITY in policy.proofs or Proof.PAD in policy.proofs


def frame_problem(assessment: FrameAssessment) -> ReasonCode | None:
    """Return the problem of the frame as a whole, or None."""
    return next((reason for reason in assessment.reasons if reason in LACKS or reason in BLOCKING), None)


def face_problem(assessment: FrameAssessment, policy: Policy, *, elsewhere: bool = False) -> ReasonCode | None:
    """Return why the face does not pass, the most informative reason first; None where it passes.

    Args:
        assessment: The analysis.
        policy: The policy.
        elsewhere: Whether another account with this face studies at this moment (I3).
    """
    face = assessment.main
    if face is None:
        return ReasonCode.NO_FACE
    blocking = next((reason for reason in face.reasons if reason in BLOCKING), None)
    if face.quality_bp < policy.quality_min_bp:
        return blocking or ReasonCode.IDENTITY_UNCERTAIN
    if Proof.PAD in policy.proofs:
        if face.pad_bp is None:
            return ReasonCode.PAD_MISSING
        if face.pad_bp < policy.pad_min_bp:
            return ReasonCode.PAD_ATTACK
    if Proof.IDENTITY in policy.proofs:
        if face.similarity_bp is None:
            return blocking or ReasonCode.REFERENCE_MISSING
        if face.similarity_bp < policy.similarity_min_bp:
            # A bad view explains a low similarity. Only a good view is evidence against the person.
            return blocking or ReasonCode.NOT_SAME_PERSON
    return ReasonCode.FACE_IN_TWO_SESSIONS if elsewhere else None


def is_learner(assessment: FrameAssessment, policy: Policy) -> bool:
    """Return whether the picture's face is the learner's, whatever else is wrong with it."""
    face = assessment.main
    if face is None or Proof.IDENTITY not in policy.proofs or face.similarity_bp is None:
        return False
    return face.similarity_bp >= policy.similarity_min_bp


def too_soon(current: Round | None, at_ms: int, policy: Policy) -> bool:
    """Return whether a picture that repeats the last one came within a slow camera's frame time, once in a round."""
    if current is None or ReasonCode.NOT_ANALYSED in current.reasons:
        return False
    return 0 < at_ms - current.before_ms < policy.frame_time_ms


def recognised(assessment: FrameAssessment, reason: ReasonCode, policy: Policy) -> bool:
    """Return whether a picture that did not pass for ``reason`` still recognises the learner, at least weakly.

    A mask, a turned head, half a face: too little to pass, enough to say that the learner is there. Only a picture that
    speaks against the learner does not.
    """
    face = assessment.main
    if face is None or reason in REFUSALS or reason in LACKS:
        return False
    if Proof.PAD in policy.proofs and (face.pad_bp is None or face.pad_bp < policy.pad_min_bp):
        return False
    if Proof.IDENTITY not in policy.proofs:
        return True
    return face.similarity_bp is not None and face.similarity_bp >= policy.similarity_weak_bp


def unclear(assessment: FrameAssessment, reason: ReasonCode, policy: Policy) -> bool:
    """Return whether a living face is turned or hidden too far to be compared: it speaks for no one and against no one.

    Earlier frames of a learner who bends over notes look so; an empty chair does not (rules 7).
    """
    face = assessment.main
    if face is None or reason in REFUSALS or reason in LACKS or Proof.IDENTITY not in policy.proofs:
        return False
    living = Proof.PAD not in policy.proofs or (face.pad_bp is not None and face.pad_bp >= policy.pad_min_bp)
    return living and face.similarity_bp is None


def prompted(current: Round, policy: Policy) -> bool:
    """Return whether the page asks for the learner: too many of the round's pictures were misses."""
    return len(misses(current)) - current.earlier > policy.round_silent


def called(current: Round, policy: Policy) -> ReasonCode | None:
    """Return why a round that passed shows a learner who came only when called (rules 2), or None.

    The page may have called: an answer came later than the line explains; two pictures showed another person in a good
    view; the round needed its prompt, and before it no picture recognised the learner at all; or, of the frames that
    were pledged before the order, none showed the learner however far back (rules 6).
    """
    if current.refusals >= REFUSALS_FORGIVEN + 1:
        return telling(current.reasons, Outcome.FAILED)
    if current.late and not current.shown:
        return ReasonCode.CAME_WHEN_CALLED
    if current.back and current.unseen and not current.shown:
        return telling(misses(current), Outcome.FAILED)
    if prompted(current, policy) and not current.seen:
        return telling(misses(current), Outcome.FAILED)
    return None


def missed(current: Round, policy: Policy) -> int:
    """Return as how many missed samples a drawn round counts that did not fail.

    One pledged frame that shows the learner is enough: a person who bends over notes is in one of two, a learner who
    left is in none. Without it a picture that shows no learner is a miss, and an answer too late for the line another.
    """
    if policy.rules < 4:
        return (1 + current.late) if current.unseen else 0  # held back, an empty picture is no accident
    if current.shown:
        return 0
    return (current.unseen > 0 or current.bare) + current.late


def why_missed(current: Round) -> ReasonCode:
    """Return the reason to give for a missed sample."""
    lacking = misses(current)
    if lacking or not current.late:
        return telling(lacking, Outcome.FAILED)
    return ReasonCode.CAME_WHEN_CALLED


def outstanding(current: Round | None, capture_id: CaptureId, *, received: bool) -> Round | None:
    """Return the round if ``capture_id`` is its capture in progress, else None; between two, there is none."""
    if current is None or not current.capture_id or current.capture_id != capture_id:
        return None
    return current if current.received is received else None


def awaited(current: Round | None) -> Round | None:
    """Return the round if a picture of it is ordered and has not arrived, else None."""
    waits = current is not None and current.capture_id != "" and not current.received
    return current if waits else None


def delivered(current: Round, seq: int) -> bool:
    """Return whether the outstanding order is known to have arrived.

    The acknowledgement of the first heartbeat after it followed it on the same connection, and the second heartbeat
    carries the nonce of that acknowledgement.

    Args:
        current: The round.
        seq: The last accepted heartbeat.
    """
    return current.answered_ms > 0 or seq >= current.order_seq + 2


def order_of(current: Round, hold: ReasonCode | None, policy: Policy) -> OrderCapture:
    """Return the order for the outstanding capture, with the reason to show where the page asks for the learner."""
    prompt = misses(current)[-1] if prompted(current, policy) else None
    if prompt is None and hold is not ReasonCode.AWAITING_PROOF:
        prompt = hold
    return OrderCapture(
        capture_id=current.capture_id,
        nonce=current.nonce,
        deadline_ms=current.deadline_ms,
        identity=shows_who(policy),
        prompt=prompt,
        announce=True if policy.schema >= DRAWN_SINCE_SCHEMA and not current.frame else None,
        frame=current.frame or None,
    )


def misses(current: Round) -> list[ReasonCode]:
    """Return why the round's captures did not pass, except those that the service dropped."""
    return [reason for reason in current.reasons if reason is not ReasonCode.NOT_ANALYSED]


def outcome_of(current: Round, policy: Policy) -> Outcome | None:
    """Return how the round ended, or None where it goes on."""
    if current.passes >= policy.round_passes:
        return None if policy.rules > 6 and current.frames else Outcome.PASSED
    if current.refusals >= policy.round_refusals:
        return Outcome.FAILED
    if sum(reason in LASTING for reason in current.reasons) > policy.round_passes:
        return Outcome.UNDECIDED
    if current.taken - current.earlier >= policy.round_captures:
        return Outcome.UNDECIDED if current.passes + current.lacks >= policy.round_passes else Outcome.FAILED
    return None


def decided(current: Round, outcome: Outcome, policy: Policy) -> Decided:
    """Return the outcome of a decided round with its reason; under rules 1 a pass has one where it came when called."""
    if outcome is not Outcome.PASSED:
        return outcome, telling(current.reasons, outcome)
    absences = [miss for miss in current.reasons if miss in ABSENCES]
    late = current.withheld or len(absences) > policy.round_silent
    return outcome, (absences or [ReasonCode.CAPTURE_LATE])[0] if late and policy.rules == 1 else None


def telling(reasons: Iterable[ReasonCode], outcome: Outcome) -> ReasonCode:
    """Return the reason to report: the most frequent one of the kind that decided the round."""
    seen = tuple(reasons)
    kind = LACKS if outcome is Outcome.UNDECIDED else REFUSALS
    deciding = [reason for reason in seen if reason in kind] or seen
    return Counter(deciding).most_common(1)[0][0] if deciding else ReasonCode.CAPTURE_MISSED
