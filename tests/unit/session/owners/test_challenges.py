"""Challenges: drawn, judged, repeated; too fast, wrong, late, regular."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from support.desk import changed, put
from support.hands import Hands
from zaichang.core.enums import ChallengeKind
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.judgements import challenge_content
from zaichang.session.owners import challenges
from zaichang.session.owners.challenges import FAILURE_DELAY_MAX_MS, FAILURE_DELAY_MS
from zaichang.session.policy import Policy
from zaichang.session.schedule import draw

BANK = tuple(
    e.Question(question_id=f"k{n}", text=f"question {n}", options=("red", "green", "blue"), correct=n % 3)
    for n in range(5)
)
CHALLENGES = Policy(proofs=(), challenge_kinds=("confirm", "code", "question"))


def hands(**policy: object) -> Hands:
    """Return a session on the route without face recognition: its first challenge is outstanding."""
    return Hands(replace(CHALLENGES, **policy), questions=BANK)


def issued(number: int, kinds: tuple[str, ...], **info: object) -> d.OrderChallenge:
    session = Hands(replace(CHALLENGES, challenge_kinds=kinds), **info)
    put(session.state, challenges={"open": None})
    put(session.state, challenges={"issued": number})
    turn = session.turn()
    challenges.issue(turn)
    order = turn.out[0]
    assert isinstance(order, d.OrderChallenge)
    return order


def test_kinds_are_drawn_from_the_policy() -> None:
    kinds = Counter(issued(n, ("confirm", "code", "question"), questions=BANK).kind for n in range(200))
    assert set(kinds) == {"confirm", "code", "question"}
    assert min(kinds.values()) > 40


@pytest.mark.parametrize("kinds", [(), ("question",)])
def test_without_a_usable_kind_there_is_still_a_button(kinds: tuple[str, ...]) -> None:
    assert {issued(n, kinds).kind for n in range(20)} == {"confirm"}


def test_questions_are_left_out_where_the_course_has_none() -> None:
    assert {issued(n, ("code", "question")).kind for n in range(30)} == {"code"}


def test_a_code_is_four_digits_that_change() -> None:
    orders = [issued(n, ("code",)) for n in range(100)]
    assert all(order.code.isdecimal() and len(order.code) == 4 for order in orders)
    assert len({order.code for order in orders}) > 90
    assert {digit for order in orders for digit in order.code} == set("0123456789")
    assert all(order.options == () and order.text == "" for order in orders)


def test_buttons_come_in_every_order_and_look() -> None:
    orders = [issued(n, ("confirm",)) for n in range(200)]
    assert len({order.labels for order in orders}) == 6
    assert {order.variant for order in orders} == set(range(16))
    assert all(set(order.labels) == {"here", "away", "later"} and order.code == "" for order in orders)


def test_the_key_of_a_button_says_nothing_and_never_comes_again() -> None:
    orders = [issued(n, ("confirm",)) for n in range(200)]
    keys = [key for order in orders for key in order.options]
    assert len(set(keys)) == len(keys) == 600
    assert {len(key) for key in keys} == {8} and all(set(key) <= set("0123456789abcdef") for key in keys)
    session = hands(challenge_kinds=("confirm",))
    challenge = session.state.challenges.open
    assert challenge is not None
    assert challenge.expected == challenge.options[challenge.labels.index("here")]
    order = session.of(d.OrderChallenge)[0]
    assert (order.options, order.labels) == (challenge.options, challenge.labels)
    session.answer("here")
    assert session.of(d.ChallengeJudged)[0].reason is ReasonCode.CHALLENGE_WRONG, "the label is no answer"


def test_buttons_and_questions_can_be_recomputed_from_the_seed() -> None:
    session = Hands(replace(CHALLENGES, challenge_kinds=("question",)), questions=BANK)
    state = session.state
    for number in range(20):
        keys, raw = draw(state.lots, "challenge-keys", number), draw(state.lots, "challenge-content", number)
        expected, options, text, labels = challenge_content.content_of(
            state, session.policy, ChallengeKind.CONFIRM, number, raw
        )
        assert (expected, text) == (options[labels.index("here")], "")
        assert options == (keys[:4].hex(), keys[8:12].hex(), keys[16:20].hex())
        assert labels == tuple(challenge_content.CONFIRM_LABELS[i] for i in challenge_content._shuffled(raw, 3))
        asked = BANK[int.from_bytes(raw[:4], "big") % len(BANK)]
        order = challenge_content._shuffled(raw[4:16], len(asked.options))
        shown = challenge_content.content_of(state, session.policy, ChallengeKind.QUESTION, number, raw)
        assert shown == (str(order.index(asked.correct)), tuple(asked.options[i] for i in order), asked.text, ())
        assert challenge_content.content_of(state, session.policy, ChallengeKind.LIVENESS, number, raw) == (
            "",
            (),
            "",
            (),
        )


def test_an_unknown_kind_is_an_error_and_never_another_kind() -> None:
    session = hands()
    with pytest.raises(AssertionError):
        challenge_content.content_of(session.state, session.policy, "riddle", 0, bytes(32))  # type: ignore[arg-type]  # the bug


def test_only_buttons_have_labels() -> None:
    code = issued(1, ("code",))
    assert (code.labels, code.steps) == ((), 0)


def test_a_question_is_shuffled_and_its_answer_follows() -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for number in range(200):
        session = Hands(replace(CHALLENGES, challenge_kinds=("question",)), questions=BANK)
        put(session.state, challenges={"open": None})
        put(session.state, challenges={"issued": number})
        challenges.issue(session.turn())
        asked = session.state.challenges.open
        assert asked is not None
        question = next(q for q in BANK if q.text == asked.text)
        assert asked.options[int(asked.expected)] == question.options[question.correct]
        seen[(asked.text, asked.expected)] += 1
    assert len({text for text, _ in seen}) == 5
    assert len({expected for _, expected in seen}) == 3


def test_the_content_is_the_published_draw() -> None:
    session = hands(challenge_kinds=("code",))
    raw = draw(session.state.lots, "challenge-content", 0)
    order = session.of(d.OrderChallenge)[0]
    assert order.code == "".join(str(byte % 10) for byte in raw[:4])
    assert order.variant == raw[30] % 16
    assert order.challenge_id == "q0"
    assert order.salt == raw[16:24].hex()
    assert session.state.challenges.due_ms == 0


def test_only_the_last_wrong_answer_takes_the_challenge_away() -> None:
    session = hands(challenge_kinds=("code",))
    for _ in range(3):
        session.answer("wrong")
    assert [one.closed for one in session.of(d.ChallengeJudged)] == [False, False, True]


def test_the_draw_decides_the_kind_and_the_question() -> None:
    session = hands()
    raw = draw(session.state.lots, "challenge-content", 0)
    assert session.of(d.OrderChallenge)[0].kind == ("confirm", "code", "question")[raw[31] % 3]
    asked = issued(7, ("question",), questions=BANK)
    raw = draw(session.state.lots, "challenge-content", 7)
    assert asked.text == BANK[int.from_bytes(raw[:4], "big") % 5].text


def test_an_allowance_makes_the_deadline_longer() -> None:
    for extra_pct, expected_ms in ((0, 90_000), (50, 135_000), (1, 90_900)):
        session = Hands(CHALLENGES, extra_time_pct=extra_pct)
        assert session.of(d.OrderChallenge)[0].deadline_ms - session.now_ms == expected_ms


def test_one_at_a_time() -> None:
    session = hands()
    turn = session.turn()
    challenges.issue(turn)
    assert turn.out == []
    assert session.state.challenges.issued == 1


def test_a_right_answer_passes_and_closes() -> None:
    session = hands()
    (judged, *_) = session.answer()
    assert judged == d.ChallengeJudged(challenge_id="q0", accepted=True, reason=None, closed=True)
    assert session.state.challenges.open is None
    assert session.state.proofs.hold is None


def test_an_answer_may_have_spaces_around_it() -> None:
    session = hands(challenge_kinds=("code",))
    assert session.state.challenges.open is not None
    session.answer(f"  {session.state.challenges.open.expected} ")
    assert session.of(d.ChallengeJudged)[0].accepted


@pytest.mark.parametrize("challenge_id", ["q1", "", "q00"])
def test_an_answer_to_another_challenge_changes_nothing(challenge_id: str) -> None:
    session = hands().wait(3_000)
    before = session.state
    (judged,) = session.do(e.ChallengeAnswered, challenge_id=challenge_id, answer="here")
    assert judged == d.ChallengeJudged(
        challenge_id=challenge_id, accepted=False, reason=ReasonCode.CHALLENGE_UNANSWERED, closed=True
    )
    assert session.state == changed(before, playback={"reached_ms": session.now_ms})


def test_an_answer_without_a_challenge_changes_nothing() -> None:
    session = hands()
    session.answer()
    (judged,) = session.do(e.ChallengeAnswered, challenge_id="q0", answer="here")
    assert isinstance(judged, d.ChallengeJudged)
    assert judged.reason is ReasonCode.CHALLENGE_UNANSWERED


@pytest.mark.parametrize(("after_ms", "accepted"), [(699, False), (700, True)])
def test_faster_than_a_person_is_no_answer_and_another_kind_follows(after_ms: int, accepted: bool) -> None:
    session = hands()
    assert session.state.challenges.open is not None
    kind = session.state.challenges.open.kind
    out = session.answer(after_ms=after_ms)
    judged = out[0]
    assert isinstance(judged, d.ChallengeJudged)
    assert judged.accepted is accepted and judged.closed
    if accepted:
        assert judged.reason is None
        return
    assert judged.reason is ReasonCode.CHALLENGE_TOO_FAST
    assert session.indicated()["CHALLENGE_TOO_FAST"] == 1
    follow_up = session.state.challenges.open
    assert follow_up is not None
    assert follow_up.challenge_id == "q1"
    assert follow_up.kind != kind
    assert follow_up.attempts == 1
    assert follow_up.issued_at_ms == session.now_ms
    assert isinstance(out[1], d.OrderChallenge)


def test_where_there_is_only_one_kind_it_follows_itself() -> None:
    session = hands(challenge_kinds=("confirm",))
    session.answer(after_ms=0)
    assert session.state.challenges.open is not None
    assert session.state.challenges.open.kind == "confirm"


def test_a_wrong_answer_leaves_the_challenge_until_the_tries_are_used_up() -> None:
    session = hands()
    first = session.answer("wrong")
    assert first == (
        d.ChallengeJudged(challenge_id="q0", accepted=False, reason=ReasonCode.CHALLENGE_WRONG, closed=False),
    )
    session.answer("wrong")
    third = session.answer("wrong")
    assert third[0] == d.ChallengeJudged(
        challenge_id="q0", accepted=False, reason=ReasonCode.CHALLENGE_WRONG, closed=True
    )
    assert session.state.challenges.hold
    assert session.state.challenges.open is None
    session.tick(FAILURE_DELAY_MS)
    assert session.state.challenges.open is not None
    assert session.state.challenges.open.challenge_id == "q1"
    assert session.state.challenges.open.kind == "code"
    assert session.state.challenges.open.attempts == 0


def test_each_failed_challenge_makes_the_next_wait_longer_and_a_right_answer_ends_that() -> None:
    session = hands()
    for failures in range(8):
        for _ in range(3):
            session.answer("wrong")
        assert session.state.challenges.due_ms - session.now_ms == min(
            FAILURE_DELAY_MAX_MS, FAILURE_DELAY_MS << failures
        )
        while session.state.challenges.open is None:
            session.wait(5_000).beat(0)
    session.answer()
    assert (session.state.challenges.failures, session.state.challenges.hold) == (0, False)


def test_where_no_code_is_in_use_another_kind_follows_a_failure() -> None:
    session = hands(challenge_kinds=("confirm",))
    for _ in range(3):
        session.answer("wrong")
    session.tick(FAILURE_DELAY_MS)
    assert session.state.challenges.open is not None
    assert session.state.challenges.open.kind == "confirm"


def test_wrong_and_too_fast_use_the_same_tries() -> None:
    session = hands()
    session.answer("wrong")
    session.answer(after_ms=3_000, text="wrong")
    before = session.state.challenges.issued
    assert session.state.challenges.open is not None
    put(session.state, challenges={"open": replace(session.state.challenges.open, issued_at_ms=session.now_ms)})
    session.answer(after_ms=0)
    assert session.state.challenges.hold
    assert session.state.challenges.open is None
    session.tick(FAILURE_DELAY_MS)
    assert session.state.challenges.issued == before + 1


def test_the_same_reaction_time_again_and_again_is_an_indicator() -> None:
    session = hands(capture_mean_ms=5_000, capture_min_gap_ms=1_000, capture_max_gap_ms=5_000)
    for number in range(7):
        while session.state.challenges.open is None:
            session.wait(1_000).beat(session.state.playback.beat_playhead_ms + 1_000)
        assert ("CHALLENGE_TOO_REGULAR" in session.indicated()) is (number >= 6)
        session.answer(after_ms=3_000 + number * 20)
    assert session.indicated()["CHALLENGE_TOO_REGULAR"] == 2
    assert len(session.state.challenges.reactions_ms) == 6


@pytest.mark.parametrize(("spread_ms", "flagged"), [(119, True), (120, False)])
def test_regular_means_less_than_the_spread_of_people(spread_ms: int, flagged: bool) -> None:
    session = hands()
    put(session.state, challenges={"reactions_ms": (2_000, 2_000, 2_000, 2_000, 2_000 + spread_ms)})
    session.answer(after_ms=2_050)
    assert ("CHALLENGE_TOO_REGULAR" in session.indicated()) is flagged
