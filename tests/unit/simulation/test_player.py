"""The simulated player: the parts that it really plays, its position, and the orders that it obeys."""

from __future__ import annotations

import pytest

from zaichang_client.protocol.messages import Joined
from zaichang_simulation.player import BEHIND_LIVE_MS, SimPlayer

LESSON_MS = 100_000


class Room:
    """A player and its clock; counts the changes that it tells of."""

    def __init__(self) -> None:
        self.ms = 0
        self.changes = 0
        self.player = SimPlayer(LESSON_MS, lambda: self.ms, self.changed)

    def changed(self) -> None:
        self.changes += 1


def joined(counted_ms: int = 0, *, resumed: bool = False) -> Joined:
    return Joined(
        session_id="s", resumed=resumed, server_ms=0, seq=1, nonce="n", heartbeat_ms=5_000, frontier_ms=LESSON_MS,
        lesson_duration_ms=LESSON_MS, schedule_commitment="c", policy_name="p", policy_digest="d", captures=True,
        counted=(f"0-{counted_ms}", f"{counted_ms + 5}-{LESSON_MS}") if counted_ms else (),
    )  # fmt: skip


def playing() -> Room:
    room = Room()
    room.player.resume()
    return room


def test_it_stands_still_until_the_service_lets_it_play() -> None:
    room = Room()
    room.ms = 5_000
    assert not room.player.running and room.player.position_ms == 0
    room.player.resume()
    room.ms = 9_000
    assert room.player.running and room.player.position_ms == 4_000


@pytest.mark.parametrize("name", ["held", "away", "stalled", "asleep"])
def test_anything_that_holds_it_stops_it_where_it_is(name: str) -> None:
    room = playing()
    room.ms = 4_000
    room.player.set(**{name: True})
    room.ms = 9_000
    assert not room.player.running and room.player.position_ms == 4_000
    room.player.set(**{name: False})
    room.ms = 10_000
    assert room.player.position_ms == 5_000
    assert room.player.played == ((0, 4_000),), "written down at each change"


def test_a_learner_who_does_not_want_to_play_does_not() -> None:
    room = playing()
    room.player.set(wants_play=False)
    room.ms = 4_000
    assert room.player.position_ms == 0 and room.player.until_end_ms() is None


def test_a_rate_moves_it_faster_and_the_end_stops_it() -> None:
    room = playing()
    room.player.set(rate=2.0)
    assert room.player.until_end_ms() == LESSON_MS // 2
    room.ms = 80_000
    assert room.player.position_ms == LESSON_MS and room.player.ended
    sample = room.player.sample()
    assert (sample.playhead_ms, sample.playing, sample.ended, sample.rate_bp) == (LESSON_MS, False, True, 20_000)
    assert room.player.played == ((0, LESSON_MS),)


def test_a_dragged_playhead_skips_and_what_is_skipped_was_not_played() -> None:
    room = playing()
    room.ms = 10_000
    room.player.move_to(50_000)
    room.ms = 12_000
    room.player.move_to(10**9)
    assert room.player.played == ((0, 10_000), (50_000, 52_000))
    assert room.player.position_ms == LESSON_MS
    room.player.move_to(-5)
    assert room.player.position_ms == 0


def test_orders_are_obeyed_unless_they_are_ignored() -> None:
    room = playing()
    room.ms = 10_000
    room.player.seek(3_000, "SEEK_FORWARD", "")
    room.player.pause("NO_FACE", "")
    room.player.offline(away=True)
    assert (room.player.position_ms, room.player.held, room.player.away) == (3_000, True, True)
    deaf = playing()
    deaf.player.ignored = lambda order: True
    deaf.ms = 10_000
    deaf.player.seek(3_000, "SEEK_FORWARD", "")
    deaf.player.pause("NO_FACE", "")
    deaf.player.offline(away=True)
    assert (deaf.player.position_ms, deaf.player.held, deaf.player.away) == (10_000, False, False)
    deaf.player.set(away=True)
    deaf.player.offline(away=False)
    assert not deaf.player.away, "coming back is never ignored"


def test_a_fresh_player_goes_to_the_first_missing_second_and_a_resumed_one_plays_on() -> None:
    room = Room()
    room.player.joined(joined(counted_ms=40_000, resumed=False))
    assert (room.player.position_ms, room.player.held) == (40_000, True)
    room.player.joined(joined(counted_ms=70_000, resumed=True))
    assert room.player.position_ms == 40_000, "only a fresh player moves"
    room.player.renew()
    room.player.joined(joined(counted_ms=200_000, resumed=True))
    assert (room.player.position_ms, room.player.held) == (LESSON_MS, False)


def test_a_broadcast_is_joined_a_little_behind_its_edge() -> None:
    room = Room()
    room.player.live_for_ms, room.ms = 30_000, 5_000
    room.player.joined(joined())
    assert room.player.position_ms == 35_000 - BEHIND_LIVE_MS


def test_the_windows_are_told_as_hints_and_every_change_is_told() -> None:
    room = playing()
    before = room.changes
    room.player.set(floating=True, second_screen=True)
    assert room.player.sample().hints == ("picture_in_picture", "screen_extended")
    assert room.changes == before + 1
