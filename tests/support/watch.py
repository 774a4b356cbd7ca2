"""A session under watch: after every event the rules of design section 1 are checked from outside.

The checks here read events and decisions by code that shares nothing with the session core, as far as
that can be; ``reached`` counts the dangerous states, so that a test can assert that it was not quiet for want of them.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from support.desk import POLICY, put
from support.hands import Hands
from zaichang.core.assessment import FrameAssessment
from zaichang.core.errors import IllegalEvent
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.codec import decode_event, encode_event
from zaichang.session.playhead import IntervalSet, difference, furthest_ms, normalise, total_ms, union
from zaichang.session.policy import Policy
from zaichang.session.replay import replay
from zaichang.session.schedule import heartbeat_nonce
from zaichang.session.state import State
from zaichang.session.step import next_deadline_ms, step
from zaichang.session.values import Phase

HARMLESS = {ReasonCode.BACKGROUND_FACE}


def covers(big: IntervalSet, small: IntervalSet) -> bool:
    return difference(small, big) == ()


class Watch(Hands):
    """Checks each step against the rules; ``do`` returns no decisions for an event that was refused."""

    def __init__(
        self, policy: Policy = POLICY, reached: Counter[str] | None = None, *, revealed: bool = True, **info: Any
    ) -> None:
        super().__init__(policy, revealed=revealed, **info)
        self.reached: Counter[str] = Counter() if reached is None else reached
        self.prior = normalise(self.info.credited)
        self.before = union(self.prior, self.info.resumable)
        self.minutes: list[d.Minute] = []
        self.counted: IntervalSet = self.prior
        self.undecided: IntervalSet = ()
        self.sent: IntervalSet = ()
        self.bracket_open = False
        self.deadlines: dict[str, int] = {}
        self.analysing: set[str] = set()
        self.good = 0
        self.camera = ""
        self.contents: set[str] = set()
        self.played_ms = 0
        self.lowest = 0
        self.moved = False
        self.nonce = heartbeat_nonce(self.info, 1)
        self.used_nonces: set[str] = set()
        self._orders(self.log)

    # -- one event -------------------------------------------------------------------------------------------------

    def do(self, kind: type[Any], **values: object) -> tuple[d.Decision, ...]:
        event = kind(at_ms=self.now_ms, **values)
        before, frozen = self.state, self.state.copy()
        try:
            after, out = step(before, event, self.policy)
        except IllegalEvent:
            assert before == frozen, "a refused event changed the state"
            assert before.playback.phase is Phase.CLOSED
            self.reached["refused after the end"] += 1
            return ()
        assert before == frozen, "step changed the state that it was given"
        assert decode_event(encode_event(event)) == event
        if len(self.events) % 5 == 0:
            self._extra_timer(before, event, after, out)
        self.events.append(event)
        self.log += out
        self.state = after
        self._check(before, event, after, out)
        return out

    def _extra_timer(self, before: State, event: e.Event, after: State, out: tuple[d.Decision, ...]) -> None:
        due_ms = next_deadline_ms(before, self.policy)
        between_ms = (before.playback.reached_ms + min(event.at_ms, due_ms or event.at_ms)) // 2
        if between_ms > before.playback.reached_ms and (due_ms is None or between_ms < due_ms):
            ticked, quiet = step(before, e.DeadlineReached(at_ms=between_ms), self.policy)
            assert quiet == (), "a timer at which nothing was due did something"
            assert step(ticked, event, self.policy) == (after, out), (
                "a timer at which nothing was due changed a verdict"
            )
            self.reached["early timer"] += 1

    def schedule(self, *, capture_in_ms: int, challenge_in_ms: int) -> None:
        """Move the next draws, so that a test need not wait for the situation it is about."""
        self.moved = True
        self.state = self.state.copy()
        put(self.state, proofs={"next_active_ms": self.state.playback.active_ms + capture_in_ms})
        put(self.state, challenges={"next_active_ms": self.state.playback.active_ms + challenge_in_ms})

    # -- the rules -------------------------------------------------------------------------------------------------

    def _check(self, before: State, event: e.Event, after: State, out: tuple[d.Decision, ...]) -> None:
        due_ms = next_deadline_ms(after, self.policy)
        assert (due_ms is None) is (after.playback.phase is Phase.CLOSED)
        assert due_ms is None or due_ms > after.playback.reached_ms == event.at_ms
        assert (after.playback.phase is Phase.ACTIVE) is (
            after.playback.phase is not Phase.CLOSED and after.suspended is None
        )
        assert not (after.playback.phase is Phase.ACTIVE and after.page.pause_ordered)
        mid, _ = step(before, e.DeadlineReached(at_ms=event.at_ms), self.policy)
        self._check_captures(event, out)
        self._check_skips(after)
        passed = mid.playback.phase is not Phase.CLOSED and self._proof_passed(event, out)
        if isinstance(event, e.MediaDelivered):
            self.sent = normalise((*self.sent, *(span[:2] for span in event.spans)))
        self._check_delivery(before, event, after)
        self._check_credit(before, mid, event, after, out, passed)
        self._check_holds(mid, event, after, out)
        if isinstance(event, e.HeartbeatReceived):
            self._check_heartbeat(before, mid, event, after, out)
        self._orders(out)
        if after.proofs.hold is not None or after.proofs.opening_lack is not None:
            self.bracket_open = False
        elif passed:
            self.bracket_open = True
        for decision in out:
            if isinstance(decision, d.RecordMinute):
                self._check_minute(decision.minute)
            elif isinstance(decision, d.RecordFinal):
                self._check_final(after, decision.final)

    def _orders(self, out: Any) -> None:
        for decision in out:
            if isinstance(decision, d.OrderCapture):
                if decision.capture_id not in self.deadlines and decision.capture_id.endswith("-0"):
                    self.good = 0
                self.deadlines[decision.capture_id] = decision.deadline_ms

    def _check_skips(self, after: State) -> None:
        """快进禁止: the part that a first viewing left out is bounded in all, and so is the number of pieces."""
        watched = union(union(after.taken, after.credit.undecided), self.before)
        assert len(watched) <= 130 + len(self.before)
        if not self.policy.skip_allowed:
            left_out_ms = furthest_ms(watched) - total_ms(watched) - furthest_ms(self.before) + total_ms(self.before)
            lead_ms = self.policy.burst_ms * self.policy.rate_max_bp // 10_000 + self.policy.seek_tolerance_ms
            assert left_out_ms <= 30_000 + lead_ms
            self.reached["left out by skipping"] += left_out_ms > 0

    def _check_captures(self, event: e.Event, out: tuple[d.Decision, ...]) -> None:
        """I7: analysed is only what was ordered, in time, with its nonce, once."""
        for decision in out:
            if isinstance(decision, d.AnalyseCapture):
                assert isinstance(event, e.CaptureReceived)
                assert event.capture_id == decision.capture_id
                order = next(x for x in self.of(d.OrderCapture) if x.capture_id == event.capture_id)
                assert order.nonce == event.nonce
                assert event.at_ms < self.deadlines[event.capture_id]
                assert event.capture_id not in self.analysing
                self.analysing.add(event.capture_id)
                if event.camera != self.camera:
                    self.reached["camera changed"] += bool(self.camera)
                    self.reached["camera changed after a pass"] += self.good > 0
                    self.camera = event.camera
                    self.good = 0
            elif isinstance(decision, d.RejectCapture):
                self.reached[f"capture refused: {decision.reason}"] += 1

    def _proof_passed(self, event: e.Event, out: tuple[d.Decision, ...]) -> bool:
        """I8: judge the proof anew; only what is known to be good is good."""
        if self.info.terms.route == "face" and self.policy.proofs:
            if not isinstance(event, e.CaptureAssessed) or event.capture_id not in self.analysing:
                return False
            self.analysing.discard(event.capture_id)
            fresh = event.assessment.content not in self.contents and not event.seen_before
            if event.assessment.content:
                self.contents.add(event.assessment.content)
            good = fresh and is_good(event.assessment, self.policy)
            self.good += good
            self.reached["lacking capture"] += not good and lacks(event.assessment, self.policy)
            return good and self.good >= self.policy.round_passes
        return any(isinstance(x, d.ChallengeJudged) and x.accepted for x in out)

    def _check_delivery(self, before: State, event: e.Event, after: State) -> None:
        """I5: where the policy asks for it, credited is what was sent to this session, and only that."""
        if not self.policy.delivery_required:
            assert not after.credit.waiting
            return
        assert covers(self.sent, difference(after.credit.credited, self.prior)), "credited, though it was never sent"
        for _, start_ms, end_ms, due_ms in after.credit.waiting:
            assert difference(((start_ms, end_ms),), after.credit.credited) == ((start_ms, end_ms),)
            assert due_ms > after.playback.reached_ms, "what has waited too long still waits"
        assert not (after.credit.waiting and after.playback.phase is Phase.CLOSED)
        self.reached["waited for the delivery log"] += bool(after.credit.waiting)
        by_log = isinstance(event, e.MediaDelivered) and after.credit.credited != before.credit.credited
        self.reached["credited by the delivery log"] += by_log
        left = difference(before.credit.waiting_set, union(after.credit.waiting_set, after.credit.credited))
        assert covers(after.credit.undecided, left), "undelivered media goes to review, it is not lost"
        self.reached["undelivered goes to review"] += bool(left)

    def _check_credit(
        self, before: State, mid: State, event: e.Event, after: State, out: tuple[d.Decision, ...], passed: bool
    ) -> None:
        """I10: credit comes only from a proof that passed, for a bracket that a passed proof opened, and stays."""
        gained_ms = after.credit.verified_ms - before.credit.verified_ms
        assert gained_ms == total_ms(after.credit.credited) - total_ms(before.credit.credited) >= 0
        assert covers(after.credit.credited, before.credit.credited)
        answered = mid.credit.proved > 0 and any(isinstance(x, d.ChallengeJudged) and x.accepted for x in out)
        if gained_ms:
            by_log = isinstance(event, e.MediaDelivered)
            assert passed or answered or by_log
            assert mid.credit.verified_ms == before.credit.verified_ms, "a timer credited time"
            if by_log:
                assert covers(union(mid.credit.waiting_set, before.credit.credited), after.credit.credited)
                assert after.credit.pending == mid.credit.pending
            else:
                assert self.bracket_open or answered
                assert (
                    mid.challenges.open is None
                    or answered
                    or not (self.info.terms.route == "face" and self.policy.proofs)
                )
                assert not before.challenges.hold
                assert covers(
                    union(union(mid.credit.pending_set, mid.credit.waiting_set), before.credit.credited),
                    after.credit.credited,
                )
                assert after.credit.pending == (mid.credit.pending[mid.credit.proved :] if answered else ())
            self.reached["credited"] += 1
            self.reached["credited by the answer that it waited for"] += answered
        if after.credit.undecided != before.credit.undecided:
            self.reached["sent to review"] += 1
        for left, right in ((before, mid), (mid, after)):
            gone = difference(left.credit.pending_set, union(right.taken, right.credit.undecided))
            if gone:
                assert right.credit.pending == left.credit.pending[: right.credit.proved], (
                    "a failed proof left what none had proved"
                )
                assert right.credit.credited == left.credit.credited
                self.reached["bracket voided"] += 1

    def _check_holds(self, mid: State, event: e.Event, after: State, out: tuple[d.Decision, ...]) -> None:
        """I6: an unanswered challenge or a missed proof holds until it is cured."""
        challenge = after.challenges.open
        if challenge is not None and challenge.overdue:
            assert after.challenges.hold
        if after.challenges.hold and after.playback.phase is not Phase.CLOSED:
            assert after.playback.phase is not Phase.ACTIVE
            assert after.proofs.hold is not None
            assert after.credit.pending == ()
            assert challenge is not None or after.challenges.due_ms, "nothing is left to answer"
            self.reached["challenge unanswered"] += 1
        if mid.challenges.hold and not after.challenges.hold:
            assert isinstance(event, e.ChallengeAnswered)
            assert any(isinstance(x, d.ChallengeJudged) and x.accepted for x in out)
            self.reached["challenge cured"] += 1
        if after.proofs.hold is not None and after.playback.phase is not Phase.CLOSED:
            assert len(after.credit.pending) == after.credit.proved, (
                "what no round had proved stayed, though a proof failed"
            )
            self.reached["held for a proof"] += 1

    def _check_heartbeat(
        self, before: State, mid: State, beat: e.HeartbeatReceived, after: State, out: tuple[d.Decision, ...]
    ) -> None:
        accepted = [x for x in out if isinstance(x, d.AckHeartbeat)]
        refused = [x for x in out if isinstance(x, d.RejectHeartbeat)]
        if mid.playback.phase is Phase.CLOSED:
            assert not accepted and not refused
            return
        in_chain = beat.seq == before.link.seq + 1 and beat.nonce == self.nonce
        assert (len(accepted), len(refused)) == ((1, 0) if in_chain else (0, 1))
        if accepted:
            assert accepted[0].next_nonce not in self.used_nonces
            self.used_nonces.add(self.nonce)
            self.nonce = accepted[0].next_nonce
        fresh_ms = total_ms(after.credit.pending_set) - total_ms(mid.credit.pending_set)
        assert covers(after.credit.pending_set, mid.credit.pending_set) or after.playback.phase is Phase.CLOSED
        if not in_chain:
            assert (after.link.seq, after.link.heard_ms, after.credit.pending) == (
                mid.link.seq,
                mid.link.heard_ms,
                mid.credit.pending,
            )
            self.reached["heartbeat refused"] += 1
            return
        allowed_ms = (beat.at_ms - before.link.heard_ms) * self.policy.rate_max_bp // 10_000
        self.reached["playhead too far"] += beat.playhead_ms - before.playback.beat_playhead_ms > allowed_ms + 15_000
        if fresh_ms > 0:
            if mid.playback.phase is not Phase.ACTIVE:
                # The end came between two heartbeats: playing until then counts, no more.
                assert mid.playback.closing is not None and mid.playback.tail_from_ms == before.link.heard_ms
                assert fresh_ms <= mid.playback.tail_to_ms - mid.playback.tail_from_ms
                assert after.playback.tail_to_ms == 0
                self.reached["reported after the end had begun"] += 1
            assert beat.at_ms - before.link.heard_ms < self.policy.gap_ms
            assert beat.rate_bp <= self.policy.rate_max_bp
            new = difference(after.credit.pending_set, mid.credit.pending_set)
            assert difference(new, mid.credit.credited) == new, "credited media became pending again"
            assert new[-1][1] <= min(beat.playhead_ms, self.info.lesson.duration_ms)
            assert new[0][0] >= before.playback.beat_playhead_ms
            self.reached["late heartbeat caught up"] += fresh_ms > allowed_ms
        self.played_ms += max(0, fresh_ms)
        self._check_rate(beat.at_ms)

    def _check_rate(self, at_ms: int) -> None:
        """I1 for every window between two heartbeats: played <= elapsed x rate + slack, in units of 1/10000 ms."""
        slack_ms = max(self.policy.burst_ms, self.policy.seek_tolerance_ms)
        potential = self.played_ms * 10_000 - (at_ms - self.info.at_ms) * self.policy.rate_max_bp
        assert potential - self.lowest <= slack_ms * 10_000
        self.reached["slack used"] += potential - self.lowest > 1_000 * 10_000
        self.lowest = min(self.lowest, potential)

    def _check_minute(self, minute: d.Minute) -> None:
        assert minute.index == len(self.minutes)
        assert minute.from_ms < minute.to_ms
        assert not self.minutes or self.minutes[-1].to_ms <= minute.from_ms
        assert normalise(minute.verified) == minute.verified
        assert difference(minute.verified, self.counted) == minute.verified, "credited twice"
        self.counted = union(self.counted, minute.verified)
        self.undecided = union(self.undecided, minute.undecided)
        if minute.verified:
            assert minute.verdict is d.Verdict.VERIFIED
        elif minute.undecided:
            assert minute.verdict is d.Verdict.INDETERMINATE
        else:
            assert minute.verdict is d.Verdict.REFUSED
            assert minute.reasons, "a refused minute says why"
        assert len(set(minute.reasons)) == len(minute.reasons)
        self.reached[f"minute {minute.verdict.name}"] += 1
        self.minutes.append(minute)

    def _check_final(self, after: State, final: d.Final) -> None:
        assert after.playback.phase is Phase.CLOSED
        assert final.minutes == len(self.minutes) == -(-after.playback.active_ms // 60_000)
        assert final.verified_ms == sum(minute.verified_ms for minute in self.minutes)
        assert self.counted == after.credit.credited
        assert final.undecided_ms == total_ms(difference(self.undecided, self.counted))
        assert final.at_ms <= self.now_ms
        assert after.playback.active_ms <= final.at_ms - self.info.at_ms
        assert (
            final.verified_ms * 10_000
            <= after.playback.active_ms * self.policy.rate_max_bp + self.policy.burst_ms * 10_000
        )
        self.reached[f"closed: {final.reason}"] += 1

    def check_replay(self) -> None:
        """Recompute the session from the stored form, unless a test moved its schedule."""
        if self.moved:
            return
        stored = [decode_event(encode_event(event)) for event in self.events]
        replayed = replay(stored, self.policy)
        assert replayed.state == self.state
        assert [decision for _, decision in replayed.decisions] == self.log
        assert list(replayed.minutes) == self.minutes
        assert replayed.final == next((x.final for x in self.of(d.RecordFinal)), None)
        self.reached["replayed"] += 1


def lacks(assessment: FrameAssessment, policy: Policy) -> bool:
    """Whether a result that the policy needs is missing."""
    if ReasonCode.NOT_ANALYSED in assessment.reasons:
        return True
    face = assessment.main
    return face is not None and (
        ("pad" in policy.proofs and face.pad_bp is None) or ("identity" in policy.proofs and face.similarity_bp is None)
    )


def is_good(assessment: FrameAssessment, policy: Policy) -> bool:
    """Whether this picture, by itself, proves what the policy asks for."""
    face = assessment.main
    if face is None or set(assessment.reasons) - HARMLESS or lacks(assessment, policy):
        return False
    if face.quality_bp < policy.quality_min_bp:
        return False
    if "pad" in policy.proofs and (face.pad_bp or 0) < policy.pad_min_bp:
        return False
    return "identity" not in policy.proofs or (face.similarity_bp or 0) >= policy.similarity_min_bp
