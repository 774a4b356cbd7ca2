"""Challenges (验证弹窗): drawn from the seed, judged on the server. An answer faster than a person reads is refused.

Writes ``state.challenges`` and nothing else. ``outcomes`` applies an answer to credit and phase.
"""

from __future__ import annotations

from dataclasses import replace

from zaichang.core.enums import ChallengeKind, PasskeyCause
from zaichang.core.ids import ChallengeId
from zaichang.core.reason_table import LACKS
from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import ChallengeJudged, OrderChallenge
from zaichang.session.events import ChallengeAnswered, LivenessAssessed, PasskeyAnswered
from zaichang.session.judgements.challenge_content import content_of, kind_of
from zaichang.session.judgements.liveness_tries import KINDS, lasts_ms, order_of, steps_of, unblinking, unsure
from zaichang.session.judgements.passkeys import DECLINED_MAX
from zaichang.session.owners import credit
from zaichang.session.schedule import draw, next_due_ms
from zaichang.session.turn import Turn
from zaichang.session.values import Challenge

VARIANTS = 16
FAILURE_DELAY_MS = 5_000
FAILURE_DELAY_MAX_MS = 300_000
REACTIONS_KEPT = 6
PICKS_KEPT = 6
REGULAR_SPREAD_MS = 120
"""Reaction times that spread by less suggest a script with a fixed delay; people's spread far more."""


def is_liveness(challenge: Challenge | None) -> bool:
    """Return whether this challenge asks for movements. A learner who fails it may still have been present."""
    return challenge is not None and challenge.kind == ChallengeKind.LIVENESS


def is_due(challenge: Challenge | None) -> bool:
    """Return whether an open challenge can still be answered in time."""
    return challenge is not None and not challenge.overdue


def schedule(turn: Turn) -> None:
    """Draw when the next challenge is due. Where challenges are the proof, they come as often as captures would."""
    policy, captures, challenges, lots = turn.policy, turn.uses_captures, turn.state.challenges, turn.state.lots
    beacon, found_ms = challenges.drawn
    challenges.next_active_ms = next_due_ms(
        lots,
        "challenge",
        turn.state.playback.active_ms,
        mean_ms=policy.challenge_mean_ms if captures else policy.capture_mean_ms,
        min_gap_ms=policy.challenge_min_gap_ms if captures else policy.capture_min_gap_ms,
        max_gap_ms=policy.challenge_max_gap_ms if captures else policy.capture_max_gap_ms,
        found_ms=found_ms if beacon == lots.beacon else 0,
    )
    challenges.drawn = (lots.beacon, challenges.next_active_ms)


def attempts_of(turn: Turn, challenge: Challenge) -> int:
    """Return how many wrong answers this challenge may have: where a click alone is the proof, chance must not pass."""
    if turn.drawn and not turn.uses_captures and challenge.kind == ChallengeKind.CONFIRM:
        return turn.policy.confirm_attempts
    return turn.policy.challenge_attempts


def issue(
    turn: Turn,
    *,
    kind: ChallengeKind | None = None,
    attempts: int = 0,
    avoid: ChallengeKind | None = None,
    at_end: bool = False,
) -> None:
    """Issue a challenge unless one is open. While the player is offline, its time does not run.

    Args:
        turn: The turn.
        kind: Its kind; drawn where None.
        attempts: Attempts that are used up already.
        avoid: A kind that should not be drawn if there is another.
        at_end: Whether the lesson's end asks for it, not the draw.
    """
    challenges = turn.state.challenges
    challenges.due_ms = 0
    if challenges.open is not None:
        return
    raw = draw(turn.state.lots, "challenge-content", challenges.issued)
    kind = kind_of(turn.state, turn.policy, raw, avoid) if kind is None else kind
    expected, options, text, labels = content_of(turn.state, turn.policy, kind, challenges.issued, raw)
    challenges.open = Challenge(
        challenge_id=ChallengeId(f"q{challenges.issued}"),
        kind=kind,
        expected=expected,
        options=options,
        text=text,
        labels=labels,
        variant=raw[30] % VARIANTS,
        salt=raw[16:24].hex(),
        issued_at_ms=turn.now_ms,
        deadline_ms=0 if turn.state.link.hold else _fresh_deadline_ms(turn),
        attempts=attempts,
        at_end=at_end,
    )
    challenges.issued += 1
    if kind == ChallengeKind.PASSKEY:
        challenges.passkey_first = False
    repeat_order(turn)


def fail(turn: Turn) -> None:
    """Close a failed challenge. Each failure delays the next one further, so that guessing gains nothing."""
    challenges = turn.state.challenges
    challenges.open = None
    delay_ms = min(FAILURE_DELAY_MAX_MS, FAILURE_DELAY_MS << min(challenges.failures, 16))
    challenges.due_ms = turn.now_ms + delay_ms
    challenges.failures += 1


def take_away(turn: Turn) -> None:
    """Close the open challenge without a failure: another one follows, or the session closes."""
    turn.state.challenges.open = None


