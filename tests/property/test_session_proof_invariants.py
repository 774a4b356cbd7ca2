"""A test for each of design I6-I10: an arbitrary past, then the danger itself, every time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from support.desk import changed, frame, good_face
from support.effort import effort
from support.hostile import POLICIES, QUICK, honest
from support.pasts import (
    FACE,
    LONG_MS,
    NEVER_MS,
    NUMBERS,
    SCRIPTS,
    Script,
    active,
    bracket,
    close,
    play,
    prove,
    recover,
    run,
)
from support.watch import Watch, covers
from zaichang.core.assessment import not_analysed
from zaichang.core.errors import IllegalEvent
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.playhead import difference, total_ms
from zaichang.session.step import step
from zaichang.session.values import Phase


@effort(25)
@given(SCRIPTS, st.lists(st.tuples(st.sampled_from((0, 1, 2, 3)), NUMBERS), max_size=10), st.booleans())
def test_i6_nothing_is_credited_between_an_unanswered_challenge_and_its_cure(
    script: Script, meanwhile: list[tuple[int, int]], wrong: bool
) -> None:
    watch = active(QUICK, script)
    prove(watch)
    recover(watch)
    kept = watch.state.credit.credited
    bracket(watch, 5_000)
    watch.schedule(capture_in_ms=NEVER_MS, challenge_in_ms=0)
    watch.tick()
    for _ in range(10):
        if watch.state.challenges.hold:
            break
        if wrong:
            watch.answer("wrong")
        else:
            play(watch)
    assert watch.state.challenges.hold, "the challenge was not answered"
    assert watch.state.credit.credited == kept, "the bracket is lost, and nothing more"
    # The danger: a good face in front of the camera, the player running, for as long as the script likes.
    for kind, n in meanwhile:
        match kind:
            case 0:
                play(watch, 1_000 + n)
            case 1:
                watch.tick(n * 10)
            case 2 if watch.state.proofs.round is not None:
                watch.capture()
            case 3 if watch.state.challenges.open is not None:
                watch.answer("wrong")
            case _:
                watch.beat(watch.state.frontier_ms)
        assert watch.state.credit.credited == kept
        assert watch.state.playback.phase is not Phase.ACTIVE
    recover(watch)
    bracket(watch, 10_000)
    prove(watch)
    assert total_ms(watch.state.credit.credited) > total_ms(kept), "after the cure, time counts again"
    close(watch)


@effort(25)
@given(SCRIPTS, st.sampled_from(FACE), st.integers(1, 5))
def test_i6_an_open_challenge_is_not_left_behind_with_the_page(script: Script, name: str, sessions: int) -> None:
    policy = replace(POLICIES[name], challenge_kinds=("confirm",), delivery_required=False)
    watch = active(policy, script)
    watch.schedule(capture_in_ms=NEVER_MS, challenge_in_ms=0)
    watch.tick()
    assert watch.state.challenges.open is not None
    # The danger: the page is closed with the challenge open, and the lesson begun anew, again and again.
    credited = watch.state.credit.credited
    for _ in range(sessions):
        watch.do(e.Superseded)
        assert watch.state.challenges.owed and watch.state.credit.credited == credited
        watch = Watch(policy, lesson_duration_ms=LONG_MS, credited=credited, owed=watch.state.challenges.owed)
        assert watch.state.challenges.open is not None, "it begins with a challenge"
        watch.round()
        for _ in range(5):
            watch.wait(4_000).beat(watch.state.frontier_ms + 4_000)
            while watch.state.proofs.round is not None:
                watch.capture()
        assert watch.state.credit.credited == credited, "nothing counts before the answer"
    recover(watch)
    bracket(watch, 20_000)
    prove(watch)
    assert total_ms(watch.state.credit.credited) > total_ms(credited), "answered, time counts again"
    close(watch)


@effort(25)
@given(SCRIPTS, st.sampled_from(FACE), st.integers(0, 4))
def test_i7_a_capture_answers_its_order_in_time_with_its_nonce(script: Script, name: str, danger: int) -> None:
    watch = active(POLICIES[name], script)
    bracket(watch, 5_000)
    watch.schedule(capture_in_ms=0, challenge_in_ms=NEVER_MS)
    watch.tick()
    current = watch.state.proofs.round
    assert current is not None and current.capture_id
    earlier = watch.of(d.OrderCapture)[0]
    match danger:
        case 0:
            out = watch.receive(nonce=earlier.nonce)
        case 1:
            out = watch.receive(capture_id=earlier.capture_id, nonce=current.nonce)
        case 2:
            out = watch.wait(current.deadline_ms - watch.now_ms).receive(capture_id=current.capture_id)
        case 3:
            watch.receive()
            out = watch.receive()
        case _:
            watch.capture(frame())
            assume(watch.state.proofs.round is not None)
            out = watch.receive()
    assert any(isinstance(x, d.RejectCapture) for x in out)
    assert not any(isinstance(x, d.AnalyseCapture) for x in out)
    close(watch)


LACKING = (
    lambda w: not_analysed(),
    lambda w: frame(good_face(pad_bp=None), content=w.picture().content),
    lambda w: frame(good_face(similarity_bp=None), content=w.picture().content),
)


@effort(25)
@given(SCRIPTS, st.lists(st.sampled_from(LACKING), min_size=20, max_size=20), st.sampled_from(FACE))
def test_i8_a_missing_result_never_verifies_anything(script: Script, pictures: list[object], name: str) -> None:
    policy = replace(POLICIES[name], proofs=("presence", "identity", "pad"), strikes_max=0)
    watch = active(policy, script)
    prove(watch)
    recover(watch)
    kept = watch.state.credit.credited
    bracket(watch, 20_000)
    assert watch.state.credit.pending, "there was something to credit"
    for number in range(12):  # the danger: nothing but captures that lack a result
        play(watch)
        watch.schedule(capture_in_ms=0, challenge_in_ms=NEVER_MS)
        watch.tick()
        while watch.state.proofs.round is not None:
            watch.beat(
                watch.state.playback.beat_playhead_ms, playing=False
            )  # a busy service is given time: still there
            watch.capture(pictures[number](watch))  # type: ignore[operator]  # functions of the session
    assert watch.state.credit.credited == kept
    assert watch.reached["lacking capture"] >= 3
    assert watch.state.credit.undecided or watch.state.proofs.hold, "a person decides, or nothing counts"
    assert watch.reached["sent to review"] or watch.reached["bracket voided"]
    close(watch)


@pytest.mark.parametrize("pictures", range(1, 6), ids=["nobody", "dropped", "someone else", "no scores", "a picture"])
def test_i10_a_failed_proof_takes_back_the_bracket_and_nothing_more(pictures: int) -> None:
    policy = replace(QUICK, proofs=("presence", "identity", "pad"))

    @effort(12)
    @given(SCRIPTS, st.integers(5_000, 60_000), st.integers(5_000, 60_000))
    def check(script: Script, before_ms: int, within_ms: int) -> None:
        watch = active(policy, script)
        bracket(watch, before_ms)
        prove(watch)
        recover(watch)
        kept, minutes = watch.state.credit.credited, len(watch.minutes)
        start_ms = watch.state.playback.beat_playhead_ms
        bracket(watch, within_ms)
        at_stake = watch.state.credit.pending_set
        assert at_stake, "there was something to lose"
        prove(watch, pictures)
        if watch.state.proofs.hold is None:
            assert pictures in (2, 4), "only a lack goes to review"
            assert watch.state.credit.credited == kept
            assert covers(watch.state.credit.undecided, at_stake)
            return
        assert watch.state.credit.credited == kept, "everything before the last good proof stays"
        assert watch.state.credit.pending == ()
        assert difference(at_stake, watch.state.credit.credited) == at_stake, "everything since is taken back"
        # Cured, and watched again, the same stretch counts: nothing but the bracket was lost.
        recover(watch)
        watch.wait(500).beat(min(start_ms, at_stake[0][0]))
        bracket(watch, within_ms + 10_000)
        prove(watch)
        assert covers(watch.state.credit.credited, kept)
        assert covers(watch.state.credit.credited, at_stake)
        assert len(watch.minutes) >= minutes
        close(watch)

    check()


@effort(25)
@given(SCRIPTS, st.integers(16_000, 1_700_000), st.booleans(), st.booleans())
def test_i10_a_network_gap_costs_the_gap(script: Script, gap_ms: int, told: bool, timers: bool) -> None:
    watch = active(QUICK, script)
    prove(watch)
    recover(watch)
    kept = watch.state.credit.credited
    bracket(watch, 20_000)
    at_stake = watch.state.credit.pending_set
    playhead_ms = watch.state.playback.beat_playhead_ms
    active_ms = watch.state.playback.active_ms
    if told:
        watch.do(e.ConnectionLost)
    if timers:
        watch.tick(16_000)
        assert watch.state.playback.phase is Phase.SUSPENDED
        watch.wait(-16_000 + gap_ms)
    else:
        watch.wait(gap_ms)
    if told:
        watch.do(e.ConnectionResumed)
    # The danger: the player claims to have played all through the gap.
    watch.beat(playhead_ms + gap_ms)
    assert watch.state.credit.pending_set == at_stake
    assert watch.state.playback.active_ms - active_ms <= watch.policy.gap_ms
    assert watch.state.proofs.round is not None, "a learner who comes back proves at once who it is"
    while watch.state.proofs.round is not None:
        watch.capture()
    assert covers(watch.state.credit.credited, at_stake), "playing before the gap counts"
    assert covers(watch.state.credit.credited, kept)
    assert total_ms(watch.state.credit.credited) == total_ms(kept) + total_ms(at_stake), "the gap does not"
    close(watch)


@effort(25)
@given(SCRIPTS, st.sampled_from(sorted(POLICIES)), NUMBERS)
def test_i9_what_is_recorded_is_never_recorded_again(script: Script, name: str, n: int) -> None:
    watch = Watch(POLICIES[name], lesson_duration_ms=LONG_MS)
    honest(watch, 14)
    honest(watch, 14)
    assume(watch.minutes)
    recorded = list(watch.minutes)
    run(watch, script)
    close(watch)
    assert watch.minutes[: len(recorded)] == recorded
    assert [minute.index for minute in watch.minutes] == list(range(len(watch.minutes)))
    late = e.CaptureAssessed(at_ms=watch.now_ms + n, capture_id="c1-0", assessment=watch.picture())
    state, out = step(watch.state, late, watch.policy)
    assert out == ()
    blank = {"reached_ms": 0}
    assert changed(state, playback=blank) == changed(watch.state, playback=blank), (
        "a result after the end changes nothing"
    )
    with pytest.raises(IllegalEvent, match="Start a new session"):
        step(watch.state, e.FinishRequested(at_ms=watch.now_ms), watch.policy)
