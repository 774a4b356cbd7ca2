"""Active liveness: its orders and its start, with helpers for tests of its judgement."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import POLICY, Desk, frame, good_face, put, started
from support.hands import Hands
from zaichang.biometric import challenge as geometry
from zaichang.core.enums import StepOutcome
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.judgements import liveness_tries
from zaichang.session.policy import Policy
from zaichang.session.schedule import draw
from zaichang.session.values import Phase

R = ReasonCode
NEVER_MS = 10_000_000
LIVE = replace(POLICY, liveness_start=True, liveness_bracket=True, liveness_max_gap_ms=300_000)
PAD = replace(LIVE, proofs=("presence", "identity", "pad"))
LIGHT = replace(LIVE, challenge_kinds=("light",), challenge_attempts=5)
STRANGER = frame(good_face(similarity_bp=100))


def at_start(policy: Policy = LIVE, **info: object) -> Hands:
    """Return a session whose first captures passed, so that a liveness challenge is asked for."""
    return Hands(policy, **info).round()


def counting(policy: Policy = LIVE, **info: object) -> Hands:
    session = at_start(policy, **info)
    session.move()
    session.beat()
    return quiet(session)


def quiet(session: Hands) -> Hands:
    """Let nothing fall due by schedule."""
    put(session.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    put(session.state, liveness={"due_active_ms": NEVER_MS, "from_active_ms": NEVER_MS})
    return session


def play(session: Hands, span_ms: int) -> Hands:
    for _ in range(span_ms // 5_000):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
    return session


def proof(session: Hands, assessment: Any = None) -> Hands:
    put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
    session.tick()
    return quiet(session.round(assessment))


def ask(session: Hands, kind: str = "liveness") -> Hands:
    """Let a challenge of this kind fall due."""
    put(session.state, liveness={"wanted": kind == "liveness"})
    put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
    session.tick()
    assert session.state.challenges.open is not None and session.state.challenges.open.kind == kind
    return quiet(session)


def held(span_ms: int = 30_000, policy: Policy = LIVE) -> Hands:
    """Return a session with ``span_ms`` that captures have proved."""
    session = proof(play(counting(policy), span_ms))
    assert session.state.pending_ms == span_ms and session.state.credit.credited == ()
    return session


def judged(session: Hands) -> d.ChallengeJudged:
    return session.of(d.ChallengeJudged)[-1]


class TestWhatIsAsked:
    def test_the_actions_are_those_that_the_geometry_knows(self) -> None:
        assert set(liveness_tries.ACTIONS) == {action.value for action in geometry.Action}
        assert {one.value for one in StepOutcome} == {one.value for one in geometry.Outcome}
        assert set(StepOutcome) - set(liveness_tries._REASONS) == {StepOutcome.PASSED, StepOutcome.UNUSABLE}

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_every_try_holds_a_turn_of_the_head_and_nothing_twice_in_a_row(self, count: int) -> None:
        policy = replace(LIVE, liveness_actions=count, challenge_attempts=10)
        seen: set[tuple[str, ...]] = set()
        for number in range(60):
            order = at_start(policy, seed=f"{number:064x}").ready()
            assert len(order.actions) == len(order.holds_ms) == count and len(order.nonces) == 2 * count
            assert set(order.actions) <= set(liveness_tries.ACTIONS)
            assert set(order.actions) & set(liveness_tries.HEAD_ACTIONS)
            assert all(one != other for one, other in zip(order.actions, order.actions[1:], strict=False))
            assert all(1_000 <= hold_ms < 2_500 for hold_ms in order.holds_ms)
            assert len(set(order.nonces)) == 2 * count and {len(nonce) for nonce in order.nonces} == {32}
            seen.add(order.actions)
        assert len(seen) >= 4 * 2 ** (count - 1), "all are drawn"

    def test_each_try_has_its_own_order_and_the_same_seed_the_same(self) -> None:
        policy = replace(LIVE, liveness_actions=3, challenge_attempts=10)
        session, twin = at_start(policy), at_start(policy)
        orders = [session.ready() for _ in range(8)]
        assert orders == [twin.ready() for _ in range(8)]
        assert len({order.nonces for order in orders}) == 8
        assert len({order.actions for order in orders}) > 3
        assert [order.attempt for order in orders] == list(range(1, 9))

    def test_an_order_can_be_recomputed_from_the_seed(self) -> None:
        session = held()
        ask(session)
        session.ready()
        order = session.ready()
        assert (order.challenge_id, order.attempt) == ("q1", 2)
        number = 1 * 1_000 + 2
        raw = draw(session.state.lots, "liveness", number)
        assert order.nonces == tuple(
            draw(session.state.lots, "liveness-nonce", number * 40 + step)[:16].hex() for step in range(4)
        )
        assert order.holds_ms == tuple(1_000 + int.from_bytes(raw[at : at + 2], "big") % 1_500 for at in (16, 18))
        first = liveness_tries.ACTIONS[raw[0] % 6]
        second = [action for action in liveness_tries.ACTIONS if action != first][raw[1] % 5]
        drawn = [first, second]
        if not set(drawn) & set(liveness_tries.HEAD_ACTIONS):
            drawn[raw[30] % 2] = liveness_tries.HEAD_ACTIONS[raw[31] % 4]
        assert order.actions == tuple(drawn)
        lit = ask(held(policy=LIGHT), "light").ready()
        raw = draw(session.state.lots, "liveness", 1_001)
        colours: list[str] = []
        for byte in raw[:20]:
            others = [colour for colour in liveness_tries.PALETTE if colours[-1:] != [colour]]
            colours.append(others[byte % len(others)])
        assert lit.colours == tuple(colours)
        assert lit.holds_ms == (1_000 + int.from_bytes(raw[16:18], "big") % 1_500,) + (0,) * 19

    def test_without_a_turn_of_the_head_one_takes_a_drawn_place(self) -> None:
        seen = set()
        for number in range(120):
            session = at_start(replace(LIVE, liveness_actions=2), seed=f"{number:064x}")
            raw = draw(session.state.lots, "liveness", 1)
            first = liveness_tries.ACTIONS[raw[0] % 6]
            second = [action for action in liveness_tries.ACTIONS if action != first][raw[1] % 5]
            if {first, second} == {"blink", "open_mouth"}:
                drawn = [first, second]
                drawn[raw[30] % 2] = liveness_tries.HEAD_ACTIONS[raw[31] % 4]
                assert session.ready().actions == tuple(drawn)
                seen.add(raw[30] % 2)
        assert seen == {0, 1}

    def test_an_allowance_leaves_actions_out(self) -> None:
        policy = replace(LIVE, liveness_actions=3)
        for number in range(20):
            some = at_start(policy, seed=f"{number:064x}", liveness_excluded=("turn_left", "turn_right")).ready()
            assert not {"turn_left", "turn_right"} & set(some.actions)
            assert {"look_up", "look_down"} & set(some.actions)
            still = at_start(policy, seed=f"{number:064x}", liveness_excluded=liveness_tries.HEAD_ACTIONS).ready()
            assert set(still.actions) == {"blink", "open_mouth"}
        only = at_start(policy, liveness_excluded=tuple(a for a in liveness_tries.ACTIONS if a != "blink")).ready()
        assert only.actions == ("blink",) * 3
        none = at_start(policy, liveness_excluded=liveness_tries.ACTIONS).ready()
        assert set(none.actions) & set(liveness_tries.HEAD_ACTIONS), "an allowance that leaves nothing is none"

    def test_more_time_for_a_learner_with_the_allowance(self) -> None:
        assert at_start().ready().step_ms == 7_000
        assert at_start(extra_time_pct=50).ready().step_ms == 10_500
        assert at_start(replace(LIVE, liveness_step_ms=9_000)).ready().step_ms == 9_000

    def test_the_challenge_says_how_many_actions_follow_and_what_they_are_only_when_begun(self) -> None:
        session = at_start(replace(LIVE, liveness_actions=3))
        (order,) = session.of(d.OrderChallenge)
        assert (order.kind, order.steps, order.options, order.code, order.text) == ("liveness", 3, (), "", "")
        assert session.of(d.OrderLiveness) == []


class TestStart:
    def test_captures_first_then_movements_then_time_counts(self) -> None:
        session = at_start()
        assert session.state.playback.phase is Phase.CHALLENGING
        assert session.state.proofs.hold is R.AWAITING_PROOF
        assert session.of(d.OrderResume) == []
        play(session, 20_000)
        assert session.state.credit.pending == () and session.state.playback.active_ms == 0
        session.beat(0, playing=False)
        session.move()
        assert session.state.playback.phase is Phase.SUSPENDED, "nothing plays yet"
        assert judged(session) == d.ChallengeJudged(challenge_id="q0", accepted=True, reason=None, closed=True)
        assert len(session.of(d.OrderResume)) == 1
        session.beat()
        assert session.state.playback.phase is Phase.ACTIVE

    def test_without_the_switch_captures_alone_begin(self) -> None:
        session = at_start(replace(LIVE, liveness_start=False))
        assert session.state.challenges.open is None
        assert session.state.proofs.hold is None

    def test_a_captures_round_meanwhile_does_not_begin_it(self) -> None:
        session = at_start()
        session.wait(20_000).beat()  # a gap: a learner who comes back proves who it is
        session.tick()
        session.round()
        assert session.state.proofs.rounds == 2
        assert session.state.playback.phase is Phase.CHALLENGING
        put(session.state, challenges={"open": replace(session.state.challenges.open, overdue=False)})
        session.move()
        session.beat()
        assert session.state.playback.phase is Phase.ACTIVE

    def test_failed_captures_meanwhile_are_cured_by_captures(self) -> None:
        session = at_start()
        session.wait(20_000).beat()
        session.tick()
        session.round(STRANGER)
        assert session.state.proofs.hold is R.NOT_SAME_PERSON
        session.move()
        assert session.state.playback.phase is Phase.CHALLENGING, "movements alone do not cure it"
        assert session.state.proofs.round is not None
        session.round()
        session.beat(0)
        assert session.state.playback.phase is Phase.ACTIVE

    def test_a_learner_who_never_moves_never_begins(self) -> None:
        session = at_start()
        for _ in range(60):
            session.wait(5_000).beat(5_000)
            while session.state.proofs.round is not None:
                session.round()
        assert session.state.playback.phase is Phase.CHALLENGING
        assert session.state.credit.credited == session.state.credit.undecided == session.state.credit.pending == ()
        assert session.state.proofs.hold is R.CHALLENGE_UNANSWERED
        assert session.state.proofs.strikes == 0
        session.move()
        session.round()
        session.beat(0)
        assert session.state.playback.phase is Phase.ACTIVE, "late is not never"

    def test_finishing_before_it_closes_at_once(self) -> None:
        session = at_start()
        session.wait(1_000).do(e.FinishRequested)
        assert session.state.playback.phase is Phase.CLOSED

    def test_captures_that_pass_while_offline_leave_the_challenge_its_time(self) -> None:
        session = Hands(LIVE)
        session.capture()
        while session.state.proofs.round.capture_id == "":
            session.tick(500)
        session.receive()
        capture_id = session.state.proofs.round.capture_id
        session.tick(20_000)
        assert session.state.link.hold is R.NETWORK_GAP
        session.do(e.CaptureAssessed, capture_id=capture_id, assessment=session.picture())
        assert session.state.challenges.open is not None and session.state.challenges.open.deadline_ms == 0
        session.tick(200_000)
        assert not session.state.challenges.open.overdue
        session.beat()
        assert session.state.challenges.open.deadline_ms == session.now_ms + LIVE.challenge_deadline_ms

    def test_the_route_without_face_recognition_never_asks_for_movements(self) -> None:
        policy = replace(LIVE, challenge_kinds=("liveness", "light"), non_face_route=True)
        one = Desk(policy=policy, info=started(policy, route="challenge"))
        one.study(900_000)
        kinds = {order.kind for order in one.ordered(d.OrderChallenge)}
        assert kinds == {"confirm"}
        assert one.state.credit.verified_ms > 800_000
