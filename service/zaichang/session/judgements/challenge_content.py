"""The content of a challenge: its kind, right answer and shown options. Pure, drawn from the seed."""

from __future__ import annotations

from typing import Final, assert_never

from zaichang.core.enums import ChallengeKind
from zaichang.session.judgements import passkeys
from zaichang.session.judgements.liveness_tries import KINDS
from zaichang.session.owners import liveness
from zaichang.session.policy import Policy
from zaichang.session.schedule import draw
from zaichang.session.state import State

CONFIRM_LABELS: Final = ("here", "away", "later")
"""What the buttons of *confirm* stand for; only the first is right. Order and keys are drawn for each challenge."""
CODE_DIGITS: Final = 4

Content = tuple[str, tuple[str, ...], str, tuple[str, ...]]
"""The expected answer, the options as shown, the text, the labels as shown."""


def kind_of(state: State, policy: Policy, raw: bytes, avoid: ChallengeKind | None) -> ChallengeKind:
    """Return the kind of the next challenge.

    Args:
        state: Of the session.
        policy: Of the session.
        raw: The challenge's draw.
        avoid: A kind that was just answered too fast, or a passkey that was just declined; another one follows where
            there is one.
    """
    if liveness.forced(state, policy):
        return ChallengeKind.LIVENESS
    if passkeys.asked(state, policy) and avoid is not ChallengeKind.PASSKEY:
        return ChallengeKind.PASSKEY
    if state.challenges.failures and ChallengeKind.CODE in policy.challenge_kinds:
        return ChallengeKind.CODE  # the kind that resists guessing
    kinds = [kind for kind in policy.challenge_kinds if _usable(state, policy, kind)] or [ChallengeKind.CONFIRM]
    if passkeys.available(state, policy):
        kinds.append(ChallengeKind.PASSKEY)
    others = [kind for kind in kinds if kind != avoid] or kinds
    return others[raw[31] % len(others)]


def content_of(state: State, policy: Policy, kind: ChallengeKind, number: int, raw: bytes) -> Content:
    """Return the content of a challenge of this kind.

    Args:
        state: Of the session.
        policy: Of the session.
        kind: Which kind.
        number: 0, 1, 2, ... within the session.
        raw: The challenge's draw.
    """
    match kind:
        case ChallengeKind.LIVENESS | ChallengeKind.LIGHT:
            return "", (), "", ()
        case ChallengeKind.CODE:
            return "".join(str(byte % 10) for byte in raw[:CODE_DIGITS]), (), "", ()
        case ChallengeKind.QUESTION:
            questions = state.info.questions
            question = questions[int.from_bytes(raw[:4], "big") % len(questions)]
            order = _shuffled(raw[4:16], len(question.options))
            options = tuple(question.options[place] for place in order)
            return str(order.index(question.correct)), options, question.text, ()
        case ChallengeKind.CONFIRM:
            keys = draw(state.lots, "challenge-keys", number)
            labels = tuple(CONFIRM_LABELS[place] for place in _shuffled(raw, len(CONFIRM_LABELS)))
            options = tuple(keys[8 * place :][:4].hex() for place in range(len(labels)))
            return options[labels.index("here")], options, "", labels
        case ChallengeKind.PASSKEY:
            return draw(state.lots, "passkey", number).hex(), passkeys.usable(state, policy), "", ()
        case _:
            assert_never(kind)


def _usable(state: State, policy: Policy, kind: ChallengeKind) -> bool:
    if kind in KINDS:
        return state.uses_captures(policy)
    return kind != ChallengeKind.QUESTION or bool(state.info.questions)


def _shuffled(raw: bytes, count: int) -> list[int]:
    order = list(range(count))
    for place in range(count - 1, 0, -1):
        other = raw[place] % (place + 1)
        order[place], order[other] = order[other], order[place]
    return order
