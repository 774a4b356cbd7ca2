"""The second bracket under any order of events: ``LiveWatch`` checks it after each, and the dangers were reached."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from property.test_session_machine import NUMBERS, Sessions, do
from support import hostile
from support.effort import effort
from support.hostile import LIVE_POLICIES
from support.watch import Watch, covers
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.playhead import IntervalSet, difference, normalise, union
from zaichang.session.policy import Policy
from zaichang.session.state import State
from zaichang.session.values import Phase

DANGERS = (
    "bracket voided",
    "closed with something held",
    "credited",
    "credited by a liveness",
    "credited by captures after a liveness",
    "held",
    "liveness failed",
    "liveness failed with something held",
    "liveness passed after one that failed",
    "minute VERIFIED",
    "not counted while captures passed",
    "challenge cured",
    "challenge unanswered",
    "replayed",
    "started by movements",
    "stale result",
)


def obeyed(event: e.LivenessAssessed, order: d.OrderLiveness, policy: Policy) -> bool:
    """Judge a try anew."""
    as_ordered = [step.action for step in event.steps] == list(order.actions)
    moved = all(step.outcome == "passed" and 200 <= step.onset_ms <= order.step_ms for step in event.steps)
    same = event.similarity_bp is not None and event.similarity_bp >= policy.similarity_min_bp
    real = "pad" not in policy.proofs or (event.pad_bp is not None and event.pad_bp >= policy.pad_min_bp)
    return as_ordered and moved and same and real and not event.reasons


class LiveWatch(Watch):
    """Tells from outside what captures proved, what a liveness covered, and that only both together are credited."""

    def __init__(self, policy: Policy, reached: Counter[str] | None = None, **info: Any) -> None:
        self.order: d.OrderLiveness | None = None
        self.by_captures: IntervalSet = ()
        self.by_movements: IntervalSet = ()
        self.safe: IntervalSet = ()
        self.ever_moved = False
        self.failed = False
        super().__init__(policy, reached, **info)

    def _orders(self, out: Any) -> None:
        super()._orders(out)
        for decision in out:
            if isinstance(decision, d.OrderLiveness):
                self.order = decision

    def _passed(self, mid: State, event: e.Event) -> bool:
        """Whether this event is the result of the try that runs, all as ordered, before the captures' camera."""
        if not isinstance(event, e.LivenessAssessed) or self.order is None:
            return False
        runs = mid.challenges.open is not None and mid.challenges.open.begun
        mine = (event.challenge_id, event.attempt) == (self.order.challenge_id, self.order.attempt)
        self.reached["stale result"] += not (runs and mine)
        return runs and mine and event.camera == mid.proofs.camera and obeyed(event, self.order, self.policy)

    def _check_credit(
        self, before: State, mid: State, event: e.Event, after: State, out: tuple[d.Decision, ...], passed: bool
    ) -> None:
        assert covers(after.credit.credited, before.credit.credited), "credit was taken back"
        lively = self._passed(mid, event)
        accepted = any(isinstance(x, d.ChallengeJudged) and x.accepted for x in out)
        if lively:
            assert accepted
            self.by_movements = union(self.by_movements, mid.credit.pending_set)
            self.reached["liveness passed after one that failed"] += self.failed
            self.reached["started by movements"] += mid.playback.phase is Phase.CHALLENGING and not self.ever_moved
            self.ever_moved, self.failed = True, False
        if passed:
            self.by_captures = union(self.by_captures, mid.credit.pending_set)
            if mid.challenges.open is None:
                self.safe = union(self.safe, mid.credit.pending_set)
                self.reached["not counted while captures passed"] += after.credit.credited == before.credit.credited
        new = difference(after.credit.credited, before.credit.credited)
        if new:
            assert covers(self.by_captures, new), "credited without captures"
            assert covers(self.by_movements, new), "credited without a liveness after it"
            assert mid.credit.credited == before.credit.credited, "a timer credited time"
            assert lively or passed or accepted
            self.reached["credited"] += 1
            self.reached["credited by a liveness"] += lively
            self.reached["credited by captures after a liveness"] += passed
        if (
            isinstance(event, e.LivenessAssessed)
            and not accepted
            and any(isinstance(x, d.ChallengeJudged) for x in out)
        ):
            self.failed = True
            self.reached["liveness failed"] += 1
            self.reached["liveness failed with something held"] += mid.credit.held > 0
        if self.policy.liveness_start and not self.ever_moved:
            assert after.credit.credited == self.prior
        self.reached["held"] += after.credit.held > 0
        assert after.credit.held <= after.credit.proved <= len(after.credit.pending) and after.credit.covered <= len(
            after.credit.pending
        )
        assert min(after.credit.held, after.credit.covered) == 0, "what has both proofs is credited"
        assert normalise(stretch[1:] for stretch in after.credit.pending) == after.credit.pending_set
        for left, right in ((before, mid), (mid, after)):
            gone = difference(
                left.credit.pending_set,
                union(union(right.credit.pending_set, right.credit.credited), right.credit.undecided),
            )
            assert difference(gone, self.safe) == gone, "what captures had proved was lost"
            self.reached["bracket voided"] += bool(gone)

    def _check_holds(self, mid: State, event: e.Event, after: State, out: tuple[d.Decision, ...]) -> None:
        if after.challenges.open is not None and after.challenges.open.overdue:
            assert after.challenges.hold
        if after.challenges.hold and after.playback.phase is not Phase.CLOSED:
            assert after.playback.phase is not Phase.ACTIVE and after.proofs.hold is not None
            assert len(after.credit.pending) == after.credit.held, "only what is held outlives an unanswered challenge"
            assert after.challenges.open is not None or after.challenges.due_ms
            self.reached["challenge unanswered"] += 1
        if mid.challenges.hold and not after.challenges.hold:
            assert any(isinstance(x, d.ChallengeJudged) and x.accepted for x in out)
            self.reached["challenge cured"] += 1
        if (
            self.failed
            and after.playback.phase is not Phase.CLOSED
            and after.challenges.hold
            and self.policy.liveness_bracket
        ):
            assert not difference(after.credit.credited, mid.credit.credited)

    def _check_final(self, after: State, final: d.Final) -> None:
        super()._check_final(after, final)
        assert covers(union(after.credit.credited, after.credit.undecided), self.safe), (
            "captures proved it: at worst a person decides"
        )
        self.reached["closed with something held"] += bool(difference(self.safe, after.credit.credited))


