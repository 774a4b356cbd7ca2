"""Capture rounds: is this person there, is it them, are they alive?

Always k of n: one miss never voids time, and one lucky hit never grants it.

A capture *passes*, is a *miss* (nothing usable: nobody in view, too dark, not arrived), a *refusal* (someone else, a
picture, an old frame) or *lacks* a needed result (dropped by a busy pool, no PAD model): a lack is never a pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from zaichang.core.assessment import FrameAssessment
from zaichang.core.reason_table import ABSENCES, BLOCKING, LACKS, LASTING, REFUSALS
from zaichang.core.reasons import ReasonCode
from zaichang.session import repeats
from zaichang.session.credit import Outcome
from zaichang.session.decisions import AnalyseCapture, Decision, OrderCapture, RejectCapture
from zaichang.session.events import CaptureAssessed, CaptureReceived, CaptureUnavailable
from zaichang.session.policy import Policy
from zaichang.session.schedule import draw
from zaichang.session.state import Round, State

ANALYSIS_DEADLINE_MS = 60_000
"""An accepted capture whose analysis never comes counts as not analysed after this."""

BEATS_BEFORE_MISS = 2
"""Messages keep their order: the second heartbeat after an order shows that the client had it and sent no picture. A
capture missed so was held back; on a slow line heartbeats would have waited behind it."""
BEATS_BEFORE_PICTURE = 3
"""The same for one that still came in time; one heartbeat more, since some cameras are slow."""


def uses_captures(state: State, policy: Policy) -> bool:
    """Return whether captures are this session's proofs; else challenges are (the route without face recognition)."""
    return state.info.route == "face" and bool(policy.proofs)


def extended_ms(state: State, base_ms: int) -> int:
    """Return a time allowed, with this learner's recorded allowance."""
    return base_ms * (100 + state.info.extra_time_pct) // 100


def indicate(state: State, reason: ReasonCode) -> None:
    """Count something that a reviewer should look at."""
    counts = dict(state.indicators)
    counts[reason] = counts.get(reason, 0) + 1
    state.indicators = tuple(sorted(counts.items()))


