"""Arbitrary pasts of a session, and ways to bring it on from there: shared by the tests of its invariants."""

from __future__ import annotations

from hypothesis import assume
from hypothesis import strategies as st

from support.hostile import ACTIONS, PICTURES, POLICIES, Action
from support.watch import Watch
from zaichang.core.reasons import ReasonCode
from zaichang.session import events as e
from zaichang.session.policy import Policy
from zaichang.session.values import Phase

Script = list[tuple[Action, int]]
SCRIPTS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 999)), max_size=14)
NUMBERS = st.integers(0, 999)
FACE = sorted(set(POLICIES) - {"challenges only", "short"})
LONG_MS = 14_400_000
NEVER_MS = 10_000_000
R = ReasonCode


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


def close(watch: Watch) -> None:
    if watch.state.playback.phase is not Phase.CLOSED:
        watch.do(e.FinishRequested)
    while watch.state.playback.phase is not Phase.CLOSED:
        watch.tick(watch.policy.abandon_ms)
    watch.check_replay()
