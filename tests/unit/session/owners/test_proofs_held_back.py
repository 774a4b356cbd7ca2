"""Pictures that a client holds back while it goes on reporting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import POLICY, put
from support.hands import Hands
from zaichang.core.reasons import ReasonCode
from zaichang.session import events as e
from zaichang.session.owners import proofs
from zaichang.session.values import Outcome

R = ReasonCode
REGULAR_MS = POLICY.heartbeat_ms * 9 // 10


class TestHeldBack:
    """Who goes on reporting has a connection: a picture that stays away meanwhile was held back."""

    def asked(self, **changes: Any) -> Hands:
        """Return a session whose next capture is ordered."""
        session = Hands(replace(POLICY, challenge_kinds=(), **changes)).begin()
        session.wait(5_000).beat(5_000)
        put(session.state, proofs={"next_active_ms": 0})
        session.tick()
        return session

    def beats(self, session: Hands, count: int, every_ms: int = REGULAR_MS) -> Hands:
        for _ in range(count):
            session.wait(every_ms).beat(session.state.playback.beat_playhead_ms + every_ms)
        return session

    def withheld(self, session: Hands) -> bool:
        assert session.state.proofs.round is not None
        return session.state.proofs.round.withheld

    @pytest.mark.parametrize(("beats", "withheld"), [(1, False), (2, True), (3, True)])
    def test_a_capture_that_was_missed_while_heartbeats_came(self, beats: int, withheld: bool) -> None:
        session = self.beats(self.asked(), beats)
        session.tick(session.policy.capture_deadline_ms)
        assert self.withheld(session) is withheld

    @pytest.mark.parametrize(("beats", "withheld"), [(2, False), (3, True)])
    def test_a_picture_that_came_after_heartbeats(self, beats: int, withheld: bool) -> None:
        session = self.beats(self.asked(), beats)
        session.receive()
        assert self.withheld(session) is withheld

    def test_heartbeats_before_the_order_or_after_the_picture_say_nothing(self) -> None:
        session = self.asked()
        session.receive()
        self.beats(session, 5, every_ms=100)
        current = session.state.proofs.round
        assert current is not None and current.beats == 0
        session.do(e.CaptureAssessed, capture_id=current.capture_id, assessment=session.picture())
        self.beats(session, 5, every_ms=100)  # between two captures
        session.tick(session.policy.retake_ms)
        self.beats(session, 1)
        session.tick(session.policy.capture_deadline_ms)
        assert not self.withheld(session)

    @pytest.mark.parametrize(("until_ms", "counted"), [(REGULAR_MS - 1, 1), (REGULAR_MS, 2)])
    def test_a_player_that_stalls_again_and_again_reports_more_often_and_holds_nothing_back(
        self, until_ms: int, counted: int
    ) -> None:
        session = self.asked()
        ordered_ms = session.now_ms
        for number in range(1, 6):
            session.wait(100).beat(session.state.playback.beat_playhead_ms + 100, stalled=number % 2 == 1)
        current = session.state.proofs.round
        assert current is not None and current.beats == 1
        session.wait(ordered_ms + until_ms - session.now_ms).beat(session.state.playback.beat_playhead_ms)
        current = session.state.proofs.round
        assert current is not None and current.beats == counted

    def test_every_capture_has_its_own_heartbeats(self) -> None:
        session = self.beats(self.asked(), 1)
        session.tick(session.policy.capture_deadline_ms)
        self.beats(session, 1, every_ms=100)  # between two captures: the connection is there
        session.tick(session.policy.retake_ms)
        current = session.state.proofs.round
        assert current is not None and current.capture_id == "c1-1"
        self.beats(session, 1)
        session.tick(session.policy.capture_deadline_ms)
        assert not self.withheld(session)

    @pytest.mark.parametrize("arrives", [True, False])
    def test_what_was_held_back_once_stays_so_for_the_round(self, arrives: bool) -> None:
        session = self.asked()
        assert session.state.proofs.round is not None
        put(session.state, proofs={"round": replace(session.state.proofs.round, withheld=True)})
        if arrives:
            session.receive()
        else:
            session.tick(session.policy.capture_deadline_ms)
        assert self.withheld(session)

    def test_an_analysis_that_never_came_is_not_the_client_s(self) -> None:
        session = self.beats(self.asked(excuses=0), 2)
        session.receive()
        session.tick(proofs.ANALYSIS_DEADLINE_MS)
        assert not self.withheld(session)

    @pytest.mark.parametrize(("excuses", "withheld"), [(1, False), (0, True)])
    def test_a_lost_connection_begins_anew_where_it_is_excused(self, excuses: int, withheld: bool) -> None:
        session = self.beats(self.asked(excuses=excuses), 1)
        session.do(e.ConnectionLost)
        session.do(e.ConnectionResumed)
        self.beats(session, 1)
        session.tick(session.policy.capture_deadline_ms)
        assert self.withheld(session) is withheld

    @pytest.mark.parametrize(
        ("withheld", "reasons", "told"),
        [
            (True, (), R.CAPTURE_LATE),
            (True, (R.TOO_DARK,), R.CAPTURE_LATE),
            (True, (R.CAPTURE_MISSED, R.NO_FACE), R.CAPTURE_MISSED),
            (False, (R.CAPTURE_MISSED, R.NO_FACE), None),
        ],
    )
    def test_the_round_then_counts_as_passed_only_when_called(
        self, withheld: bool, reasons: tuple[ReasonCode, ...], told: ReasonCode | None
    ) -> None:
        session = self.asked()
        session.receive()
        current = session.state.proofs.round
        assert current is not None
        put(
            session.state,
            proofs={"round": replace(current, passes=1, taken=2 + len(reasons), reasons=reasons, withheld=withheld)},
        )
        event = e.CaptureAssessed(at_ms=session.now_ms, capture_id=current.capture_id, assessment=session.picture())
        passed = (Outcome.PASSED, told)
        assert proofs.assess(session.turn(), event) == passed
