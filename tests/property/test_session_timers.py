"""The limits of late, missing and needless timers (design section 2, rule 2).

Three things hold, and no more can:

1. A timer at which nothing is due changes nothing at all, then or later (``Watch`` checks that in every session).
2. Everything that falls due by itself (a minute's end, a gap, a missed capture, an unanswered challenge, the session's
   end) has the same effect however late the timer is, because it happens at its own time. The exception is meant:
   *orders* leave when the shell is awake to send them, and the learner's time to obey runs from there. So a late timer
   can only make an order later, never an obeyed one overdue; and no timer ever credits anything.
3. A learner who obeys every order is recorded the same minutes with and without timers, once the first proof has
   passed (its second picture is an order, too).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from support.desk import POLICY, Desk, changed, started
from support.effort import effort
from support.hostile import ACTIONS, POLICIES, Action, honest, jitter, play, play_fast
from support.watch import Watch
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.decisions import Decision
from zaichang.session.policy import Policy
from zaichang.session.state import State
from zaichang.session.step import next_deadline_ms, step
from zaichang.session.values import Phase

Script = list[tuple[Action, int]]
SCRIPTS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 999)), max_size=14)


def without_order_times(state: State) -> State:
    """Blank the times that run from the moment at which an order leaves, or will."""
    current, challenge = state.proofs.round, state.challenges.open
    if current is not None:
        current = replace(current, deadline_ms=0, retake_at_ms=0, before_ms=min(1, current.before_ms))
    if challenge is not None:
        challenge = replace(challenge, deadline_ms=min(1, challenge.deadline_ms), issued_at_ms=0)
    return changed(
        state,
        proofs={"round": current, "due_ms": min(1, state.proofs.due_ms)},
        challenges={"open": challenge},
    )


def prompt(state: State, at_ms: int, policy: Policy) -> tuple[State, list[Decision]]:
    """Wake at every deadline on the way."""
    decided: list[Decision] = []
    while (due_ms := next_deadline_ms(state, policy)) is not None and due_ms < at_ms:
        state, out = step(state, e.DeadlineReached(at_ms=due_ms), policy)
        decided += out
    state, out = step(state, e.DeadlineReached(at_ms=at_ms), policy)
    return state, decided + list(out)


def test_what_falls_due_has_the_same_effect_however_late_the_timer() -> None:
    reached: Counter[str] = Counter()

    @effort(120)
    @given(SCRIPTS, st.sampled_from(sorted(POLICIES)), st.integers(0, 120_000), st.integers(0, 3))
    @example([(honest, 14)] * 2, "challenges only", 20_500, 3)
    @example([(honest, 12)], "quick", 17_000, 0)
    @example([(honest, 12), *[(play, 50)] * 3], "challenges only", 30_000, 0)
    @example([(honest, 10), (play_fast, 113)], "lenient", 5_000, 0)
    @example([(honest, 7), (jitter, 776)], "delivery", 15_000, 0)
    def check(script: Script, name: str, span_ms: int, dues: int) -> None:
        watch = Watch(POLICIES[name], lesson_duration_ms=14_400_000)
        for action, n in script:
            action(watch, n)
        state, policy = watch.state, watch.policy
        at_ms = watch.now_ms + span_ms
        if dues:  # let the last few fall due just before
            ahead, at_ms = state, watch.now_ms
            for _ in range(dues):
                at_ms = (next_deadline_ms(ahead, policy) or at_ms) + 1
                ahead, _ = step(ahead, e.DeadlineReached(at_ms=at_ms), policy)
        early, early_out = prompt(state, at_ms, policy)
        late, late_out = step(state, e.DeadlineReached(at_ms=at_ms), policy)
        assert early.credit.credited == late.credit.credited == state.credit.credited
        assert early.credit.verified_ms == late.credit.verified_ms == state.credit.verified_ms
        if any(isinstance(x, d.OrderCapture | d.OrderChallenge) for x in early_out):
            reached["an order was given later"] += any(
                isinstance(x, d.OrderCapture | d.OrderChallenge) for x in late_out
            )
            return
        assert without_order_times(early) == without_order_times(late)
        assert early_out == list(late_out)
        reached["minute ended"] += early.credit.next_minute > state.credit.next_minute
        reached["gap"] += early.link.hold is not None and state.link.hold is None
        reached["challenge overdue"] += early.challenges.hold and not state.challenges.hold
        reached["capture missed"] += (
            early.proofs.round is None
            and state.proofs.round is not None
            and early.proofs.strikes > state.proofs.strikes
        )
        reached["closed"] += early.playback.phase is Phase.CLOSED and state.playback.phase is not Phase.CLOSED

    check()
    for what in ("an order was given later", "minute ended", "gap", "challenge overdue", "closed"):
        assert reached[what], f"never reached: {what}; {reached}"


@effort(60)
@given(SCRIPTS, st.sampled_from(sorted(POLICIES)), st.integers(0, 200_000))
@example([(honest, 14), (play, 50)], "quick", 300_000)
def test_a_late_order_is_never_overdue_when_it_leaves(script: Script, name: str, span_ms: int) -> None:
    watch = Watch(POLICIES[name], lesson_duration_ms=14_400_000)
    for action, n in script:
        action(watch, n)
    out = watch.tick(span_ms)
    for order in out:
        if isinstance(order, d.OrderCapture):
            assert order.deadline_ms - watch.now_ms >= watch.policy.capture_deadline_ms
        elif isinstance(order, d.OrderChallenge):
            assert order.deadline_ms - watch.now_ms >= watch.policy.challenge_deadline_ms


@effort(12)
@given(st.binary(min_size=32, max_size=32), st.integers(120_000, 900_000), st.sampled_from((1_000, 2_500, 4_000)))
def test_an_obedient_learner_is_recorded_the_same_minutes_with_or_without_timers(
    seed: bytes, span_ms: int, reaction_ms: int
) -> None:
    info = started(POLICY, seed=seed.hex())
    desks = [Desk(info=info, reaction_ms=reaction_ms) for _ in range(2)]
    timers = []
    for desk, prompt_ones in zip(desks, (True, False), strict=True):
        desk.study(4_000).study(span_ms, timers=prompt_ones)
        timers.append(sum(isinstance(x, e.DeadlineReached) for x in desk.events))
    assert timers[0] > timers[1] == 1
    for desk in desks:
        desk.finish()
        assert desk.final is not None
    # The last minute also says why it ended, which depends on when the closing proof was asked for.
    assert desks[0].minutes[:-1] == desks[1].minutes[:-1] != []
    assert desks[0].minutes[-1].verified == desks[1].minutes[-1].verified
    assert desks[0].verified_ms == desks[1].verified_ms > 0
