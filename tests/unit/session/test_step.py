"""Whole sessions on a virtual desk: the rules as a learner meets them."""

from __future__ import annotations

from support.desk import Desk, frame, good_face, started
from zaichang.core.assessment import FrameAssessment
from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import OrderSeek, Verdict
from zaichang.session.events import ConnectionLost, ConnectionResumed
from zaichang.session.playhead import normalise, total_ms
from zaichang.session.policy import Policy
from zaichang.session.replay import replay


def test_honest_session_is_credited_to_the_last_millisecond() -> None:
    desk = Desk().study(1_830_000).finish()
    assert desk.verified_ms == 1_800_000
    assert desk.final is not None
    assert desk.final.reason is ReasonCode.SESSION_FINISHED
    assert all(minute.verdict is Verdict.VERIFIED for minute in desk.minutes)


def test_absence_costs_the_bracket_and_itself_and_nothing_else() -> None:
    desk = Desk().study(300_000)
    before_ms = desk.state.credit.verified_ms
    present = desk.camera
    desk.camera = lambda _: frame()
    desk.study(300_000)
    assert desk.state.suspended is ReasonCode.NO_FACE
    assert desk.state.credit.verified_ms == before_ms
    desk.camera = present
    desk.study(600_000).finish()
    assert 600_000 - 10_000 <= desk.verified_ms - before_ms <= 600_000


def test_media_that_was_played_during_a_drop_counts_when_it_is_watched_again() -> None:
    desk = Desk().study(100_000)
    desk.online = False
    desk.send(ConnectionLost(at_ms=desk.now_ms))
    left_ms = desk.playhead_ms
    desk.study(8_000)
    desk.playing = False
    desk.study(120_000)
    back_ms = desk.playhead_ms
    desk.online = desk.playing = True
    desk.send(ConnectionResumed(at_ms=desk.now_ms))
    desk.beat()
    desk.study(60_000)
    assert desk.ordered(OrderSeek) == [] and left_ms < back_ms < desk.playhead_ms
    desk.seek(left_ms - 10_000).study(30_000)
    desk.finish()
    verified = normalise(part for minute in desk.minutes for part in minute.verified)
    [whole] = [(start_ms, end_ms) for start_ms, end_ms in verified if start_ms < left_ms < end_ms]
    assert whole[1] > back_ms, "the seconds of the drop count since they were watched again"
    assert ReasonCode.NETWORK_GAP in {reason for minute in desk.minutes for reason in minute.reasons}


def test_missing_pad_result_is_never_a_pass() -> None:
    policy = Policy()
    desk = Desk(
        policy=policy,
        info=started(policy),
        camera=lambda d: frame(good_face(pad_bp=None), content=f"{len(d.events):016x}"),
    )
    desk.study(600_000).finish()
    assert desk.verified_ms == 0
    assert {minute.verdict for minute in desk.minutes} == {Verdict.INDETERMINATE}
    assert desk.final is not None
    assert desk.final.undecided_ms > 500_000


def test_replay_gives_the_same_state_and_minutes() -> None:
    desk = Desk().study(900_000).finish()
    replayed = replay(desk.events, desk.policy)
    assert replayed.state == desk.state
    assert list(replayed.minutes) == desk.minutes
    assert replayed.final == desk.final


def called_back(desk: Desk, times: int) -> None:
    """Be away whenever a round begins, and come back when asked to."""
    present = desk.camera

    def camera(d: Desk) -> FrameAssessment | None:
        misses = d.state.proofs.round.reasons if d.state.proofs.round is not None else ()
        return frame() if d.state.proofs.rounds > 1 and len(misses) <= d.policy.round_silent else present(d)

    desk.camera = camera
    while desk.state.proofs.rounds < 1 + times or desk.state.proofs.round is not None:
        desk.study(1_000)
    desk.camera = present


def test_coming_only_when_called_is_excused_a_few_times_and_then_costs_each_bracket() -> None:
    desk = Desk(reaction_ms=2_000)
    called_back(desk, desk.policy.excuses)
    assert desk.state.proofs.excuses == desk.policy.excuses
    kept_ms = desk.state.credit.verified_ms
    left_ms = total_ms(desk.state.credit.undecided)
    assert 20_000 < kept_ms < left_ms, "the first time is credited, the others go to review"
    called_back(desk, 1 + desk.policy.excuses + 3)
    assert desk.state.credit.verified_ms == kept_ms
    assert total_ms(desk.state.credit.undecided) == left_ms
    assert desk.state.suspended is None
    assert dict(desk.state.credit.indicators)[ReasonCode.NO_FACE] >= 3


def test_a_tampered_page_is_an_indicator_and_costs_nothing() -> None:
    desk = Desk().study(60_000)
    desk.beat(hints=("native_patched",))
    desk.study(60_000).finish()
    assert desk.final is not None
    assert dict(desk.final.indicators)[ReasonCode.PAGE_TAMPERED] == 1
    assert desk.verified_ms >= 110_000
