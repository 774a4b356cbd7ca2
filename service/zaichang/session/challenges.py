"""Pop-up challenges (验证弹窗): drawn from the seed, judged on the server, too fast for a person is no answer."""

from __future__ import annotations

from dataclasses import replace

from zaichang.core.reasons import ReasonCode
from zaichang.session import liveness
from zaichang.session.decisions import ChallengeJudged, Decision, OrderChallenge
from zaichang.session.events import ChallengeAnswered
from zaichang.session.policy import Policy
from zaichang.session.rounds import extended_ms, indicate, uses_captures
from zaichang.session.schedule import draw
from zaichang.session.state import Challenge, State

CONFIRM_LABELS = ("here", "away", "later")
"""What the confirm pop-up's buttons stand for; only the first is right. Order and keys are drawn for each pop-up."""

CODE_DIGITS = 4
VARIANTS = 16
FAILURE_DELAY_MS = 5_000
FAILURE_DELAY_MAX_MS = 300_000
REACTIONS_KEPT = 6
PICKS_KEPT = 6
REGULAR_SPREAD_MS = 120
"""People's reaction times spread by far more than this; scripts with a fixed delay do not."""


def _shuffled(raw: bytes, count: int) -> list[int]:
    order = list(range(count))
    for place in range(count - 1, 0, -1):
        other = raw[place] % (place + 1)
        order[place], order[other] = order[other], order[place]
    return order


def _kind(state: State, policy: Policy, raw: bytes, avoid: str) -> str:
    if liveness.forced(state, policy):
        return liveness.LIVENESS
    if state.challenge_failures and "code" in policy.challenge_kinds:
        return "code"  # the kind that guessing does not get past
    kinds = [kind for kind in policy.challenge_kinds if _usable(state, policy, kind)] or ["confirm"]
    others = [kind for kind in kinds if kind != avoid] or kinds
    return others[raw[31] % len(others)]


def _usable(state: State, policy: Policy, kind: str) -> bool:
    if kind in liveness.KINDS:
        return uses_captures(state, policy)
    return kind != "question" or bool(state.info.questions)


def _content(state: State, kind: str, number: int, raw: bytes) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    """Return (expected answer, options as shown, text, labels as shown)."""
    if kind in liveness.KINDS:
        return "", (), "", ()
    if kind == "code":
        return "".join(str(byte % 10) for byte in raw[:CODE_DIGITS]), (), "", ()
    if kind == "question":
        questions = state.info.questions
        question = questions[int.from_bytes(raw[:4], "big") % len(questions)]
        order = _shuffled(raw[4:16], len(question.options))
        return str(order.index(question.correct)), tuple(question.options[i] for i in order), question.text, ()
    keys = draw(state.lots, "challenge-keys", number)
    labels = tuple(CONFIRM_LABELS[i] for i in _shuffled(raw, len(CONFIRM_LABELS)))
    options = tuple(keys[8 * place :][:4].hex() for place in range(len(labels)))
    return options[labels.index("here")], options, "", labels


def issue(
    state: State,
    policy: Policy,
    wall_ms: int,
    out: list[Decision],
    *,
    attempts: int = 0,
    avoid: str = "",
    kind: str = "",
) -> None:
    """Issue a pop-up, of the kind given or drawn, unless one is outstanding; offline, its time does not run yet."""
    state.challenge_due_ms = 0
    if state.challenge is not None:
        return
    raw = draw(state.lots, "challenge-content", state.challenges)
    kind = kind or _kind(state, policy, raw, avoid)
    expected, options, text, labels = _content(state, kind, state.challenges, raw)
    state.challenge = Challenge(
        challenge_id=f"q{state.challenges}",
        kind=kind,
        expected=expected,
        options=options,
        text=text,
        labels=labels,
        variant=raw[30] % VARIANTS,
        salt=raw[16:24].hex(),
        issued_at_ms=wall_ms,
        deadline_ms=0 if state.link_hold else wall_ms + extended_ms(state, policy.challenge_deadline_ms),
        attempts=attempts,
    )
    state.challenges += 1
    repeat_order(state, policy, out)


def fail(state: State, wall_ms: int) -> None:
    """Take a failed pop-up away; the next one comes later with every failure, so that guessing leads nowhere."""
    state.challenge = None
    delay_ms = min(FAILURE_DELAY_MAX_MS, FAILURE_DELAY_MS << min(state.challenge_failures, 16))
    state.challenge_due_ms = wall_ms + delay_ms
    state.challenge_failures += 1


