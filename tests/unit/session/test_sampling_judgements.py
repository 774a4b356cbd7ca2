"""Rules 2, one exact situation at a time: the door, judgements of a round, draws, movements."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import done, frame, good_face, put
from support.hands import Hands
from support.sampled import SAMPLED
from unit.session.test_sampling_edges import NEVER_MS, PLAIN, counting, drawn, play, sample, taken_up
from zaichang.core.enums import Proof, StepOutcome
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.judgements import captures, liveness_tries
from zaichang.session.owners import challenges, liveness, samples
from zaichang.session.policy import Policy
from zaichang.session.state import State
from zaichang.session.values import Phase, Round

R = ReasonCode


class TestDoor:
    def test_a_learner_whom_attack_detection_alone_refuses_is_let_in_and_all_goes_to_review(self) -> None:
        session = Hands(PLAIN)
        false_alarm = frame(good_face(pad_bp=100))
        for number in range(PLAIN.opening_failed_max):
            assert session.state.proofs.hold is (R.PAD_ATTACK if number else R.AWAITING_PROOF)
            session.round(false_alarm)
            session.beat(0, playing=False)
            session.tick(PLAIN.cure_ms)
        assert session.state.samples.admitted and session.state.proofs.hold is None
        assert session.indicated()["PAD_ATTACK"] >= 1, "a case is opened"
        session.beat(0)
        put(session.state, samples={"next_staked_ms": NEVER_MS})
        sample(play(session, 20_000), false_alarm)
        assert session.state.credit.undecided == ((0, 20_000),)

    def test_a_stranger_or_a_picture_without_the_face_is_not(self) -> None:
        session = Hands(PLAIN)
        for _ in range(PLAIN.opening_failed_max + 1):
            session.round(frame(good_face(pad_bp=100, similarity_bp=0)))
            session.beat(0, playing=False)
            session.tick(PLAIN.cure_ms)
        assert not session.state.samples.admitted
        assert not captures.is_learner(frame(), PLAIN)
        assert not captures.is_learner(frame(good_face()), replace(PLAIN, proofs=(Proof.PAD,)))

    def test_movements_do_not_lock_out_who_was_let_in(self) -> None:
        session = Hands(SAMPLED).round()
        put(session.state, samples={"admitted": True})
        session.move(pad_bp=100)
        assert session.state.challenges.open is None
        session = Hands(SAMPLED).round()
        session.move(pad_bp=100)
        assert session.state.challenges.open is not None

    def test_a_slow_camera_repeats_once_in_a_round(self) -> None:
        session = drawn(play(counting(), 20_000))
        session.capture(frame(good_face(), content="same"))
        session.capture(frame(good_face(), content="same"))
        assert session.state.proofs.round is not None
        assert session.state.proofs.round.reasons == (R.NOT_ANALYSED,)
        assert session.state.proofs.round.retake_at_ms - session.now_ms == PLAIN.retake_prompted_ms
        session.capture(frame(good_face(), content="same"))
        assert session.state.proofs.round.reasons[-1] is R.CAMERA_FROZEN
        assert not captures.too_soon(None, 0, PLAIN)


class TestJudgements:
    @pytest.mark.parametrize(
        ("proofs", "face", "reason", "seen"),
        [
            (tuple(Proof), good_face(similarity_bp=2_500), R.FACE_MASKED, True),
            (tuple(Proof), good_face(similarity_bp=2_499), R.FACE_MASKED, False),
            (tuple(Proof), good_face(similarity_bp=3_000, pad_bp=4_999), R.POSE_TOO_FAR, False),
            (tuple(Proof), good_face(similarity_bp=3_000, pad_bp=None), R.POSE_TOO_FAR, False),
            (tuple(Proof), good_face(similarity_bp=None), R.POSE_TOO_FAR, False),
            (tuple(Proof), good_face(similarity_bp=3_000), R.NOT_SAME_PERSON, False),
            (tuple(Proof), good_face(similarity_bp=3_000), R.PAD_MISSING, False),
            ((Proof.PRESENCE,), good_face(similarity_bp=None), R.BLURRED, True),
        ],
    )
    def test_a_picture_too_poor_to_pass_may_still_recognise(
        self, proofs: tuple[Proof, ...], face: object, reason: ReasonCode, seen: bool
    ) -> None:
        shown = frame(face)  # type: ignore[arg-type]  # a face
        assert captures.recognised(shown, reason, replace(PLAIN, proofs=proofs)) is seen
        assert not captures.recognised(frame(), R.NO_FACE, PLAIN)

    def test_a_prompt_that_was_needed_calls_unless_somebody_was_recognised_before(self) -> None:
        asked = Round(number=0, reasons=(R.NO_FACE,) * 3, passes=2)
        assert captures.called(asked, PLAIN) is R.NO_FACE
        assert captures.called(replace(asked, seen=1), PLAIN) is None
        assert captures.called(replace(asked, seen=1, late=True), PLAIN) is R.CAME_WHEN_CALLED

    def test_without_a_picture_a_deadline_calls_only_on_a_line_that_lives(self) -> None:
        for beats, late in ((0, False), (2, True)):
            session = drawn(play(counting(), 20_000))
            for _ in range(beats):
                session.wait(1_000).beat(session.state.playback.beat_playhead_ms + 1_000)
            current = session.state.proofs.round
            assert current is not None
            session.tick(current.deadline_ms - session.now_ms)
            assert session.state.proofs.round is not None and session.state.proofs.round.late is late

    def test_word_of_a_picture_counts_once_and_for_that_picture_alone(self) -> None:
        session = drawn(play(counting(), 20_000))
        current = session.state.proofs.round
        assert current is not None
        session.do(e.CaptureTaken, capture_id=current.capture_id, digest="ab" * 32)
        session.do(e.CaptureTaken, capture_id=current.capture_id, digest="cd" * 32)
        session.do(e.CaptureTaken, capture_id="other", digest="cd" * 32)
        assert session.state.proofs.round is not None and session.state.proofs.round.digest == "ab" * 32
        session.wait(9_000).receive(digest="ab" * 32)
        assert not session.state.proofs.round.late
        session = drawn(play(counting(), 20_000))
        session.do(e.CaptureTaken, capture_id=session.state.proofs.round.capture_id, digest="ab" * 32)
        session.wait(9_000).receive(digest="cd" * 32)
        assert session.state.proofs.round.late, "another picture than the one that was announced"


class TestDraws:
    def test_they_run_on_new_media_alone(self) -> None:
        session = play(counting(), 30_000)
        staked_ms = session.state.samples.staked_ms
        session.beat(0)
        play(session, 20_000)
        assert session.state.samples.staked_ms == staked_ms
        assert samples.due_ms(session.state) is None
        play(session, 15_000)
        assert session.state.samples.staked_ms > staked_ms

    def test_a_player_that_claims_to_play_and_stands_is_stalled(self) -> None:
        session = play(counting(), 20_000)
        for _ in range(3):
            session.wait(5_000).beat(20_000)
        assert session.state.page.player_hold is R.PLAYER_STALLED
        session.wait(5_000).beat(25_000)
        assert session.state.playback.phase is Phase.ACTIVE

    def test_time_without_a_connection_counts_up_to_a_share(self) -> None:
        session = play(counting(replace(PLAIN, unlinked_ms=2_000, unlinked_pct=0)), 20_000)
        session.wait(1_000).do(e.ConnectionLost)
        session.do(e.ConnectionLost)
        session.wait(4_000).do(e.ConnectionResumed)
        session.beat(25_000)
        assert session.state.pending_ms == 23_000
        assert session.of(d.OrderSeek)[-1] == d.OrderSeek(to_ms=23_000, reason=R.NETWORK_GAP)

    def test_rare_reports_earn_no_more_than_the_pace(self) -> None:
        session = play(counting(), 20_000)
        session.wait(15_000).beat(35_000)
        session.wait(15_000).beat(50_000)
        assert session.state.pending_ms == 43_500
        assert session.of(d.OrderSeek)[-1] == d.OrderSeek(to_ms=43_500, reason=R.NETWORK_GAP)

    def test_the_counts_of_earlier_sessions_go_on(self) -> None:
        before = e.Leniency(debt_ms=5, calls=1, failures=2, liveness_failed=3)
        assert taken_up(Hands(PLAIN, leniency=before)) == before
        assert SAMPLED.rules == 2 and Policy().rules == 1


class TestMovements:
    def test_the_closing_movements_may_fail_once(self) -> None:
        policy = replace(SAMPLED, liveness_start=False)
        session = counting(policy)
        sample(play(session, 20_000))
        session.do(e.FinishRequested)
        still = (e.LivenessStep(action="blink", outcome=StepOutcome.NO_RESPONSE, frames=5),)
        for _ in range(policy.challenge_attempts):
            session.move(steps=still, reasons=(R.POSE_TOO_FAR,))
        assert session.of(d.RecordFinal) == [] and session.state.challenges.open is None
        session.beat(20_000, playing=False)
        session.tick(challenges.FAILURE_DELAY_MS)
        session.move()
        session.round()
        assert session.final().verified_ms == 20_000

    def test_without_movements_of_the_head_one_action_is_asked_for(self) -> None:
        heads = ("turn_left", "turn_right", "look_up", "look_down")
        for number in range(8):
            session = Hands(SAMPLED, liveness_excluded=heads, seed=f"{number:064x}").round()
            order = session.ready()
            assert order is not None and len(set(order.actions)) == 1 and len(order.actions) == 2

    def test_a_try_without_a_face_is_a_missed_sample_and_no_attempt(self) -> None:
        session = counting(replace(SAMPLED, liveness_start=False))
        play(session, 20_000)
        challenges.issue(session.turn(), kind="liveness")  # type: ignore[arg-type]  # a kind
        before_ms = session.state.samples.debt_ms
        for _ in range(2):
            order = session.ready()
            assert order is not None and session.state.challenges.open is not None
            first_ms = session.state.challenges.open.first_deadline_ms
            steps = (e.LivenessStep(action=order.actions[0], outcome=StepOutcome.NO_RESPONSE, frames=3),)
            session.move(order, steps=steps, reasons=(R.NO_FACE,))
            challenge = session.state.challenges.open
            assert challenge is not None
            assert (challenge.attempts, challenge.begun, challenge.deadline_ms) == (0, False, first_ms)
        assert session.state.samples.debt_ms == before_ms + SAMPLED.miss_worth_ms, "once in a challenge"

    def test_which_tries_show_nobody(self) -> None:
        order = d.OrderLiveness(
            challenge_id="q", attempt=1, actions=("blink",), holds_ms=(0,), nonces=("a",), step_ms=1
        )
        base = e.LivenessAssessed(at_ms=0, **done(order))
        assert not liveness_tries.faceless(replace(base, steps=())), "the camera's or the line's doing"
        assert not liveness_tries.faceless(replace(base, reasons=(R.NO_FACE,)))
        moved = (e.LivenessStep(action="blink", outcome=StepOutcome.NO_RESPONSE, frames=5),)
        assert not liveness_tries.faceless(replace(base, steps=moved))
        assert liveness_tries.faceless(replace(base, steps=moved, reasons=(R.CAMERA_COVERED,)))

    def test_after_two_failures_two_passes_follow_each_other_and_a_person_decides(self) -> None:
        policy = replace(SAMPLED, liveness_start=False)
        session = counting(policy)
        sample(play(session, 20_000))
        put(session.state, liveness={"failed": 2, "failed_reason": R.LIVENESS_FLAT})
        challenges.issue(session.turn(), kind="liveness")  # type: ignore[arg-type]  # a kind
        session.move()
        assert session.state.challenges.open is not None and session.state.liveness.again
        assert session.state.credit.verified_ms == 0
        session.move()
        assert session.state.challenges.open is None
        assert (session.state.liveness.failed, session.state.liveness.again) == (0, False)
        assert session.state.credit.undecided == ((0, 20_000),)

    def test_a_failure_between_the_two_begins_anew(self) -> None:
        state: State = Hands(SAMPLED).state
        put(state, liveness={"again": True})
        session = Hands(SAMPLED)
        session.state = state
        liveness.count_failure(session.turn())
        assert (state.liveness.failed, state.liveness.again) == (1, False)


def test_a_click_alone_has_one_attempt() -> None:
    session = Hands(replace(SAMPLED, challenge_kinds=("confirm",)), route="challenge")
    challenge = session.state.challenges.open
    assert challenge is not None
    wrong = next(option for option in challenge.options if option != challenge.expected)
    session.answer(wrong)
    assert session.of(d.ChallengeJudged)[-1].closed
    assert session.state.challenges.failures == 1
