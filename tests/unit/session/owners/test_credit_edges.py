"""Edges of the accounting, to the millisecond: what small changes of the code would otherwise go unnoticed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, frame, good_face, put
from support.hands import Hands
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.owners import credit, playback

R = ReasonCode
LACKING = frame(good_face(similarity_bp=None))
"""There was nothing to compare with; another capture would not mend it."""
NEVER_MS = 10_000_000
EXACT = replace(POLICY, rate_max_bp=10_000, seek_tolerance_ms=1_500)


def counting(policy: object = EXACT, **info: object) -> Hands:
    return quiet(Hands(policy, **info).begin())  # type: ignore[arg-type]  # a policy


def quiet(session: Hands) -> Hands:
    put(session.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    return session


def play(session: Hands, span_ms: int) -> Hands:
    for _ in range(span_ms // 5_000):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
    return session


def proof(session: Hands, assessment: object = None) -> Hands:
    put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
    session.tick()
    return quiet(session.round(assessment))  # type: ignore[arg-type]  # a picture


class TestScattered:
    def left_out(self, skipped_ms: int) -> Hands:
        session = counting()
        put(session.state, credit={"credited": ((0, 1_000), (1_000 + skipped_ms, 60_000))})
        return session

    @pytest.mark.parametrize(("skipped_ms", "refused"), [(29_999, False), (30_000, True)])
    def test_how_much_may_be_left_out_in_all(self, skipped_ms: int, refused: bool) -> None:
        session = self.left_out(skipped_ms)
        assert playback._scattered(session.state, 60_001, 60_000, session.policy) is refused

    def test_going_on_from_the_furthest_point_always_counts(self) -> None:
        session = self.left_out(40_000)
        assert playback._scattered(session.state, 60_000, 60_000, session.policy) is False

    @pytest.mark.parametrize("where", ["credited", "pending_set", "undecided"])
    def test_pieces_of_every_kind_are_counted(self, where: str) -> None:
        session = counting(replace(EXACT, skip_allowed=True))
        pieces = tuple((n * 1_000, n * 1_000 + 900) for n in range(playback.PIECES_MAX))
        third = playback.PIECES_MAX // 3
        kinds = ["credited", "pending_set", "undecided"]
        kinds.sort(key=lambda kind: kind == where)
        for number, kind in enumerate(kinds):
            part = pieces[number * third :] if number == 2 else pieces[number * third : (number + 1) * third]
            setattr(session.state.credit, kind, part)
        assert playback._scattered(session.state, 500_000, 500_000, session.policy) is True
        assert playback._scattered(session.state, 127_900, 500_000, session.policy) is False


class TestMinutes:
    def test_a_hop_in_a_later_minute_is_not_counted_with_what_follows(self) -> None:
        session = play(counting(), 70_000)
        assert len(session.state.credit.minutes) == 2, "the first still waits for its proof"
        at_ms = session.state.playback.beat_playhead_ms
        session.beat(at_ms, stalled=True)
        session.beat(at_ms + 1_400)
        session.wait(5_000).beat(at_ms + 6_400)
        assert session.state.credit.pending_set == ((0, at_ms), (at_ms + 1_400, at_ms + 6_400))

    def test_new_time_on_both_sides_of_a_minute_is_no_repetition(self) -> None:
        session = play(counting(), 57_000)
        session.wait(2_000).beat(57_000)
        session.wait(5_000).beat(62_000)
        session.wait(5_000).beat(67_000)
        assert len(session.state.credit.minutes) == 2
        assert all(R.ALREADY_CREDITED not in minute.reasons for minute in session.state.credit.minutes)

    @pytest.mark.parametrize(("from_ms", "noted"), [(20_000, False), (19_999, True)])
    def test_one_repeated_millisecond_is_noted(self, from_ms: int, noted: bool) -> None:
        session = play(counting(), 20_000)
        session.beat(from_ms)
        session.wait(5_000).beat(from_ms + 5_000)
        assert (R.ALREADY_CREDITED in session.state.credit.minutes[-1].reasons) is noted

    def test_a_minute_keeps_all_its_undecided_parts(self) -> None:
        session = proof(play(counting(), 10_000), LACKING)
        session.beat(session.state.playback.beat_playhead_ms)
        proof(play(session, 10_000))
        session.do(e.Superseded)
        assert session.minutes_recorded()[0].undecided == ((0, 20_000),)


class TestTail:
    """What the first report after the end brings."""

    def ended(self, tokens_ms: int = 0, policy: object = EXACT) -> Hands:
        session = play(counting(policy), 20_000)
        put(session.state, playback={"tokens_ms": tokens_ms})
        session.wait(3_000).do(e.FinishRequested)
        return session

    @pytest.mark.parametrize(
        ("tokens_ms", "after_ms", "progress_ms", "counted_ms"),
        [
            (0, 2_000, 5_000, 3_000),
            (0, 2_000, 5_001, 0),
            (100, 2_000, 5_100, 3_000),
            (100, 2_000, 5_101, 0),
            (0, 2_000, 1, 1),
            (0, 0, 3_000, 3_000),
            (0, 0, 3_001, 0),
        ],
    )
    def test_only_what_the_clock_allows(self, tokens_ms: int, after_ms: int, progress_ms: int, counted_ms: int) -> None:
        session = self.ended(tokens_ms)
        session.wait(after_ms).beat(20_000 + progress_ms)
        assert session.state.pending_ms == 20_000 + counted_ms
        assert session.state.playback.tail_to_ms == 0
        assert session.state.playback.beat_ms == 0

    def test_a_claimed_rate_above_the_highest_counts_nothing_and_says_so(self) -> None:
        session = self.ended()
        out = session.wait(2_000).beat(22_000, rate_bp=15_000)
        assert d.OrderSeek(to_ms=20_000, reason=R.RATE_TOO_FAST) in out
        assert session.state.pending_ms == 20_000
        assert R.RATE_TOO_FAST in session.state.credit.minutes[-1].reasons

    def test_it_is_shared_out_to_the_minutes_in_which_it_was_played(self) -> None:
        session = play(counting(), 55_000)
        session.wait(3_000).beat(58_000)
        session.wait(4_000).do(e.FinishRequested)
        assert len(session.state.credit.minutes) == 2
        boundary_ms = session.state.credit.minutes[0].to_ms
        left_ms = boundary_ms - (session.now_ms - 4_000)
        assert 0 < left_ms < 4_000
        session.wait(2_000).beat(64_000)
        session.round()
        first, second = session.minutes_recorded()
        assert first.verified == ((0, 58_000 + left_ms),)
        assert second.verified == ((58_000 + left_ms, 62_000),)


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "left"),
    [
        (0, 0, ()),
        (700, 0, ((4_300, 5_000),)),
        (2_500, 300, ((2_500, 4_700),)),
        (2_500, 2_200, ((2_500, 2_800),)),
        (99_000, 2_000, ((1_000, 3_000),)),
    ],
)
def test_the_time_between_two_moments_goes_to_review_and_none_before_the_mark(
    from_ms: int, to_ms: int, left: tuple[tuple[int, int], ...]
) -> None:
    session = Hands(POLICY).begin()
    stretches = ((0, 0, 1_000), (0, 1_000, 3_000), (0, 3_000, 5_000))
    put(session.state, credit={"pending": stretches, "pending_set": ((0, 5_000),), "covered": 3})
    credit.leave_between(session.turn(), from_ms, to_ms, ReasonCode.NO_FACE, first=1)
    assert session.state.credit.undecided == left
    kept = sum(end_ms - start_ms for _, start_ms, end_ms in session.state.credit.pending)
    assert kept == 5_000 - sum(end_ms - start_ms for start_ms, end_ms in left)
    assert session.state.credit.covered == len(session.state.credit.pending)
