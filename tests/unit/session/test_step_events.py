"""Each event on its own: the effects of ``step``, and their limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, T0_MS, begun, changed, frame, put, started
from support.hands import Hands
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.schedule import heartbeat_nonce
from zaichang.session.values import Phase

R = ReasonCode
NEVER_MS = 10_000_000


def counting(**policy: object) -> Hands:
    session = Hands(replace(POLICY, **policy)).begin()
    put(session.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    return session


def play(session: Hands, span_ms: int) -> Hands:
    for _ in range(span_ms // 5_000):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
    return session


class TestStart:
    def test_the_first_proof_is_ordered_with_the_reveal_and_nothing_counts_before_it(self) -> None:
        _, state, out = begun(started(credited=((5, 9), (0, 6))), POLICY)
        assert [type(x) for x in out] == [d.OrderCapture]
        assert state.playback.phase is Phase.AWAITING_CAPTURE
        assert state.proofs.hold is R.AWAITING_PROOF
        assert state.credit.credited == ((0, 9),)
        assert state.playback.reached_ms == state.link.heard_ms == state.playback.accounted_ms == T0_MS

    def test_before_the_first_proof_reports_are_acknowledged_and_count_nothing(self) -> None:
        session = Hands()
        for number in range(3):
            out = session.wait(5_000).beat(number * 5_000)
            ack = out[-1]
            assert isinstance(ack, d.AckHeartbeat)
            assert (ack.counting, ack.reason, ack.pending_ms) == (False, R.AWAITING_PROOF, 0)
        assert session.state.credit.minutes == ()
        assert session.state.playback.active_ms == 0


class TestHeartbeat:
    def test_an_acknowledgement_says_what_to_send_next_and_where_one_stands(self) -> None:
        session = play(counting(), 10_000)
        out = session.wait(5_000).beat(15_000)
        assert out == (
            d.AckHeartbeat(
                seq=4, next_nonce=heartbeat_nonce(session.info, 5), counting=True, reason=None, verified_ms=0,
                pending_ms=15_000, frontier_ms=15_000,
            ),
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("seq", "nonce_of", "code"),
        [
            (3, 1, "heartbeat.nonce"),
            (3, 2, "heartbeat.nonce"),
            (3, 4, "heartbeat.nonce"),
            (2, 2, "heartbeat.replayed"),
            (1, 1, "heartbeat.replayed"),
            (0, 3, "heartbeat.replayed"),
            (4, 4, "heartbeat.out_of_order"),
            (4, 3, "heartbeat.out_of_order"),
        ],
    )
    def test_a_broken_chain_is_refused_noted_and_changes_nothing_else(self, seq: int, nonce_of: int, code: str) -> None:
        session = play(counting(), 5_000)
        before = session.state
        out = session.wait(5_000).beat(10_000, seq=seq, nonce=heartbeat_nonce(session.info, nonce_of))
        assert out == (d.RejectHeartbeat(seq=seq, code=code, expected_seq=3),)
        assert session.indicated() == {"HEARTBEAT_REJECTED": 1}
        assert R.HEARTBEAT_REJECTED in session.state.credit.minutes[-1].reasons
        assert session.state == changed(
            before,
            playback={"reached_ms": session.now_ms, "active_ms": before.playback.active_ms + 5_000},
            credit={
                "minute_active_ms": before.credit.minute_active_ms + 5_000,
                "minutes": session.state.credit.minutes,
                "indicators": session.state.credit.indicators,
            },
        )
        session.beat(10_000)
        assert session.state.pending_ms == 10_000, "the right one counts as ever"

    def test_what_the_client_noticed_about_its_page_is_counted(self) -> None:
        session = counting()
        session.wait(5_000).beat(5_000, hints=("native_patched",))
        session.wait(5_000).beat(10_000)
        assert session.indicated() == {"PAGE_TAMPERED": 1}
        assert session.state.pending_ms == 10_000

    def test_how_windows_stand_is_nothing_that_was_tampered_with(self) -> None:
        session = counting(pause_when_floating=False)
        session.wait(5_000).beat(5_000, hints=("screen_extended", "picture_in_picture"))
        assert session.indicated() == {}
        session.wait(5_000).beat(10_000, hints=("screen_extended", "picture_in_picture", "automation"))
        assert session.indicated() == {"PAGE_TAMPERED": 1}
        assert session.state.pending_ms == 10_000

    def test_a_heartbeat_shows_the_connection(self) -> None:
        session = counting()
        session.do(e.ConnectionLost)
        assert session.state.link.connected is False
        session.wait(5_000).beat(5_000)
        assert session.state.link.connected is True


class TestPage:
    def test_a_hidden_page_pauses_at_once_and_goes_on_at_once(self) -> None:
        session = play(counting(), 10_000)
        out = session.wait(2_000).beat(12_000, visible=False)
        assert session.state.pending_ms == 12_000, "playing until then counts"
        assert out[0] == d.OrderPause(reason=R.PAGE_HIDDEN)
        ack = out[-1]
        assert isinstance(ack, d.AckHeartbeat)
        assert (ack.counting, ack.reason) == (False, R.PAGE_HIDDEN)
        assert session.state.playback.phase is Phase.SUSPENDED
        assert R.PAGE_HIDDEN in session.state.credit.minutes[-1].reasons
        again = session.wait(5_000).beat(17_000, visible=False)
        assert [type(x) for x in again] == [d.AckHeartbeat], "it is reported once"
        assert session.state.pending_ms == 12_000
        back = session.wait(5_000).beat(12_000)
        assert d.OrderResume() in back
        assert session.state.playback.phase is Phase.ACTIVE
        session.wait(5_000).beat(17_000)
        assert session.state.pending_ms == 17_000

    @pytest.mark.parametrize(
        ("policy", "beat", "hold"),
        [
            ({}, {"focused": False}, None),
            ({"pause_when_unfocused": True}, {"focused": False}, R.PAGE_UNFOCUSED),
            ({"pause_when_unfocused": True}, {"focused": False, "visible": False}, R.PAGE_HIDDEN),
            ({"pause_when_hidden": False}, {"visible": False}, None),
            ({"pause_when_hidden": False, "pause_when_unfocused": True}, {"visible": False, "focused": False},
             R.PAGE_UNFOCUSED),
            ({}, {"hints": ("picture_in_picture",)}, R.PICTURE_IN_PICTURE),
            ({}, {"hints": ("picture_in_picture",), "visible": False}, R.PAGE_HIDDEN),
            ({"pause_when_floating": False}, {"hints": ("picture_in_picture",)}, None),
            ({"pause_when_unfocused": True}, {"hints": ("screen_extended", "picture_in_picture"), "focused": False},
             R.PICTURE_IN_PICTURE),
            ({}, {"hints": ("screen_extended",)}, None),
            ({"pause_on_second_screen": True}, {"hints": ("screen_extended",)}, R.SECOND_SCREEN),
            ({"pause_on_second_screen": True}, {"hints": ("patched:fetch",)}, None),
            ({"pause_on_second_screen": True, "pause_when_unfocused": True},
             {"hints": ("screen_extended",), "focused": False}, R.PAGE_UNFOCUSED),
        ],
    )  # fmt: skip
    def test_the_policy_says_what_pauses(
        self, policy: dict[str, object], beat: dict[str, object], hold: ReasonCode | None
    ) -> None:
        session = counting(**policy)
        session.wait(5_000).beat(5_000, **beat)
        assert session.state.page.hold is hold
        assert session.state.page.pause_ordered is (hold is not None)

    def test_a_round_is_called_off_while_hidden_and_owed_on_return(self) -> None:
        session = play(counting(), 10_000)
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        session.wait(1_000).beat(11_000, visible=False)
        assert session.state.proofs.round is None
        assert session.state.proofs.due_ms == session.now_ms
        assert session.state.proofs.excuses == 1
        session.tick(10_000)
        assert session.state.proofs.round is None
        session.wait(1_000).beat(11_000)
        assert session.state.proofs.round is not None

    def test_holds_are_independent(self) -> None:
        session = play(counting(), 10_000)
        session.beat(10_000, playing=False, visible=False)
        session.beat(10_000, playing=False)
        assert session.state.suspended is R.PLAYER_PAUSED
        session.beat(10_000)
        assert session.state.playback.phase is Phase.ACTIVE


class TestPlayer:
    @pytest.mark.parametrize(
        ("beat", "hold"),
        [
            ({"playing": False}, R.PLAYER_PAUSED),
            ({"stalled": True}, R.PLAYER_STALLED),
            ({"ended": True}, R.LESSON_ENDED),
            ({"ended": True, "stalled": True, "playing": False}, R.LESSON_ENDED),
            ({"stalled": True, "playing": False}, R.PLAYER_STALLED),
        ],
    )
    def test_what_stands_still_does_not_count(self, beat: dict[str, bool], hold: ReasonCode) -> None:
        session = play(counting(), 5_000)
        out = session.wait(5_000).beat(10_000, **beat)
        assert session.state.page.player_hold is hold
        assert session.state.pending_ms == 10_000
        assert not any(isinstance(x, d.OrderPause) for x in out), "the player stands still already"
        assert R(hold) in session.state.credit.minutes[-1].reasons

    @pytest.mark.parametrize(
        ("span_ms", "beat", "begins"),
        [
            (10_000, {"playing": False}, True),
            (5_000, {"playing": False}, False),
            (10_000, {"ended": True}, True),
            (10_000, {"stalled": True}, False),
            (10_000, {"playing": False, "visible": False}, False),
        ],
    )
    def test_stopping_closes_the_bracket_where_it_is_worth_it(
        self, span_ms: int, beat: dict[str, bool], begins: bool
    ) -> None:
        session = play(counting(), span_ms)
        session.beat(span_ms, **beat)
        assert (session.state.proofs.round is not None) is begins

    def test_standing_still_again_does_not_ask_again(self) -> None:
        session = play(counting(), 10_000)
        session.beat(10_000, playing=False)
        session.round()
        assert session.state.credit.verified_ms == 10_000
        session.wait(5_000).beat(10_000, playing=False)
        assert session.state.proofs.round is None

    def test_playing_on_after_a_stall_is_no_stop(self) -> None:
        session = play(counting(), 20_000)
        session.wait(1_000).beat(20_000, stalled=True)
        session.wait(1_000).beat(20_000)
        assert session.state.page.player_hold is None
        assert session.state.proofs.round is None
        assert session.state.credit.minutes[-1].reasons == (R.PLAYER_STALLED,)

    def test_on_the_other_route_a_pause_asks_nothing(self) -> None:
        session = Hands(POLICY, route="challenge")
        session.answer()
        session.beat(0)
        put(session.state, challenges={"next_active_ms": NEVER_MS})
        play(session, 20_000)
        session.beat(20_000, playing=False)
        assert session.state.proofs.round is None and session.state.challenges.open is None

    def test_a_held_session_is_not_asked_for_a_pause(self) -> None:
        session = play(counting(), 20_000)
        put(session.state, proofs={"hold": R.NO_FACE})
        put(session.state, playback={"phase": Phase.SUSPENDED})
        session.beat(20_000, playing=False)
        assert session.state.proofs.round is None


class TestConnection:
    def test_an_order_is_repeated_with_time_to_obey_once_or_twice(self) -> None:
        session = counting(excuses=1)
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        first = session.of(d.OrderCapture)[-1]
        session.wait(10_000).do(e.ConnectionLost)
        (again,) = session.do(e.ConnectionResumed)
        assert isinstance(again, d.OrderCapture)
        assert (again.capture_id, again.nonce) == (first.capture_id, first.nonce)
        assert again.deadline_ms == session.now_ms + 15_000
        (third,) = session.wait(1_000).do(e.ConnectionResumed)
        assert third == again, "with no excuse left the deadline stands"
        assert session.state.proofs.excuses == 1

    def test_an_allowance_counts_there_too(self) -> None:
        session = Hands(extra_time_pct=100)
        again, _ = session.wait(10_000).do(e.ConnectionResumed)
        assert isinstance(again, d.OrderCapture)
        assert again.deadline_ms == session.now_ms + 30_000

    def test_what_was_received_is_not_asked_for_again(self) -> None:
        session = Hands()
        session.receive()
        before = session.state
        waiting = (d.OrderPause(reason=R.AWAITING_PROOF),)
        assert session.do(e.ConnectionResumed) == waiting
        assert session.state == before
        session = Hands()
        session.capture(frame())
        assert session.do(e.ConnectionResumed) == waiting, "nor while no capture is outstanding"

    def test_the_reason_for_a_pause_is_said_again(self) -> None:
        session = counting()
        session.wait(5_000).beat(5_000, visible=False)
        assert session.do(e.ConnectionResumed) == (d.OrderPause(reason=R.PAGE_HIDDEN),)
        session = counting()
        assert session.do(e.ConnectionResumed) == ()

    def test_a_paused_player_without_our_order_is_told_nothing(self) -> None:
        session = counting()
        session.wait(5_000).beat(5_000, playing=False)
        assert session.do(e.ConnectionResumed) == ()

    def test_after_a_gap_a_learner_who_comes_back_proves_at_once(self) -> None:
        session = play(counting(), 20_000)
        session.wait(60_000).beat(80_000)
        assert session.state.proofs.round is not None
        assert session.state.pending_ms == 20_000

    def test_a_challenge_that_kept_its_time_is_not_shown_again_by_a_heartbeat(self) -> None:
        session = counting(excuses=0)
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        deadline_ms = session.state.challenges.open.deadline_ms if session.state.challenges.open else 0
        out = session.wait(20_000).beat(0)
        assert not any(isinstance(x, d.OrderChallenge) for x in out)
        assert session.state.challenges.open is not None
        assert session.state.challenges.open.deadline_ms == deadline_ms
