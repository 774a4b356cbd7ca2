"""The frames of a liveness try: limits of transport, looks in order, and hints that do not hurry the learner."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from zaichang.biometric.frame_geometry import Geometry, not_seen
from zaichang.core.reasons import ReasonCode
from zaichang.live.liveness_frames import HINT_MS, Intake, Look
from zaichang.protocol.limits import LIVENESS_FRAME_MAX_BYTES
from zaichang.session.policy import Policy

POLICY = replace(Policy(), liveness_burst_frames=3, liveness_frames_per_s=10, liveness_frames_max=20)
MESH: Any = object()


class Camera:
    """An intake with a clock that the test moves and looks that it chooses."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.now_ms = 10_000
        self.hints: list[ReasonCode | None] = []
        self.looked: list[tuple[bytes, int]] = []
        vision: Any = self
        self.intake = Intake(vision, policy, lambda: self.now_ms, self.hints.append)

    async def geometry(self, frame: bytes, deadline_ms_from_now: int) -> Geometry:
        self.looked.append((frame, deadline_ms_from_now))
        return replace(not_seen(), models="m1")

    def put(self, *frames: bytes, camera: str = "cam", virtual: bool = False) -> None:
        for data in frames:
            self.intake.put("n1", data, camera, virtual)


def look(*reasons: ReasonCode, mesh: Any = MESH) -> Look:
    return Look(nonce="n", at_ms=0, data=b"", seen=replace(not_seen(), reasons=reasons, mesh=mesh))


async def test_frames_come_back_in_order_with_their_nonce_time_and_look() -> None:
    one = Camera()
    one.put(b"a")
    one.now_ms += 100
    one.put(b"b")
    got = [await one.intake.next(99_000), await one.intake.next(99_000)]
    assert [(each.data, each.nonce, each.at_ms) for each in got if each] == [(b"a", "n1", 10_000), (b"b", "n1", 10_100)]
    assert one.looked == [(b"a", POLICY.liveness_look_ms), (b"b", POLICY.liveness_look_ms)]
    assert one.intake.models == "m1"


async def test_a_wait_ends_with_the_next_frame_or_at_its_time() -> None:
    one = Camera()
    assert await one.intake.next(10_000) is None, "its time has come"
    assert await one.intake.next(10_001) is None, "nothing came within it"
    waiting = asyncio.ensure_future(one.intake.next(70_000))
    await asyncio.sleep(0)
    one.put(b"a")
    found = await waiting
    assert found is not None and found.data == b"a"


def test_a_burst_is_dropped_beyond_its_size_and_time_makes_room_again() -> None:
    one = Camera()
    one.put(*[b"x"] * 5)
    assert one.intake.taken == 3
    one.now_ms += 99
    one.put(b"x")
    assert one.intake.taken == 3, "a tenth of a second is not over"
    one.now_ms += 1
    one.put(b"x", b"x")
    assert one.intake.taken == 4
    one.now_ms += 60_000
    one.put(*[b"x"] * 5)
    assert one.intake.taken == 7, "a long rest makes room for one burst, not for more"


def test_a_try_takes_only_so_many_frames_and_none_that_is_too_large() -> None:
    one = Camera()
    for _ in range(40):
        one.now_ms += 1_000
        one.put(b"x", bytes(LIVENESS_FRAME_MAX_BYTES + 1))
    assert one.intake.taken == POLICY.liveness_frames_max


def test_frames_that_wait_too_long_are_given_back_without_a_look() -> None:
    one = Camera()
    one.put(b"a", b"b", b"c")
    assert one.intake.skipped() is None
    one.now_ms += 1_000
    one.put(b"d")
    unseen = one.intake.skipped()
    assert unseen is not None and (unseen.data, unseen.seen.reasons) == (b"a", not_seen().reasons)
    assert (one.intake.unseen, one.intake.skipped()) == (1, None)


def test_all_cameras_are_remembered_and_a_virtual_one_stays_noted() -> None:
    one = Camera()
    one.put(b"a", camera="front")
    one.put(b"b", camera="other", virtual=True)
    one.put(b"c", camera="front")
    assert (one.intake.cameras, one.intake.virtual_camera) == ({"front", "other"}, True)


@pytest.mark.parametrize(
    ("seen", "still", "frontal", "said"),
    [
        (look(ReasonCode.TOO_DARK, ReasonCode.NO_FACE), True, True, [ReasonCode.NO_FACE]),
        (look(ReasonCode.TOO_DARK), False, False, []),
        (look(ReasonCode.NO_FACE, mesh=None), False, False, [ReasonCode.NO_FACE]),
        (look(), True, False, [ReasonCode.POSE_TOO_FAR]),
        (look(), True, True, []),
        (look(ReasonCode.NOT_ANALYSED), True, True, []),
    ],
)
def test_the_first_thing_that_hinders_is_told(
    seen: Look, still: bool, frontal: bool, said: list[ReasonCode | None]
) -> None:
    one = Camera()
    one.intake.guide(seen, still=still, frontal=frontal)
    assert one.hints == said


def test_hints_keep_a_second_apart_and_all_is_well_is_said_once() -> None:
    one = Camera()
    one.intake.guide(look(ReasonCode.TOO_DARK), still=True, frontal=True)
    one.now_ms += HINT_MS - 1
    one.intake.guide(look(ReasonCode.BLURRED), still=True, frontal=True)
    assert one.hints == [ReasonCode.TOO_DARK]
    for _ in range(3):
        one.now_ms += HINT_MS
        one.intake.guide(look(), still=True, frontal=True)
    assert one.hints == [ReasonCode.TOO_DARK, None]
