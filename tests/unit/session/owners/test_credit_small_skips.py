"""Small skips of a first viewing add up, and pieces of watched media are few."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, put
from support.hands import Hands
from unit.session.owners.test_credit import counting, seek_orders
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session.owners import playback

R = ReasonCode


class TestSmallSkips:
    """Many small skips are a fast-forward: the part that a first viewing leaves out is bounded in all."""

    def hop(self, session: Hands, skip_ms: int, play_ms: int = 200) -> None:
        """Pause, move a little, play a little."""
        session.beat(session.state.playback.beat_playhead_ms, playing=False)
        session.round()
        to_ms = session.state.frontier_ms + skip_ms
        session.beat(to_ms, playing=False)
        session.beat(to_ms)
        session.wait(play_ms).beat(to_ms + play_ms)

    def test_they_end_after_half_a_minute_and_playing_on_still_counts(self) -> None:
        session = counting(POLICY)
        session.wait(5_000).beat(5_000)
        for _ in range(60):
            self.hop(session, 1_400)
        frontier_ms = session.state.frontier_ms
        left_out_ms = frontier_ms - session.state.credit.verified_ms - session.state.pending_ms
        assert playback.SKIPPED_MAX_MS <= left_out_ms <= playback.SKIPPED_MAX_MS + 1_500
        assert frontier_ms < 60 * 1_600
        order = seek_orders(session)[-1]
        assert order == d.OrderSeek(to_ms=frontier_ms - playback.RUN_UP_MS, reason=R.SEEK_FORWARD)
        # The player obeys, and is a little past that point when it reports.
        session.wait(500).beat(order.to_ms + 100)
        session.wait(5_000).beat(order.to_ms + 5_100)
        assert session.state.frontier_ms == order.to_ms + 5_100

    def test_what_was_left_out_can_be_watched_later_and_gives_room_again(self) -> None:
        session = counting(POLICY)
        session.wait(5_000).beat(5_000)
        for _ in range(30):
            self.hop(session, 1_400)
        session.beat(0)
        for number in range(1, 10):
            session.wait(5_000).beat(number * 5_000)
        assert session.state.pending_ms + session.state.credit.verified_ms >= 45_000
        frontier_ms = session.state.frontier_ms
        self.hop(session, 1_400)
        assert session.state.frontier_ms == frontier_ms + 1_600

    def place(self, session: Hands, to_ms: int) -> None:
        """Pause, move there, play on."""
        session.wait(10).beat(to_ms, playing=False)
        session.wait(10).beat(to_ms)

    def test_what_earlier_sessions_left_out_does_not_count_here(self) -> None:
        session = counting(POLICY, credited=((0, 1_000), (500_000, 600_000)))
        self.place(session, 600_000)
        session.wait(5_000).beat(605_000)
        self.hop(session, 1_000)
        assert session.state.frontier_ms == 606_200

    @pytest.mark.parametrize("skip_allowed", [False, True])
    @pytest.mark.parametrize(
        ("at_ms", "counts"), [(50_900, True), (50_950, False), (50_999, False), (51_000, True), (128_000, True)]
    )
    def test_pieces_are_few(self, skip_allowed: bool, at_ms: int, counts: bool) -> None:
        """From its edge a hole may be filled, and at the end playing goes on; a piece that touches none is too many."""
        session = counting(replace(POLICY, skip_allowed=skip_allowed))
        put(
            session.state,
            credit={"credited": tuple((n * 1_000, n * 1_000 + 900) for n in range(playback.PIECES_MAX - 1))},
        )
        put(session.state, credit={"credited": (*session.state.credit.credited, (127000, 128000))})
        self.place(session, at_ms)
        assert (session.state.playback.beat_ms > 0) is counts
        session.wait(100).beat(at_ms + 100)
        assert (session.state.pending_ms > 0) is (counts and at_ms != 51_000)
        if not counts:
            assert seek_orders(session)[-1] == d.OrderSeek(to_ms=126_000, reason=R.SEEK_FORWARD)

    def test_a_piece_too_many_is_refused_in_the_middle_of_playing_too(self) -> None:
        session = counting(POLICY)
        put(session.state, credit={"credited": tuple((n * 1_000, n * 1_000 + 900) for n in range(playback.PIECES_MAX))})
        self.place(session, 60_000)
        session.wait(10).beat(50_950)
        session.wait(10).beat(50_960)
        assert session.state.credit.pending == ()
        assert seek_orders(session)[-1] == d.OrderSeek(to_ms=125_900, reason=R.SEEK_FORWARD)

    def test_one_piece_less_leaves_room(self) -> None:
        session = counting(replace(POLICY, skip_allowed=True))
        put(
            session.state,
            credit={"credited": tuple((n * 1_000, n * 1_000 + 900) for n in range(playback.PIECES_MAX - 1))},
        )
        self.place(session, 900_000)
        assert session.state.playback.beat_ms == session.now_ms
