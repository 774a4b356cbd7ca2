"""A session followed while its events are stored stands where a replay of all of them ends."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from support.recorded import Recording, load_recordings, walk
from zaichang.core.canonical import canonical_bytes
from zaichang.session.codec import encode_event
from zaichang.session.events import Event
from zaichang.session.policy import Policy
from zaichang.session.replay import replay
from zaichang_simulation.stored.followed import FollowedSession


def recording() -> Recording:
    return load_recordings()["honest/two-minutes"]


def recorded() -> list[Event]:
    return [event for event, _, _ in walk(recording().sessions[0], recording().rules)]


def followed() -> FollowedSession:
    def policy_of(events: Sequence[Event]) -> Policy:
        assert len(events) == 1
        return recording().rules

    return FollowedSession(policy_of)


def bodies(events: Sequence[Event]) -> list[bytes]:
    return [canonical_bytes(encode_event(event)) for event in events]


def test_events_that_come_in_parts_lead_to_the_state_of_a_whole_replay() -> None:
    events = recorded()
    every = bodies(events)
    one = followed()
    for end in (1, 2, 2, len(every) // 2, len(every)):
        one.take(every[:end])
        again = replay(events[:end], recording().rules)
        assert one.state == again.state
        assert one.final == again.final
    assert one.final is not None


def test_an_event_is_read_once() -> None:
    every = bodies(recorded()[:20])
    one = followed()
    one.take(every)
    before = one.state
    one.take([b"not read again"] * 20)
    assert one.state is before
    with pytest.raises(RuntimeError, match="no event"):
        _ = followed().state
    with pytest.raises(RuntimeError, match="its start"):
        followed().take(every[1:2])
