"""Judge the learner's answers to an open challenge: an answer, a passkey, the start or the result of a liveness try."""

from __future__ import annotations

from dataclasses import replace

from zaichang.core.enums import ChallengeKind, StepOutcome
from zaichang.core.ids import ChallengeId
from zaichang.core.reasons import ReasonCode
from zaichang.session import outcomes
from zaichang.session.events import ChallengeAnswered, LivenessAssessed, LivenessBegun, PasskeyAnswered, PasskeyDeclined
from zaichang.session.judgements import liveness_tries
from zaichang.session.owners import challenges, liveness, proofs, samples
from zaichang.session.turn import Turn
from zaichang.session.values import Challenge, Phase


def answer(turn: Turn, event: ChallengeAnswered | PasskeyAnswered) -> None:
    """Judge an answer and apply the result."""
    challenge = turn.state.challenges.open
    reason = challenges.judge(turn, event)
    if challenge is None or reason is ReasonCode.CHALLENGE_UNANSWERED:
        return
    if reason is None:
        outcomes.answered(turn, challenge.kind, None)
        return
    attempts = challenge.attempts + 1
    if not outcomes.use_up(turn, replace(challenge, attempts=attempts), reason):
        if reason is ReasonCode.CHALLENGE_TOO_FAST:
            liveness.want(turn)
            challenges.take_away(turn)
            passkey = challenge.kind == ChallengeKind.PASSKEY
            challenges.issue(turn, attempts=attempts, avoid=None if passkey else challenge.kind)


def decline_passkey(turn: Turn, event: PasskeyDeclined) -> None:
    """Ask for another answer in place of a passkey, because the learner cannot use one now."""
    challenge = turn.state.challenges.open
    if challenge is None or challenge.challenge_id != event.challenge_id or challenge.kind != ChallengeKind.PASSKEY:
        challenges.refuse(turn, event.challenge_id)
        return
    challenges.decline_passkey(turn, event.cause)


def begin_try(turn: Turn, event: LivenessBegun) -> None:
    """Begin a try. A try that still runs is used up; declined coloured light becomes a liveness challenge."""
    challenge = _tried(turn, event.challenge_id)
    if challenge is None or (not event.decline and liveness_tries.pressed_again(challenge, event.at_ms)):
        return
    challenge = challenges.interrupt_try(turn, challenge, lost=False)
    interrupted = ReasonCode.LIVENESS_INTERRUPTED
    if outcomes.use_up(turn, challenge, interrupted):
        challenges.tell(turn, challenge, interrupted, closed=True)
    elif event.decline and challenge.kind == ChallengeKind.LIGHT:
        challenges.take_away(turn)
        challenges.issue(turn, attempts=challenge.attempts, kind=ChallengeKind.LIVENESS)
    else:
        challenges.begin_try(turn, challenge)


def end_try(turn: Turn, event: LivenessAssessed) -> None:
    """Judge a try that has ended and apply the result."""
    challenge = _tried(turn, event.challenge_id)
    if challenge is None or not challenge.begun or event.attempt != challenge.tries:
        return  # the result belongs to a try that was cut short
    reason = _problem(turn, event, challenge)
    if reason is not None and turn.sampled and liveness_tries.faceless(event):
        # The try showed no face: a missed sample, which no draw could take while the try ran.
        if turn.state.playback.phase is Phase.ACTIVE and not challenge.faceless:
            samples.miss(turn, reason)
        challenges.void_try(turn, challenge)
        challenges.tell(turn, challenge, reason, closed=False)
        return
    after = challenges.end_try(turn, challenge, event, reason)
    closed = after is None or after.attempts >= turn.policy.challenge_attempts
    challenges.tell(turn, challenge, reason, closed=closed, accepted=after is None)
    if after is None:
        outcomes.answered(turn, challenge.kind, reason)
    else:
        outcomes.use_up(turn, after, reason or ReasonCode.LIVENESS_FAILED)


def _problem(turn: Turn, event: LivenessAssessed, challenge: Challenge) -> ReasonCode | None:
    """Return why the try did not pass, the most telling reason first; None where it passed."""
    if ReasonCode.NOT_ANALYSED in event.reasons:
        return ReasonCode.NOT_ANALYSED
    # A try without frames says nothing about the camera.
    filmed = event.camera != "" or any(step.frames for step in event.steps)
    if filmed and proofs.see_camera(turn, event.camera, virtual=event.virtual_camera):
        return ReasonCode.CAMERA_CHANGED
    order = liveness_tries.order_of(turn.state, challenge, turn.policy)
    if any(step.outcome == StepOutcome.MIRRORED for step in event.steps):
        liveness.set_mirrored(turn, mirrored=not turn.state.liveness.mirrored)
    problem = liveness_tries.problem(event, order, turn.policy)
    # A session that was let in against attack detection goes to review as a whole.
    return None if problem is ReasonCode.PAD_ATTACK and turn.state.samples.admitted else problem


def _tried(turn: Turn, challenge_id: ChallengeId) -> Challenge | None:
    """Return the challenge if it is open and answered by tries; otherwise tell the player that it is not open."""
    challenge = turn.state.challenges.open
    if challenge is None or challenge.challenge_id != challenge_id:
        challenges.refuse(turn, challenge_id)
        return None
    return challenge if challenge.kind in liveness_tries.KINDS else None