def begin_round(state: State, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    """Begin a round with its first capture, unless one is in progress, or the client's nonce is still owed."""
    state.round_due_ms = 0
    if state.round is None and state.client_nonce:
        state.round = Round(number=state.rounds)
        state.rounds += 1
        order_capture(state, policy, wall_ms, out)


def order_capture(state: State, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    """Order the round's next capture."""
    current = state.round
    if current is None:
        return
    capture_id = f"c{current.number}-{current.taken}"
    state.round = replace(
        current,
        taken=current.taken + 1,
        capture_id=capture_id,
        nonce=draw(state.lots, "capture", current.number * 1_000 + current.taken)[:16].hex(),
        deadline_ms=wall_ms + extended_ms(state, policy.capture_deadline_ms),
        received=False,
        retake_at_ms=0,
        beats=0,
    )
    repeat_order(state, policy, out)


def repeat_order(state: State, policy: Policy, out: list[Decision]) -> None:
    """Give the outstanding order (again, after a lost connection)."""
    current = state.round
    if current is None or not current.capture_id or current.received:
        return
    misses = _misses(current)
    prompt = misses[-1] if len(misses) > policy.round_silent else None
    if prompt is None and state.proof_hold not in (None, ReasonCode.AWAITING_PROOF):
        prompt = state.proof_hold
    out.append(
        OrderCapture(
            capture_id=current.capture_id,
            nonce=current.nonce,
            deadline_ms=current.deadline_ms,
            identity="identity" in policy.proofs or "pad" in policy.proofs,
            prompt=prompt,
        )
    )


def heard(state: State, current: Round, policy: Policy, at_ms: int) -> None:
    """Note a heartbeat: who goes on reporting has a connection, and could send the picture that is owed.

    Players also report at once when they stall or pause; what comes quicker than the regular ones counts once.
    """
    if not current.capture_id or current.received:
        return
    ordered_ms = current.deadline_ms - extended_ms(state, policy.capture_deadline_ms)
    if at_ms - ordered_ms >= current.beats * policy.heartbeat_ms * 9 // 10:
        state.round = replace(current, beats=current.beats + 1)


def _outstanding(state: State, capture_id: str, *, received: bool) -> Round | None:
    """Return the round if ``capture_id`` is its capture in progress, else None; between two, there is none."""
    current = state.round
    if (
        current is None
        or not current.capture_id
        or current.capture_id != capture_id
        or current.received is not received
    ):
        return None
    return current


def receive(state: State, event: CaptureReceived, policy: Policy, out: list[Decision]) -> None:
    """Accept or throw away a picture that arrived (I7)."""
    current = _outstanding(state, event.capture_id, received=False)
    if current is None:
        out.append(RejectCapture(capture_id=event.capture_id, reason=ReasonCode.CAPTURE_LATE))
        return
    if event.nonce != current.nonce:
        indicate(state, ReasonCode.CAPTURE_NONCE)
        out.append(RejectCapture(capture_id=event.capture_id, reason=ReasonCode.CAPTURE_NONCE))
        return
    see_camera(state, event.camera, virtual=event.virtual_camera)
    state.round = replace(
        state.round or current,
        received=True,
        deadline_ms=event.at_ms + ANALYSIS_DEADLINE_MS,
        withheld=current.withheld or current.beats >= BEATS_BEFORE_PICTURE,
    )
    out.append(
        AnalyseCapture(capture_id=event.capture_id, identity="identity" in policy.proofs or "pad" in policy.proofs)
    )


def see_camera(state: State, camera: str, *, virtual: bool) -> bool:
    """Note which camera a picture came from; return whether it is another one.

    Another camera re-opens identity and liveness: what passed before in this round counts no more.
    """
    if virtual:
        indicate(state, ReasonCode.VIRTUAL_CAMERA)
        state.live_wanted = state.live_wanted or not state.virtual
    state.virtual = virtual
    if camera == state.camera:
        return False
    if state.camera:
        indicate(state, ReasonCode.CAMERA_CHANGED)
        state.live_wanted = True
    state.camera = camera
    state.mirrored = False
    if state.round is not None:
        state.round = replace(state.round, passes=0)
    return True


def unavailable(
    state: State, event: CaptureUnavailable, policy: Policy, wall_ms: int
) -> tuple[Outcome, ReasonCode | None] | None:
    """The client cannot take the picture: a miss at once, without waiting for the deadline."""
    if _outstanding(state, event.capture_id, received=False) is None:
        return None
    reason = (
        event.reason
        if event.reason in (ReasonCode.CAMERA_UNAVAILABLE, ReasonCode.PAGE_HIDDEN)
        else (ReasonCode.CAMERA_UNAVAILABLE)
    )
    return _count(state, policy, wall_ms, reason)


def missed(state: State, policy: Policy, wall_ms: int) -> tuple[Outcome, ReasonCode | None] | None:
    """The outstanding capture's deadline has passed."""
    current = state.round
    if current is None:
        return None
    if current.received:
        return _count(state, policy, wall_ms, ReasonCode.NOT_ANALYSED)
    state.round = replace(current, withheld=current.withheld or current.beats >= BEATS_BEFORE_MISS)
    return _count(state, policy, wall_ms, ReasonCode.CAPTURE_MISSED)


def assess(
    state: State, event: CaptureAssessed, policy: Policy, wall_ms: int
) -> tuple[Outcome, ReasonCode | None] | None:
    """Count an analysed capture; return the round's outcome once it is decided.

    A pass with a reason is one that came only after the learner was asked to come back, for that reason, or could have
    been: the client held a picture back.
    """
    if _outstanding(state, event.capture_id, received=True) is None:
        return None
    reason = _problem(state, event, policy)
    return _count(state, policy, wall_ms, reason)


def _problem(state: State, event: CaptureAssessed, policy: Policy) -> ReasonCode | None:
    """Return why this capture does not pass, the most telling reason first; None where it passes."""
    assessment = event.assessment
    frame_px = (assessment.width_px, assessment.height_px)
    if frame_px != (0, 0):
        state.live_wanted = state.live_wanted or state.frame_px not in ((0, 0), frame_px)
        state.frame_px = frame_px
    for reason in assessment.reasons:
        if reason in LACKS or reason in BLOCKING:
            return reason
    lifeless = repeats.look(
        state, assessment, event.at_ms, seen_before=event.seen_before, repeats_max=policy.repeats_max
    )
    if lifeless is not None:
        indicate(state, lifeless)
        return lifeless
    return _face_problem(assessment, policy)


def _face_problem(assessment: FrameAssessment, policy: Policy) -> ReasonCode | None:
    face = assessment.main
    if face is None:
        return ReasonCode.NO_FACE
    blocking = next((reason for reason in face.reasons if reason in BLOCKING), None)
    if face.quality_bp < policy.quality_min_bp:
        return blocking or ReasonCode.IDENTITY_UNCERTAIN
    if "pad" in policy.proofs:
        if face.pad_bp is None:
            return ReasonCode.PAD_MISSING
        if face.pad_bp < policy.pad_min_bp:
            return ReasonCode.PAD_ATTACK
    if "identity" in policy.proofs:
        if face.similarity_bp is None:
            return blocking or ReasonCode.REFERENCE_MISSING
        if face.similarity_bp < policy.similarity_min_bp:
            # A bad view explains a low similarity; only a good one speaks against the person.
            return blocking or ReasonCode.NOT_SAME_PERSON
    return None


def _count(
    state: State, policy: Policy, wall_ms: int, reason: ReasonCode | None
) -> tuple[Outcome, ReasonCode | None] | None:
    current = state.round
    if current is None:
        raise AssertionError("a capture was counted outside a round")
    current = replace(
        current,
        capture_id="",
        received=False,
        passes=current.passes + (reason is None),
        refusals=current.refusals + (reason in REFUSALS),
        lacks=current.lacks + (reason in LACKS),
        reasons=current.reasons if reason is None else (*current.reasons, reason),
    )
    outcome = _decide(current, policy)
    if outcome is Outcome.PASSED:
        state.round = None
        absences = [miss for miss in current.reasons if miss in ABSENCES]
        called = current.withheld or len(absences) > policy.round_silent
        return outcome, (absences or [ReasonCode.CAPTURE_LATE])[0] if called else None
    if outcome is not None:
        state.round = None
        return outcome, _telling(current.reasons, outcome)
    slowly = reason is ReasonCode.NOT_ANALYSED or len(_misses(current)) > policy.round_silent
    pause_ms = extended_ms(state, policy.retake_prompted_ms) if slowly else policy.retake_ms
    state.round = replace(current, retake_at_ms=wall_ms + pause_ms)
    return None


def _misses(current: Round) -> list[ReasonCode]:
    """Return what was wrong with the round's captures, but for what was the service's fault."""
    return [reason for reason in current.reasons if reason is not ReasonCode.NOT_ANALYSED]


def _decide(current: Round, policy: Policy) -> Outcome | None:
    if current.passes >= policy.round_passes:
        return Outcome.PASSED
    if current.refusals >= policy.round_refusals:
        return Outcome.FAILED
    if sum(reason in LASTING for reason in current.reasons) > policy.round_passes:
        return Outcome.UNDECIDED
    if current.taken >= policy.round_captures:
        return Outcome.UNDECIDED if current.passes + current.lacks >= policy.round_passes else Outcome.FAILED
    return None


def _telling(reasons: Iterable[ReasonCode], outcome: Outcome) -> ReasonCode:
    """Return the reason to give: the most frequent of the kind that decided."""
    seen = tuple(reasons)
    kind = LACKS if outcome is Outcome.UNDECIDED else REFUSALS
    deciding = [reason for reason in seen if reason in kind] or seen
    return Counter(deciding).most_common(1)[0][0] if deciding else ReasonCode.CAPTURE_MISSED
