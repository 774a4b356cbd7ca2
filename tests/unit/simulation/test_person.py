"""How challenges are answered: as a person does, or as the scripts that pretend to be one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from zaichang_client import DECLINE, READY
from zaichang_client.protocol.messages import ChallengeOrder
from zaichang_simulation import person
from zaichang_simulation.format.actions import ChallengeRule
from zaichang_simulation.person import INSTANT_S, SimPrompter

CONFIRM = ChallengeOrder(challenge_id="q1", kind="confirm", within_ms=60_000, options=("k1", "k2", "k3"))
QUESTION = ChallengeOrder(challenge_id="q1", kind="question", within_ms=60_000, options=("a", "b"))
CODE = ChallengeOrder(challenge_id="q1", kind="code", within_ms=60_000)
LIGHT = ChallengeOrder(challenge_id="q1", kind="light", within_ms=60_000)
MOVES = ChallengeOrder(challenge_id="q1", kind="liveness", within_ms=60_000)


class Room:
    """A prompter, the answers that a person would read, and the time that it waited."""

    def __init__(self, *rules: ChallengeRule, right: str | None = "k2", at_ms: int = 0, **more: Any) -> None:
        self.waited_s: list[float] = []
        self.prompter = SimPrompter(
            rules, now_ms=lambda: at_ms, oracle=self.oracle, ignored=more.get("ignored", lambda order: False),
            extra_time_pct=more.get("extra_time_pct", 0), seed=more.get("seed", 3),
        )  # fmt: skip
        self.right = right

    async def oracle(self, order: ChallengeOrder) -> str | None:
        return self.right


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let every wait end at once, and record its seconds."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    assert person.asyncio is asyncio
    return waited


def rule(answer: Any, **more: Any) -> ChallengeRule:
    return ChallengeRule(answer=answer, **more)


async def test_a_person_answers_right_after_a_humans_time_and_slower_with_more_time(waits: list[float]) -> None:
    for extra in (0, 200):
        room = Room(
            rule("person", accuracy=1.0, reaction_s=7, reaction_sd_s=0, reaction_least_s=1.5), extra_time_pct=extra
        )
        assert await room.prompter.ask(CONFIRM, 1) == "k2"
    assert waits == [pytest.approx(7.0), pytest.approx(14.0)]


async def test_a_person_is_never_quicker_than_people_are(waits: list[float]) -> None:
    room = Room(rule("person", reaction_s=0.1, reaction_sd_s=0, reaction_least_s=1.5))
    await room.prompter.ask(CONFIRM, 1)
    assert waits == [1.5]


async def test_a_mistaken_person_is_right_the_second_time() -> None:
    room = Room(rule("person", accuracy=0.0))
    assert await room.prompter.ask(CONFIRM, 1) == "k1"
    assert await room.prompter.ask(CONFIRM, 2) == "k2"


async def test_scripts_answer_at_their_own_times(waits: list[float]) -> None:
    assert await Room(rule("instantly")).prompter.ask(CONFIRM, 1) == "k2"
    assert await Room(rule("after", reaction_s=4)).prompter.ask(CONFIRM, 1) == "k2"
    assert waits == [INSTANT_S, 4]


async def test_a_guess_goes_through_the_answers_one_by_one() -> None:
    room = Room(rule("brute", reaction_s=0))
    assert [await room.prompter.ask(CONFIRM, attempt) for attempt in (1, 2, 3, 4)] == ["k1", "k2", "k3", "k1"]
    assert [await room.prompter.ask(QUESTION, attempt) for attempt in (1, 2)] == ["0", "1"]
    assert await room.prompter.ask(CODE, 13) == "0012"


async def test_a_fixed_place_is_chosen_again_and_again() -> None:
    room = Room(rule("first"))
    assert [await room.prompter.ask(CONFIRM, attempt) for attempt in (1, 2)] == ["k1", "k1"]
    assert await room.prompter.ask(QUESTION, 2) == "0"


@pytest.mark.parametrize(("order", "right"), [(CONFIRM, "k1"), (QUESTION, "0"), (CODE, "0000")])
async def test_a_wrong_answer_is_one_of_the_others(order: ChallengeOrder, right: str) -> None:
    answer = await Room(rule("wrongly"), right=right).prompter.ask(order, 1)
    assert answer is not None and answer != right
    assert await Room(rule("instantly"), right=None).prompter.ask(order, 1) is not None, "a blind guess"


async def test_no_answer_comes_where_none_is_given_or_the_order_is_ignored() -> None:
    assert await Room(rule("never")).prompter.ask(CONFIRM, 1) is None
    assert await Room(ignored=lambda order: order == "challenge").prompter.ask(CONFIRM, 1) is None


async def test_movements_are_begun_and_light_may_be_declined() -> None:
    room = Room(rule("person", accuracy=1.0))
    assert await room.prompter.ask(MOVES, 1) == READY and not room.prompter.mistaken
    assert await Room(rule("person", decline=True)).prompter.ask(LIGHT, 1) == DECLINE
    assert await Room(rule("person", decline=True)).prompter.ask(MOVES, 1) == READY
    clumsy = Room(rule("person", accuracy=0.0))
    await clumsy.prompter.ask(MOVES, 1)
    assert clumsy.prompter.mistaken
    await clumsy.prompter.ask(MOVES, 2)
    assert not clumsy.prompter.mistaken


def test_the_last_rule_that_fits_now_counts() -> None:
    rules = (
        rule("never", from_s=0), rule("first", from_s=5, until_s=9), rule("brute", from_s=5, kinds=("code",)),
    )  # fmt: skip
    assert Room().prompter.rule_for("code") == ChallengeRule()
    expected = {
        (4_999, "code"): "never", (5_000, "confirm"): "first", (5_000, "code"): "brute", (9_000, "confirm"): "never",
    }  # fmt: skip
    for (at_ms, kind), answer in expected.items():
        assert Room(*rules, at_ms=at_ms).prompter.rule_for(kind).answer == answer


class Clocked(Room):
    """A room whose clock runs while the person waits."""

    def __init__(self, *rules: ChallengeRule) -> None:
        self.now_ms = 0
        super().__init__(*rules)
        self.prompter = SimPrompter(
            rules, now_ms=lambda: self.now_ms, oracle=self.oracle, ignored=lambda order: False, extra_time_pct=0, seed=3
        )


@pytest.fixture
def clocked(monkeypatch: pytest.MonkeyPatch) -> Clocked:
    room = Clocked(
        rule("never", taken="answered"),
        rule("after", reaction_s=2, from_s=40, taken="answered"),
        rule("never", from_s=90, taken="answered"),
        rule("after", reaction_s=2, from_s=120, taken="answered"),
    )

    async def sleep(seconds: float) -> None:
        room.now_ms += round(seconds * 1000)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return room


async def test_a_rule_taken_at_the_answer_lets_a_person_come_back_to_an_open_challenge(clocked: Clocked) -> None:
    assert await clocked.prompter.ask(CONFIRM, 1) == "k2"
    assert clocked.now_ms == 42_000


async def test_a_person_who_leaves_before_the_answer_gives_it_after_the_return(clocked: Clocked) -> None:
    clocked.now_ms = 89_000
    assert await clocked.prompter.ask(CONFIRM, 1) == "k2"
    assert clocked.now_ms == pytest.approx(122_000, abs=1_000)


async def test_a_rule_for_the_first_challenges_is_used_up() -> None:
    room = Room(rule("instantly"), rule("wrongly", first=2))
    answers = [await room.prompter.ask(CONFIRM, 1) for _ in range(3)]
    assert answers == ["k1", "k1", "k2"]
    assert await room.prompter.ask(CONFIRM, 2) == "k2"
