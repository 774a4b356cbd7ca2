"""One test for each of design I1-I10: an arbitrary past, then the danger itself, every time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from support.desk import changed, frame, good_face
from support.effort import effort
from support.hostile import ACTIONS, PICTURES, POLICIES, QUICK, Action, honest
from support.watch import Watch, covers
from zaichang.core.assessment import not_analysed
from zaichang.core.errors import IllegalEvent
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.playhead import IntervalSet, difference, total_ms
from zaichang.session.policy import Policy
from zaichang.session.step import step
from zaichang.session.values import Phase

R = ReasonCode
Script = list[tuple[Action, int]]
SCRIPTS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 999)), max_size=14)
NUMBERS = st.integers(0, 999)
FACE = sorted(set(POLICIES) - {"challenges only", "short"})
LONG_MS = 14_400_000
NEVER_MS = 10_000_000


def run(watch: Watch, script: Script) -> Watch:
    for action, n in script:
        action(watch, n)
    return watch


def active(policy: Policy, script: Script, **info: object) -> Watch:
    """Return a session that is ACTIVE and counting, after an arbitrary past."""
    watch = run(Watch(policy, lesson_duration_ms=LONG_MS, **info), script)
    recover(watch)
    return watch


def recover(watch: Watch) -> None:
    """Do what an honest learner does until time counts again; give up on a session that is over."""
    for _ in range(400):
        assume(watch.state.playback.phase is not Phase.CLOSED and watch.state.playback.closing is None)
        assume(
            watch.state.proofs.repeats <= watch.policy.repeats_max
        )  # a camera that was taken for a recording stays one
        if watch.state.challenges.open is not None:
            watch.answer()
        elif watch.state.proofs.round is not None:
            watch.capture()
        elif (
            watch.state.playback.beat_ms == watch.now_ms
            and watch.state.playback.beat_playhead_ms == watch.state.frontier_ms
        ):
            return
        else:
            watch.wait(1_000).beat(watch.state.frontier_ms)
    raise AssertionError(f"an honest learner cannot go on: {watch.state}")


def play(watch: Watch, span_ms: int = 4_000) -> None:
    watch.wait(span_ms).beat(watch.state.playback.beat_playhead_ms + span_ms)


def bracket(watch: Watch, span_ms: int) -> None:
    """Play for about ``span_ms`` with everything pending until the next proof."""
    watch.schedule(capture_in_ms=NEVER_MS, challenge_in_ms=NEVER_MS)
    for _ in range(max(1, span_ms // 4_000)):
        play(watch)


def prove(watch: Watch, pictures: int | None = None) -> None:
    """Let a round fall due and pass it, or fail it with picture number ``pictures``."""
    watch.schedule(capture_in_ms=0, challenge_in_ms=NEVER_MS)
    watch.tick()
    while watch.state.proofs.round is not None:
        watch.capture(None if pictures is None else PICTURES[pictures](watch))
        if watch.now_ms - watch.state.link.heard_ms > 10_000:
            watch.beat(watch.state.playback.beat_playhead_ms)  # still here, standing still


@effort(25)
@given(SCRIPTS, st.sampled_from(FACE), st.integers(1, 3_000) | st.integers(3_001, 40_000))
def test_i1_credit_never_outruns_the_clock(script: Script, name: str, excess_ms: int) -> None:
    watch = active(POLICIES[name], script)
    policy = watch.policy
    prove(watch)
    recover(watch)
    bracket(watch, 5_000)
    # The danger: a report beyond what the clock and all slack allow.
    allowed_ms = watch.state.playback.tokens_ms + 5_000 * policy.rate_max_bp // 10_000
    pending_ms = watch.state.pending_ms
    out = watch.wait(5_000).beat(watch.state.playback.beat_playhead_ms + allowed_ms + excess_ms)
    lags = excess_ms <= policy.seek_tolerance_ms
    assert watch.state.pending_ms <= pending_ms + (allowed_ms if lags else 0)
    # Where skips are allowed, it may have been one: nothing counts, and the learner is not sent back.
    assert any(isinstance(x, d.OrderSeek) for x in out) is not (lags or policy.skip_allowed)
    event(f"lags: {lags}")
    watch.do(e.FinishRequested)
    while watch.state.playback.phase is not Phase.CLOSED:
        watch.capture()
    for first, start in enumerate(watch.minutes):
        for last in range(first, len(watch.minutes)):
            window_ms = watch.minutes[last].to_ms - start.from_ms
            credited_ms = sum(minute.verified_ms for minute in watch.minutes[first : last + 1])
            # 60 s: playing just before the window may be split into its first minute.
            assert credited_ms * 10_000 <= window_ms * policy.rate_max_bp + policy.burst_ms * 10_000 + 10_000
    assert watch.minutes, "minutes were recorded"
    watch.check_replay()


@effort(25)
@given(SCRIPTS, SCRIPTS, st.sampled_from(sorted(POLICIES)), st.sampled_from(sorted(POLICIES)))
def test_i2_two_sessions_never_count_a_second_twice(first: Script, second: Script, one: str, two: str) -> None:
    a = Watch(POLICIES[one], lesson_duration_ms=LONG_MS)
    honest(a, 14)
    honest(a, 14)
    close(run(a, first))
    assume(a.state.credit.credited)
    b = Watch(POLICIES[two], lesson_duration_ms=LONG_MS, credited=a.state.credit.credited)
    # The danger: the whole of it again, under a policy and a camera that would credit it.
    honest(b, 0)
    b.wait(100).beat(0)
    honest(b, 14)
    honest(b, 14)
    played = (0, b.state.playback.beat_playhead_ms)
    assert played[1] > 50_000
    assert total_ms(difference(a.state.credit.credited, (played,))) < total_ms(a.state.credit.credited), (
        "credited time was replayed"
    )
    close(run(b, second))
    in_a = [part for minute in a.minutes for part in minute.verified]
    in_b = [part for minute in b.minutes for part in minute.verified]
    assert all(difference((part,), a.state.credit.credited) == (part,) for part in in_b)
    assert total_ms(b.state.credit.credited) == sum(end - start for start, end in in_a + in_b)
    assert covers(b.state.credit.credited, a.state.credit.credited)


def close(watch: Watch) -> None:
    if watch.state.playback.phase is not Phase.CLOSED:
        watch.do(e.FinishRequested)
    while watch.state.playback.phase is not Phase.CLOSED:
        watch.tick(watch.policy.abandon_ms)
    watch.check_replay()


@effort(25)
@given(SCRIPTS, SCRIPTS, st.sampled_from(FACE))
def test_i3_what_is_superseded_earns_nothing_more(script: Script, after: Script, name: str) -> None:
    watch = active(POLICIES[name], script)
    bracket(watch, 20_000)
    assert watch.state.credit.pending, "there was something to earn"
    credited = watch.state.credit.credited
    out = watch.wait(100).do(e.Superseded)
    assert isinstance(out[-1], d.RecordFinal)
    assert out[-1].final.reason is ReasonCode.SUPERSEDED
    decided = len(watch.log)
    run(watch, after)
    for nonce in watch.used_nonces | {watch.nonce}:
        watch.beat(watch.state.frontier_ms + 5_000, nonce=nonce)
    assert watch.state.credit.credited == credited
    assert watch.state.playback.phase is Phase.CLOSED
    assert len(watch.log) == decided


@effort(25)
@given(SCRIPTS, st.sampled_from(sorted(POLICIES)))
def test_i4_a_heartbeat_counts_once_and_only_in_its_place(script: Script, name: str) -> None:
    watch = active(POLICIES[name], [(honest, 3), *script])
    play(watch)
    sent = [x for x in watch.events if isinstance(x, e.HeartbeatReceived)]
    watch.wait(1_000).do(e.DeadlineReached)
    assume(watch.state.playback.phase is Phase.ACTIVE)
    pending, seq = watch.state.credit.pending, watch.state.link.seq
    ahead_ms = watch.state.frontier_ms + 1_000
    for old in sent:
        # The danger: each report again, and each old nonce under the right number, claiming progress.
        assert isinstance(watch.beat(ahead_ms, seq=old.seq, nonce=old.nonce)[0], d.RejectHeartbeat)
        assert isinstance(watch.beat(ahead_ms, seq=seq + 1, nonce=old.nonce)[0], d.RejectHeartbeat)
    for wrong_seq in (0, seq, seq + 2):
        assert isinstance(watch.beat(ahead_ms, seq=wrong_seq, nonce=watch.nonce)[0], d.RejectHeartbeat)
    assert (watch.state.credit.pending, watch.state.link.seq) == (pending, seq)
    assert watch.indicated()["HEARTBEAT_REJECTED"] >= 2 * len(sent) + 3 >= 5
    assert isinstance(watch.beat(ahead_ms)[-1], d.AckHeartbeat), "and the right one still counts"
    assert watch.state.pending_ms > total_ms(tuple((a, b) for _, a, b in pending))


DELIVERY = POLICIES["delivery"]


@effort(25)
@given(SCRIPTS, st.integers(10_000, 50_000), st.integers(0, 29_000), st.integers(0, 2))
def test_i5_only_what_was_delivered_is_credited(script: Script, span_ms: int, late_ms: int, danger: int) -> None:
    watch = active(DELIVERY, script)
    prove(watch)
    recover(watch)
    kept = watch.state.credit.credited
    start_ms = watch.state.playback.beat_playhead_ms
    bracket(watch, span_ms)
    played = watch.state.credit.pending_set
    fresh = difference(difference(played, watch.sent), kept)
    assume(fresh)
    # The danger: played and proved in every other way, and not (or not in time, or only in part) delivered.
    prove(watch)
    assert covers(watch.state.credit.waiting_set, fresh), "proved, and waits for nothing but the log"
    assert difference(watch.state.credit.credited, kept) == difference(difference(played, kept), fresh)
    middle_ms = fresh[0][0] + 1_000
    within_ms = min(due_ms for _, _, _, due_ms in watch.state.credit.waiting) - watch.now_ms
    late_ms = min(late_ms, within_ms - 1)
    while late_ms > 0:
        watch.wait(min(4_000, late_ms)).beat(watch.state.playback.beat_playhead_ms, playing=False)
        late_ms -= 4_000
    match danger:
        case 0:  # the log comes late, but in time
            watch.do(e.MediaDelivered, spans=((0, LONG_MS, watch.info.at_ms),))
            assert covers(watch.state.credit.credited, fresh)
        case 1:  # it says that only a part was sent
            watch.do(e.MediaDelivered, spans=((start_ms, middle_ms, watch.info.at_ms),))
            assert not covers(watch.state.credit.credited, fresh)
        case _:  # the media was fetched only after it had been "played"
            recover(watch)
            bracket(watch, 80_000)
            watch.do(e.MediaDelivered, spans=((0, LONG_MS, watch.now_ms),))
            assert difference(watch.state.credit.credited, kept) == difference(difference(played, kept), fresh)
    credited = watch.state.credit.credited
    while watch.state.credit.waiting:
        watch.tick(5_000)
    left = difference(fresh, credited)
    assert covers(watch.state.credit.undecided, left), "a person decides; nothing before it is lost"
    assert covers(credited, kept)
    close(watch)
    verified = tuple(part for minute in watch.minutes for part in minute.verified)
    assert not difference(verified, watch.sent)
    assert all(R.MEDIA_NOT_DELIVERED in minute.reasons for minute in watch.minutes if touches(minute, left))


def touches(minute: d.Minute, left: IntervalSet) -> bool:
    return difference(minute.undecided, left) != minute.undecided


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
