"""The frames that heartbeats pledge: each named once, the newest kept."""

from __future__ import annotations

import hashlib

from zaichang_client import Picture, Unavailable
from zaichang_client.frames import PledgedFrames
from zaichang_client.protocol import messages as m
from zaichang_client.protocol.limits import FRAMES_PLEDGED_MAX


class OnOrder:
    async def capture(self, order: m.CaptureOrder) -> Picture | Unavailable | None:
        return None


class Watching(OnOrder):
    def __init__(self, *frames: bytes | None) -> None:
        self.frames = list(frames)

    def look(self) -> Picture | None:
        data = self.frames.pop(0)
        return None if data is None else Picture(data=data)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_frames_are_pledged_once_and_found_by_their_hash() -> None:
    frames = PledgedFrames(Watching(b"one", None, b"two", b"one", b"three"))
    for _ in range(4):
        frames.look()
    assert frames.pledge() == (sha(b"one"), sha(b"two")), "a frame that came twice is pledged once"
    assert frames.pledge() == ()
    frames.look()
    assert frames.pledge() == (sha(b"three"),)
    found = frames.kept(sha(b"two"))
    assert found is not None and found.data == b"two"
    assert frames.kept("") is None


def test_only_the_newest_are_pledged_and_kept() -> None:
    data = [bytes([number]) for number in range(17 * FRAMES_PLEDGED_MAX)]
    frames = PledgedFrames(Watching(*data))
    for _ in data:
        frames.look()
    assert frames.pledge() == tuple(sha(one) for one in data[-FRAMES_PLEDGED_MAX:])
    assert frames.kept(sha(data[0])) is None
    assert frames.kept(sha(data[-1])) is not None


def test_a_camera_that_only_takes_pictures_on_order_pledges_none() -> None:
    frames = PledgedFrames(OnOrder())
    frames.look()
    assert frames.pledge() == ()
