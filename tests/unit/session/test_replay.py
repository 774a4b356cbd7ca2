"""Replay: the same verdicts from the stored events, or a refusal that says which event is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, Desk, started
from zaichang.core.errors import EvidenceError
from zaichang.session import events as e
from zaichang.session.policy import Policy
from zaichang.session.replay import replay


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk().study(120_000).finish()


def test_a_whole_session_comes_out_the_same(desk: Desk) -> None:
    replayed = replay(iter(desk.events), POLICY)
    assert replayed.state == desk.state
    assert [decision for _, decision in replayed.decisions] == desk.log
    assert list(replayed.minutes) == desk.minutes
    assert replayed.final == desk.final


def test_decisions_say_which_event_caused_them(desk: Desk) -> None:
    replayed = replay(desk.events, POLICY)
    indexes = [index for index, _ in replayed.decisions]
    assert indexes == sorted(indexes)
    assert indexes[0] == 1, "the start decides nothing before the nonce is revealed"
    assert {index for index in indexes if isinstance(desk.events[index], e.HeartbeatReceived)} == {
        index for index, event in enumerate(desk.events) if isinstance(event, e.HeartbeatReceived)
    }


def test_an_open_session_has_no_final(desk: Desk) -> None:
    replayed = replay(desk.events[:20], POLICY)
    assert replayed.final is None
    assert replayed.minutes == ()


@pytest.mark.parametrize("first", [[], [e.ConnectionLost(at_ms=0)]])
def test_without_a_start_there_is_nothing_to_replay(first: list[e.Event]) -> None:
    with pytest.raises(EvidenceError) as caught:
        replay(first, POLICY)
    assert caught.value.code == "replay.no_start"
    assert caught.value.message == "A session's first event must be its start."


def test_another_policy_is_refused(desk: Desk) -> None:
    with pytest.raises(EvidenceError) as caught:
        replay(desk.events, Policy(name="other"))
    assert caught.value.code == "replay.other_policy"
    assert "other" in caught.value.message and desk.info.policy_digest[:16] in caught.value.message


@pytest.mark.parametrize("place", [1, 7])
def test_the_illegal_event_is_named(desk: Desk, place: int) -> None:
    events = [*desk.events[:place], started(), *desk.events[place:]]
    with pytest.raises(EvidenceError) as caught:
        replay(events, POLICY)
    assert caught.value.code == "replay.illegal_event"
    assert caught.value.message.startswith(f"Event {place}: ")


def test_a_changed_event_changes_what_follows(desk: Desk) -> None:
    place = next(n for n, x in enumerate(desk.events) if isinstance(x, e.HeartbeatReceived) and x.seq == 8)
    beat = desk.events[place]
    assert isinstance(beat, e.HeartbeatReceived)
    changed = [*desk.events[:place], replace(beat, nonce="00" * 16), *desk.events[place + 1 : place + 3]]
    honest = replay(desk.events[: place + 3], POLICY).state
    assert replay(changed, POLICY).state.pending_ms < honest.pending_ms