def resume(state: State, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    """Show the outstanding pop-up again, with a fresh deadline where the network had excused the old one."""
    challenge = state.challenge
    if challenge is not None and challenge.deadline_ms == 0:
        state.challenge = replace(challenge, deadline_ms=wall_ms + extended_ms(state, policy.challenge_deadline_ms))
    repeat_order(state, policy, out)


def expire(state: State) -> bool:
    """Mark the outstanding pop-up overdue: an answer then only cures. Return whether it asks for movements."""
    challenge = state.challenge
    if challenge is not None:
        state.challenge = replace(challenge, overdue=True)
    return alive(challenge)


def alive(challenge: Challenge | None) -> bool:
    """Return whether this pop-up asks for movements: who fails it may still have been there."""
    return challenge is not None and challenge.kind == liveness.LIVENESS


def repeat_order(state: State, policy: Policy, out: list[Decision]) -> None:
    """Show the outstanding pop-up (again, after a lost connection)."""
    challenge = state.challenge
    if challenge is not None:
        out.append(
            OrderChallenge(
                challenge_id=challenge.challenge_id,
                kind=challenge.kind,
                deadline_ms=challenge.deadline_ms,
                options=challenge.options,
                text=challenge.text,
                labels=challenge.labels,
                code=challenge.expected if challenge.kind == "code" else "",
                variant=challenge.variant,
                salt=challenge.salt,
                steps=liveness.steps_of(challenge.kind, policy),
            )
        )


def judge(state: State, event: ChallengeAnswered, policy: Policy, out: list[Decision]) -> ReasonCode | None:
    """Judge an answer.

    Returns:
        None where it was right; CHALLENGE_UNANSWERED where it answers no outstanding pop-up (nothing changes);
        otherwise why it was not accepted. The caller acts on attempts and on an overdue pop-up.
    """
    challenge = state.challenge
    if challenge is None or challenge.challenge_id != event.challenge_id:
        return refuse(event.challenge_id, out)
    reaction_ms = event.at_ms - challenge.issued_at_ms
    if reaction_ms < policy.reaction_min_ms and challenge.kind not in liveness.KINDS:
        indicate(state, ReasonCode.CHALLENGE_TOO_FAST)
        out.append(_judged(challenge, ReasonCode.CHALLENGE_TOO_FAST, closed=True))
        return ReasonCode.CHALLENGE_TOO_FAST
    _watch_places(state, challenge, event.answer.strip())
    if challenge.kind in liveness.KINDS or event.answer.strip() != challenge.expected:
        indicate(state, ReasonCode.CHALLENGE_WRONG)
        state.challenge = replace(challenge, attempts=challenge.attempts + 1)
        out_of_tries = challenge.attempts + 1 >= policy.challenge_attempts
        out.append(_judged(challenge, ReasonCode.CHALLENGE_WRONG, closed=out_of_tries))
        return ReasonCode.CHALLENGE_WRONG
    _watch_regularity(state, reaction_ms)
    state.challenge = None
    state.challenge_failures = 0
    out.append(_judged(challenge, None, closed=True))
    return None


def refuse(challenge_id: str, out: list[Decision]) -> ReasonCode:
    """Say that what was answered is not outstanding."""
    reason = ReasonCode.CHALLENGE_UNANSWERED
    out.append(ChallengeJudged(challenge_id=challenge_id, accepted=False, reason=reason, closed=True))
    return reason


def _judged(challenge: Challenge, reason: ReasonCode | None, *, closed: bool) -> ChallengeJudged:
    return ChallengeJudged(challenge_id=challenge.challenge_id, accepted=reason is None, reason=reason, closed=closed)


def _watch_places(state: State, challenge: Challenge, answer: str) -> None:
    """Note the place of the chosen option: always the same one, and wrong among them, is nobody who reads."""
    asked = challenge.kind == "question"
    chosen = tuple(str(place) for place in range(len(challenge.options))) if asked else challenge.options
    if answer not in chosen:
        return
    place = chosen.index(answer)
    state.picks = (*state.picks, place if answer == challenge.expected else -1 - place)[-PICKS_KEPT:]
    places = {pick if pick >= 0 else -1 - pick for pick in state.picks}
    if len(state.picks) == PICKS_KEPT and len(places) == 1 and min(state.picks) < 0:
        indicate(state, ReasonCode.CHALLENGE_SAME_ANSWER)
        state.picks = ()


def _watch_regularity(state: State, reaction_ms: int) -> None:
    state.reactions_ms = (*state.reactions_ms, reaction_ms)[-REACTIONS_KEPT:]
    if len(state.reactions_ms) == REACTIONS_KEPT:
        if max(state.reactions_ms) - min(state.reactions_ms) < REGULAR_SPREAD_MS:
            indicate(state, ReasonCode.CHALLENGE_TOO_REGULAR)
