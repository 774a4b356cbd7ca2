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
from zaichang.core.reason_table import BLOCKING, LACKS, LASTING, REFUSALS
from zaichang.core.reasons import ReasonCode
from zaichang.session.policy import Policy
from zaichang.session.values import Outcome, Round


def shows_who(policy: Policy) -> bool:
    """Return whether captures must show the enrolled person; otherwise any face is enough."""
    return Proof.IDENTITY in policy.proofs or Proof.PAD in policy.proofs


def frame_problem(assessment: FrameAssessment) -> ReasonCode | None:
    """Return the problem of the frame as a whole, or None."""
    return next((reason for reason in assessment.reasons if reason in LACKS or reason in BLOCKING), None)


def face_problem(assessment: FrameAssessment, policy: Policy) -> ReasonCode | None:
    """Return why the face does not pass, the most informative reason first; None where it passes."""
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
    return None


def misses(current: Round) -> list[ReasonCode]:
    """Return why the round's captures did not pass, except those that the service dropped."""
    return [reason for reason in current.reasons if reason is not ReasonCode.NOT_ANALYSED]


def outcome_of(current: Round, policy: Policy) -> Outcome | None:
    """Return how the round ended, or None where it goes on."""
    if current.passes >= policy.round_passes:
        return Outcome.PASSED
    if current.refusals >= policy.round_refusals:
        return Outcome.FAILED
    if sum(reason in LASTING for reason in current.reasons) > policy.round_passes:
        return Outcome.UNDECIDED
    if current.taken >= policy.round_captures:
        return Outcome.UNDECIDED if current.passes + current.lacks >= policy.round_passes else Outcome.FAILED
    return None


def telling(reasons: Iterable[ReasonCode], outcome: Outcome) -> ReasonCode:
    """Return the reason to report: the most frequent one of the kind that decided the round."""
    seen = tuple(reasons)
    kind = LACKS if outcome is Outcome.UNDECIDED else REFUSALS
    deciding = [reason for reason in seen if reason in kind] or seen
    return Counter(deciding).most_common(1)[0][0] if deciding else ReasonCode.CAPTURE_MISSED