def keep(turn: Turn) -> None:
    """Treat the open challenge as a drawn one: the lesson's end asked for it, and the lesson plays on."""
    challenge = turn.state.challenges.open
    if challenge is not None and challenge.at_end:
        turn.state.challenges.open = replace(challenge, at_end=False)


def set_hold(turn: Turn, *, hold: bool) -> bool:
    """Record whether a failed challenge waits for its cure; return the previous value."""
    challenges = turn.state.challenges
    before, challenges.hold = challenges.hold, hold
    return before


def owe(turn: Turn, kind: ChallengeKind | None) -> None:
    """Record the kind of challenge that a closing session leaves open. The learner's next session begins with it."""
    turn.state.challenges.owed = kind


def excuse_deadline(turn: Turn, challenge: Challenge) -> None:
    """Remove the deadline of the open challenge while the network is down."""
    turn.state.challenges.open = replace(challenge, deadline_ms=0)


def resume(turn: Turn) -> None:
    """Show the open challenge again, with a fresh deadline if the old one was removed."""
    challenges = turn.state.challenges
    if challenges.open is not None and challenges.open.deadline_ms == 0:
        challenges.open = replace(challenges.open, deadline_ms=_fresh_deadline_ms(turn))
    repeat_order(turn)


def expire(turn: Turn) -> bool:
    """Mark the open challenge overdue, so that an answer only cures. Return whether it asks for liveness."""
    challenges = turn.state.challenges
    if challenges.open is not None:
        challenges.open = replace(challenges.open, overdue=True)
    return is_liveness(challenges.open)


def repeat_order(turn: Turn) -> None:
    """Show the open challenge (again, after a lost connection)."""
    challenge, held = turn.state.challenges.open, turn.state.info.passkeys
    if challenge is not None:
        passkey = challenge.kind == ChallengeKind.PASSKEY
        turn.add(
            OrderChallenge(
                challenge_id=challenge.challenge_id,
                kind=challenge.kind,
                deadline_ms=challenge.deadline_ms,
                options=challenge.options,
                text=challenge.text,
                labels=challenge.labels,
                code=challenge.expected if challenge.kind == ChallengeKind.CODE else "",
                nonce=challenge.expected if passkey else None,
                rp_id=held.rp_id if passkey and held is not None else None,
                variant=challenge.variant,
                salt=challenge.salt,
                steps=steps_of(challenge.kind, turn.policy),
            )
        )


def judge(turn: Turn, event: ChallengeAnswered | PasskeyAnswered) -> ReasonCode | None:
    """Judge an answer.

    Returns:
        None for a correct answer; CHALLENGE_UNANSWERED if it answers no open challenge (nothing changes); otherwise the
        reason of its refusal. The caller acts on attempts and on an overdue challenge.
    """
    challenges, policy = turn.state.challenges, turn.policy
    challenge = challenges.open
    # (1) It must answer the open challenge.
    if challenge is None or challenge.challenge_id != event.challenge_id:
        return refuse(turn, event.challenge_id)
    # (2) Not faster than a person reads, or touches a sensor.
    reaction_ms = event.at_ms - challenge.issued_at_ms
    if reaction_ms < policy.reaction_min_ms and challenge.kind not in KINDS:
        credit.indicate(turn, ReasonCode.CHALLENGE_TOO_FAST)
        tell(turn, challenge, ReasonCode.CHALLENGE_TOO_FAST, closed=True)
        return ReasonCode.CHALLENGE_TOO_FAST
    # (3) Right; a challenge of tries has no right answer.
    wrong = _wrong(turn, challenge, event)
    if wrong is not None:
        credit.indicate(turn, wrong)
        challenges.open = replace(challenge, attempts=challenge.attempts + 1)
        out_of_tries = challenge.attempts + 1 >= attempts_of(turn, challenge)
        tell(turn, challenge, wrong, closed=out_of_tries)
        return wrong
    # (4) Answered.
    _watch_regularity(turn, reaction_ms)
    challenges.open = None
    challenges.failures = 0
    if challenge.kind == ChallengeKind.PASSKEY:
        challenges.passkey_declined = 0
    tell(turn, challenge, None, closed=True, accepted=True)
    return None


def _wrong(turn: Turn, challenge: Challenge, event: ChallengeAnswered | PasskeyAnswered) -> ReasonCode | None:
    """Return why this is not the answer asked for; None where it is."""
    passkey = challenge.kind == ChallengeKind.PASSKEY
    if isinstance(event, PasskeyAnswered):
        held = passkey and event.verified and event.credential_id in challenge.options
        return None if held else ReasonCode.PASSKEY_FAILED
    answer = event.answer.strip()
    _watch_places(turn, challenge, answer)
    # The page was shown the nonce that a passkey signs, so typing it back says nothing.
    right = answer == challenge.expected and not passkey and challenge.kind not in KINDS
    return None if right else ReasonCode.CHALLENGE_WRONG


