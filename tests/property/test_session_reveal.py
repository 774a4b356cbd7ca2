"""Before the client has revealed its nonce nothing is ordered, drawn or credited, whatever is sent in any order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from support.desk import NONCE
from support.effort import effort
from support.hostile import ACTIONS, POLICIES, Action, beacon, honest
from support.watch import Watch
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.values import Phase

SILENT = (d.OrderCapture, d.OrderChallenge, d.OrderLiveness, d.AnalyseCapture, d.OrderResume, d.OrderSeek)
BEFORE = tuple(action for action in ACTIONS if action.__name__ != "open_again")
SCRIPTS = st.lists(st.tuples(st.sampled_from(BEFORE), st.integers(0, 999)), min_size=4, max_size=25)


@effort(40)
@given(SCRIPTS, st.sampled_from(sorted(POLICIES)), st.sampled_from(("face", "challenge")), st.booleans())
def test_nothing_happens_before_the_reveal(
    script: list[tuple[Action, int]], name: str, route: str, wrong: bool
) -> None:
    watch = Watch(POLICIES[name], revealed=False, route=route)
    for action, n in script:
        action(watch, n)
        if wrong:
            watch.do(e.NonceRevealed, client_nonce=f"{n:032x}")
    watch.do(e.ConnectionResumed)
    assert not any(isinstance(decision, SILENT) for decision in watch.log)
    state = watch.state
    assert (state.proofs.round, state.challenges.open, state.playback.active_ms, state.credit.verified_ms) == (
        None,
        None,
        0,
        0,
    )
    assert (state.credit.pending, state.credit.next_minute, state.proofs.rounds, state.challenges.issued) == (
        (),
        0,
        0,
        0,
    )
    watch.check_replay()
    if state.playback.phase is not Phase.CLOSED:
        watch.do(e.NonceRevealed, client_nonce=NONCE)
        assert watch.of(d.OrderCapture) or watch.of(d.OrderChallenge), "the first proof comes with the reveal"


@effort(25)
@given(SCRIPTS, st.sampled_from(sorted(POLICIES)), st.integers(0, 4), st.integers(1, 999))
def test_a_beacon_breaks_no_rule_whenever_it_comes(
    script: list[tuple[Action, int]], name: str, place: int, number: int
) -> None:
    watch = Watch(replace(POLICIES[name], beacon_wait_ms=600_000), lesson_duration_ms=14_400_000)
    for action, n in [(honest, 5), *script[:place], (beacon, number), *script[place:], (beacon, number + 1)]:
        action(watch, n)
    assert watch.state.link.beacon in ("", f"{number:064x}"), "the first one stays"
    assert (
        watch.state.link.beacon
        or watch.state.playback.phase is Phase.CLOSED
        or watch.now_ms >= watch.info.at_ms + 600_000
    )
    watch.check_replay()
