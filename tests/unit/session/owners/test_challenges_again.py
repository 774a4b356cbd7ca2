"""Challenges: the same place again and again, shown again, excused, and followed by another kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import put
from support.hands import Hands
from unit.session.owners.test_challenges import BANK, CHALLENGES, hands
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.owners import challenges
from zaichang.session.owners.challenges import FAILURE_DELAY_MS
from zaichang.session.values import Phase


class TestTheSamePlace:
    """A script that always takes the option at one place is wrong now and then; a person who reads is not."""

    def choose(self, session: Hands, place: int) -> None:
        """Answer whatever challenge comes next by the option at this place, or rightly where it has none."""
        while session.state.challenges.open is None:
            session.wait(1_000).beat(session.state.playback.beat_playhead_ms)
        challenge = session.state.challenges.open
        answer = str(place) if challenge.kind == "question" else challenge.options[place]
        session.answer(answer, after_ms=3_000)

    def at(self, kind: str) -> Hands:
        return Hands(replace(CHALLENGES, challenge_kinds=(kind,), challenge_attempts=9), questions=BANK)

    @pytest.mark.parametrize("kind", ["confirm", "question"])
    @pytest.mark.parametrize("place", [0, 2])
    def test_again_and_again_is_an_indicator(self, kind: str, place: int) -> None:
        session = self.at(kind)
        for _ in range(5):
            self.choose(session, place)
        assert "CHALLENGE_SAME_ANSWER" not in session.indicated()
        assert (
            all(pick in (place, -1 - place) for pick in session.state.challenges.picks)
            and min(session.state.challenges.picks) < 0
        )
        self.choose(session, place)
        assert session.indicated()["CHALLENGE_SAME_ANSWER"] == 1
        assert session.state.challenges.picks == ()

    @pytest.mark.parametrize(
        ("before", "flagged"),
        [
            ((0, 0, 0, 0, 0), False),
            ((0, 0, 0, 0, -1), True),
            ((0, 0, 0, 0, -2), False),
            ((-1, -1, -1, -1, -1), True),
            ((1, 0, -1, -1, 0), False),
            ((1, 1, 0, -1, -1, 0, 0), True),
            ((-1, 0, 0, 0), False),
        ],
    )
    def test_right_ones_alone_are_chance_and_another_place_is_a_choice(
        self, before: tuple[int, ...], flagged: bool
    ) -> None:
        session = self.at("confirm")
        challenge = session.state.challenges.open
        assert challenge is not None
        put(session.state, challenges={"picks": before})
        put(session.state, challenges={"open": replace(challenge, expected=challenge.options[0])})
        self.choose(session, 0)
        assert ("CHALLENGE_SAME_ANSWER" in session.indicated()) is flagged

    def test_what_is_typed_or_nonsense_has_no_place(self) -> None:
        session = self.at("code")
        session.answer(after_ms=3_000)
        session = self.at("question")
        for answer in ("3", "-1", "", "red"):
            session.answer(answer, after_ms=3_000)
        assert session.state.challenges.picks == ()
        session = self.at("confirm")
        session.answer("0", after_ms=3_000)
        assert session.state.challenges.picks == ()


def test_an_outstanding_challenge_is_shown_again_after_a_lost_connection() -> None:
    session = hands()
    order = session.of(d.OrderChallenge)[0]
    session.wait(1_000).do(e.ConnectionLost)
    assert session.wait(1_000).do(e.ConnectionResumed)[0] == order


def test_the_network_excuses_a_challenge_and_any_return_starts_its_time_again() -> None:
    """Silence on an open connection counts as lost, too: a page may stop reporting without closing anything."""
    for resumes in (True, False):
        session = hands()
        session.tick(session.policy.gap_ms)
        assert session.state.challenges.open is not None
        assert session.state.challenges.open.deadline_ms == 0
        session.tick(200_000)
        assert not session.state.challenges.hold
        if resumes:
            session.do(e.ConnectionResumed)
        out = session.beat()
        assert session.state.challenges.open.deadline_ms == session.now_ms + session.policy.challenge_deadline_ms
        assert resumes or any(isinstance(x, d.OrderChallenge) for x in out)
        for _ in range(9):
            session.wait(10_000).beat()
        assert session.state.challenges.hold, "an ignored challenge is unanswered in the end"
        assert session.state.playback.phase is Phase.CHALLENGING


def test_excuses_run_out() -> None:
    session = hands(excuses=1)
    session.tick(16_000)
    session.beat()
    session.tick(16_000)
    assert session.state.challenges.open is not None
    assert session.state.challenges.open.deadline_ms != 0


def test_only_an_outstanding_challenge_can_be_overdue() -> None:
    session = hands()
    challenges.expire(session.turn())
    assert session.state.challenges.open is not None and session.state.challenges.open.overdue
    put(session.state, challenges={"open": None})
    challenges.expire(session.turn())
    assert session.state.challenges.open is None


def test_only_an_outstanding_challenge_is_shown_again() -> None:
    session = hands()
    session.answer()
    turn = session.turn()
    challenges.resume(turn)
    challenges.repeat_order(turn)
    assert turn.out == []


def test_another_kind_follows_a_too_fast_answer_whatever_is_drawn() -> None:
    for number in range(24):
        session = Hands(replace(CHALLENGES, challenge_kinds=("confirm", "code")), seed=f"{number:064x}")
        assert session.state.challenges.open is not None
        kind = session.state.challenges.open.kind
        session.answer(after_ms=0)
        assert session.state.challenges.open is not None
        assert session.state.challenges.open.kind != kind


def test_a_code_follows_wrong_answers_whatever_is_drawn() -> None:
    for number in range(24):
        session = Hands(replace(CHALLENGES, challenge_kinds=("confirm", "code")), seed=f"{number:064x}")
        for _ in range(3):
            session.answer("wrong")
        session.beat(0)
        session.tick(FAILURE_DELAY_MS)
        assert session.state.challenges.open is not None
        assert session.state.challenges.open.kind == "code"