def decline_passkey(turn: Turn, cause: PasskeyCause) -> None:
    """Record that the learner cannot use a passkey now, and ask for another answer at no cost of attempts."""
    challenges = turn.state.challenges
    lasting = cause is PasskeyCause.UNSUPPORTED
    challenges.passkey_declined = DECLINED_MAX if lasting else challenges.passkey_declined + 1
    attempts = challenges.open.attempts if challenges.open is not None else 0
    credit.indicate(turn, ReasonCode.PASSKEY_MISSING)
    take_away(turn)
    issue(turn, attempts=attempts, avoid=ChallengeKind.PASSKEY)


def refuse(turn: Turn, challenge_id: ChallengeId) -> ReasonCode:
    """Tell the player that this challenge is not open."""
    reason = ReasonCode.CHALLENGE_UNANSWERED
    turn.add(ChallengeJudged(challenge_id=challenge_id, accepted=False, reason=reason, closed=True))
    return reason


def tell(turn: Turn, challenge: Challenge, reason: ReasonCode | None, *, closed: bool, accepted: bool = False) -> None:
    """Tell the player the judgement of an answer or a try."""
    turn.add(ChallengeJudged(challenge_id=challenge.challenge_id, accepted=accepted, reason=reason, closed=closed))


def begin_try(turn: Turn, challenge: Challenge) -> None:
    """Order the next try. It gets its full time even if the challenge's deadline comes earlier."""
    trying = replace(challenge, tries=challenge.tries + 1)
    order = order_of(turn.state, trying, turn.policy)
    left_ms = challenge.deadline_ms or _fresh_deadline_ms(turn)
    turn.state.challenges.open = replace(
        trying,
        begun=True,
        begun_ms=turn.now_ms,
        deadline_ms=max(left_ms, turn.now_ms + lasts_ms(order, turn.policy)),
        first_deadline_ms=challenge.first_deadline_ms or left_ms,
    )
    turn.add(order)


def interrupt_try(turn: Turn, challenge: Challenge, *, lost: bool) -> Challenge:
    """End the running try, if there is one. It is used up, unless a lost connection cut it short."""
    if not challenge.begun:
        return challenge
    excused = lost and not challenge.excused
    ended = replace(
        challenge,
        begun=False,
        excused=challenge.excused or excused,
        attempts=challenge.attempts + (not excused),
    )
    turn.state.challenges.open = ended
    return ended


def void_try(turn: Turn, challenge: Challenge) -> None:
    """End a try without a face: it costs no attempt and wins no time."""
    turn.state.challenges.open = replace(challenge, begun=False, faceless=True, deadline_ms=challenge.first_deadline_ms)


def end_try(turn: Turn, challenge: Challenge, event: LivenessAssessed, reason: ReasonCode | None) -> Challenge | None:
    """End the try that failed for ``reason``; return the challenge if it goes on, None if it is answered."""
    challenges = turn.state.challenges
    if reason is None or (reason in LACKS and reason is not ReasonCode.NOT_ANALYSED):
        challenges.open = None
        challenges.failures = 0
        return None
    ended = replace(challenge, begun=False)
    if reason is ReasonCode.NOT_ANALYSED:
        # The service's fault: it costs no try and no time.
        ended = replace(ended, deadline_ms=max(ended.deadline_ms, _fresh_deadline_ms(turn)))
    else:
        if reason is not ReasonCode.CAMERA_CHANGED:  # counted already when it was detected
            credit.indicate(turn, reason)
        ended = replace(
            ended,
            attempts=challenge.attempts + 1,
            unsure=challenge.unsure or unsure(event, reason, turn.policy),
            unblinking=challenge.unblinking or unblinking(event, turn.policy),
        )
    challenges.open = ended
    return ended


def _fresh_deadline_ms(turn: Turn) -> int:
    return turn.now_ms + turn.state.extended_ms(turn.policy.challenge_deadline_ms)


def _watch_places(turn: Turn, challenge: Challenge, answer: str) -> None:
    """Record which position was clicked. Always the same position, including wrong answers, suggests a script."""
    challenges = turn.state.challenges
    asked = challenge.kind == ChallengeKind.QUESTION
    chosen = tuple(str(place) for place in range(len(challenge.options))) if asked else challenge.options
    if answer not in chosen:
        return
    place = chosen.index(answer)
    picks = (*challenges.picks, place if answer == challenge.expected else -1 - place)[-PICKS_KEPT:]
    places = {pick if pick >= 0 else -1 - pick for pick in picks}
    same = len(picks) == PICKS_KEPT and len(places) == 1 and min(picks) < 0
    if same:
        credit.indicate(turn, ReasonCode.CHALLENGE_SAME_ANSWER)
    challenges.picks = () if same else picks


def _watch_regularity(turn: Turn, reaction_ms: int) -> None:
    challenges = turn.state.challenges
    challenges.reactions_ms = (*challenges.reactions_ms, reaction_ms)[-REACTIONS_KEPT:]
    if len(challenges.reactions_ms) == REACTIONS_KEPT:
        if max(challenges.reactions_ms) - min(challenges.reactions_ms) < REGULAR_SPREAD_MS:
            credit.indicate(turn, ReasonCode.CHALLENGE_TOO_REGULAR)