class LiveSessions(Sessions):
    """All that ``Sessions`` does, and movements."""

    reached: ClassVar[Counter[str]] = Counter()

    @initialize(
        policy=st.sampled_from(sorted(LIVE_POLICIES)),
        duration_ms=st.sampled_from((60_000, 600_000, 7_200_000)),
        credited=st.sampled_from(((), ((0, 20_000), (30_000, 50_000)))),
        excluded=st.sampled_from(((), ("turn_left", "blink"))),
    )
    def begin(
        self, policy: str, duration_ms: int, credited: tuple[tuple[int, int], ...], excluded: tuple[str, ...]
    ) -> None:
        self.watch = LiveWatch(
            LIVE_POLICIES[policy], self.reached, lesson_duration_ms=duration_ms, credited=credited,
            liveness_excluded=excluded,
        )  # fmt: skip

    movements = do(hostile.movements)
    movements_again = do(hostile.movements)
    obey = do(hostile.obey)
    obey_again = do(hostile.obey)
    honest_too = do(hostile.honest)


def test_no_order_of_events_credits_time_without_an_obeyed_order() -> None:
    LiveSessions.reached = Counter()
    run_state_machine_as_test(LiveSessions, settings=effort(80, steps=40))
    missing = [danger for danger in DANGERS if not LiveSessions.reached[danger]]
    assert not missing, f"these were never reached: {missing}"


def begin(watch: LiveWatch) -> None:
    """Pass what is asked for at the start, and play from the beginning."""
    hostile.honest(watch, 7)
    watch.wait(100).beat(0)
    assert watch.state.playback.phase is Phase.ACTIVE


def play(watch: LiveWatch, span_ms: int) -> None:
    for _ in range(span_ms // 5_000):
        watch.wait(5_000).beat(watch.state.playback.beat_playhead_ms + 5_000)
        while watch.state.proofs.round is not None:
            watch.capture()


@effort(25)
@given(st.sampled_from(sorted(LIVE_POLICIES)), st.integers(0, 12), st.integers(2, 12), st.lists(NUMBERS, max_size=8))
def test_a_recording_earns_nothing_beyond_what_was_honest(
    name: str, honest: int, recorded: int, tries: list[int]
) -> None:
    watch = LiveWatch(LIVE_POLICIES[name], lesson_duration_ms=7_200_000)
    if honest:
        begin(watch)
    for _ in range(honest):
        hostile.honest(watch, 7)
    honest_ms = watch.state.frontier_ms
    secured = watch.state.credit.credited
    # The danger: from here every capture passes, every other challenge is answered, and no movement is.
    for number in range(recorded):
        play(watch, 20_000)
        challenge = watch.state.challenges.open
        if challenge is not None and challenge.kind != "liveness":
            watch.answer()
        elif challenge is not None and number < len(tries):
            order = watch.ready()
            if order is not None:
                steps = tuple(replace(step, outcome="wrong_action") for step in hostile.done(order)["steps"])
                watch.move(order, steps=steps)
    assert covers(watch.state.credit.credited, secured)
    assert secured or honest < 6, "there was something that an honest person had earned"
    watch.do(e.FinishRequested)
    while watch.state.playback.phase is not Phase.CLOSED:
        watch.tick(watch.policy.abandon_ms)
    assume(watch.state.playback.active_ms)
    credited_ms = sum(end - start for start, end in difference(watch.state.credit.credited, ()))
    assert credited_ms <= honest_ms
    final = watch.final()
    assert final.undecided_ms <= honest_ms - credited_ms + watch.policy.liveness_max_gap_ms + 120_000
    if not honest and watch.policy.liveness_start:
        assert credited_ms == final.undecided_ms == 0
    watch.check_replay()


def test_the_wrong_reason_is_never_given_for_what_a_person_must_decide() -> None:
    watch = LiveWatch(LIVE_POLICIES["movements"], lesson_duration_ms=7_200_000)
    begin(watch)
    for _ in range(40):
        if watch.state.credit.held:
            break
        hostile.honest(watch, 0)
    assert watch.state.credit.held, "captures proved something"
    watch.do(e.Superseded)
    undecided = [minute for minute in watch.minutes if minute.undecided]
    assert undecided
    assert all(ReasonCode.LIVENESS_MISSING in minute.reasons for minute in undecided)
