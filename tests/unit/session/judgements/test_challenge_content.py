"""The content of challenges: drawn from the seed, with one right answer, of a kind that the policy allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import POLICY
from support.hands import Hands
from zaichang.core.enums import ChallengeKind as K
from zaichang.session.events import Question
from zaichang.session.judgements.challenge_content import CODE_DIGITS, CONFIRM_LABELS, content_of, kind_of
from zaichang.session.owners import challenges
from zaichang.session.policy import Policy
from zaichang.session.state import State

QUESTIONS = (
    Question(question_id="q1", text="two and two", options=("four", "five", "six"), correct=0),
    Question(question_id="q2", text="three and three", options=("five", "six"), correct=1),
)
ALL = replace(POLICY, challenge_kinds=(K.CONFIRM, K.CODE, K.QUESTION, K.LIVENESS))


def state(policy: Policy = ALL, **info: Any) -> State:
    return Hands(policy, **info).state


def raw(last: int = 0) -> bytes:
    return bytes(31) + bytes((last,))


def drawn(session: State, policy: Policy, avoid: K | None = None) -> set[K]:
    return {kind_of(session, policy, raw(last), avoid) for last in range(60)}


def test_the_draw_spreads_over_the_kinds_that_the_policy_allows() -> None:
    assert drawn(state(questions=QUESTIONS), ALL) == {K.CONFIRM, K.CODE, K.QUESTION, K.LIVENESS}
    only = replace(ALL, challenge_kinds=(K.CODE,))
    assert drawn(state(only), only) == {K.CODE}


def test_a_lesson_without_questions_asks_none_and_a_session_without_pictures_asks_no_movements() -> None:
    assert K.QUESTION not in drawn(state(), ALL)
    assert drawn(state(questions=QUESTIONS, route="challenge"), ALL) == {K.CONFIRM, K.CODE, K.QUESTION}


def test_where_no_kind_can_be_used_a_confirmation_is_asked_for() -> None:
    only = replace(ALL, challenge_kinds=(K.QUESTION,))
    assert drawn(state(only), only) == {K.CONFIRM}


def test_a_kind_that_was_answered_too_fast_is_avoided_where_another_one_is_there() -> None:
    assert drawn(state(), ALL, avoid=K.CODE) == {K.CONFIRM, K.LIVENESS}
    only = replace(ALL, challenge_kinds=(K.CODE,))
    assert drawn(state(only), only, avoid=K.CODE) == {K.CODE}


def test_after_a_failure_the_code_follows_because_guessing_does_not_pass_it() -> None:
    session = Hands(replace(ALL, challenge_kinds=(K.CONFIRM, K.CODE)), route="challenge")
    assert drawn(session.state, session.policy) == {K.CONFIRM, K.CODE}
    challenges.fail(session.turn())
    assert drawn(session.state, session.policy) == {K.CODE}
    without = replace(session.policy, challenge_kinds=(K.CONFIRM,))
    assert drawn(session.state, without) == {K.CONFIRM}


def test_a_code_is_its_digits() -> None:
    assert content_of(state(), ALL, K.CODE, 0, bytes((7, 12, 230, 99)) + bytes(28)) == (
        "7209"[:CODE_DIGITS],
        (),
        "",
        (),
    )


@pytest.mark.parametrize("kind", [K.LIVENESS, K.LIGHT])
def test_movements_and_light_have_no_content_of_their_own(kind: K) -> None:
    assert content_of(state(), ALL, kind, 0, raw()) == ("", (), "", ())


def test_a_question_shows_all_its_options_and_names_the_place_of_the_right_one() -> None:
    session = state(questions=QUESTIONS)
    seen = set()
    for number in range(40):
        expected, options, text, labels = content_of(
            session, ALL, K.QUESTION, 0, bytes((0, 0, 0, number)) + bytes(range(number, number + 28))
        )
        question = next(each for each in QUESTIONS if each.text == text)
        assert sorted(options) == sorted(question.options) and labels == ()
        assert options[int(expected)] == question.options[question.correct]
        seen.add((text, options))
    assert {text for text, _ in seen} == {each.text for each in QUESTIONS}
    assert len(seen) > len(QUESTIONS), "the order of the options is drawn too"


def test_a_confirmation_shows_every_label_and_only_here_is_right() -> None:
    session = state()
    orders = set()
    for number in range(30):
        expected, options, text, labels = content_of(session, ALL, K.CONFIRM, number, bytes(range(number, number + 32)))
        assert sorted(labels) == sorted(CONFIRM_LABELS) and text == ""
        assert options[labels.index("here")] == expected
        assert len(set(options)) == len(options)
        orders.add(labels)
    assert len(orders) > 1


def test_the_keys_of_a_confirmation_are_new_for_each_one() -> None:
    session = state()
    first, second = (set(content_of(session, ALL, K.CONFIRM, number, raw())[1]) for number in (0, 1))
    assert not first & second
    assert set(content_of(session, ALL, K.CONFIRM, 0, raw())[1]) == first, "and the same for the same one"
