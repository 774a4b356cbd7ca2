"""Enrolment before the camera: the order is the server's, and only a live head of one person gets through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from support.studio import Studio
from support.study import FixedVision, ManualClock, service
from zaichang.biometric.enrolment import Pose
from zaichang.core.errors import NotAllowed, PeerViolation, UnreadableInput
from zaichang.core.reasons import ReasonCode
from zaichang.launch.camera_enrolment import STEP_MS, UNDER_WAY_MAX, LiveEnrolment, Step
from zaichang.main.service import Services


class Room:
    """A learner before the camera."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services, self.clock = services, clock
        self.live = LiveEnrolment(services.ports, services.enrolling)
        self.token = "t1"

    async def begin(self, *, alive: bool = False) -> Step:
        return await self.live.begin(self.token, "inst", "p", alive=alive)

    async def show(self, pose: str, words: str = "who=a", *, held: str = "", frames: int = 2) -> Step:
        pictures = [f"{words} pose={held or pose} n={'x' * at}".encode() for at in range(frames)]
        return await self.live.show(self.token, "inst", "p", pose, pictures)

    async def stored(self) -> bool:
        return await self.services.store.enrolment("inst", "p") is not None


@asynccontextmanager
async def room(tmp_path: Path, vision: FixedVision | None = None) -> AsyncIterator[Room]:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=vision or Studio(), enrol_first=False) as services:
        yield Room(services, clock)


async def test_four_poses_make_a_reference_of_four_photos(tmp_path: Path) -> None:
    async with room(tmp_path) as there:
        step = await there.begin(alive=True)
        assert (step.pose, step.number, step.of, step.frames) == (Pose.FRONT, 1, 4, 2)
        seen = []
        while step.pose is not None:
            seen.append(step.pose)
            assert step.reasons == ()
            there.clock.at_ms += STEP_MS  # each pose has its own time
            step = await there.show(step.pose, f"who=a drift={5 * step.number}")
        assert sorted(seen) == sorted(Pose)
        assert step.made is not None
        assert (step.made.photos, step.made.version) == (4, 1)
        assert (await there.services.enrolling.all_held("inst"))[0].photos == 4
        with pytest.raises(NotAllowed) as caught:
            await there.begin()
        assert caught.value.code == "enrol.exists"


async def test_the_order_is_drawn_and_told_step_by_step(tmp_path: Path) -> None:
    async with room(tmp_path) as there:
        orders = set()
        for at in range(60):
            there.token = f"t{at}"
            await there.begin()
            orders.add((await there.show("front")).pose)
        assert orders == {Pose.LEFT, Pose.RIGHT, Pose.UP}


@pytest.mark.parametrize(
    ("words", "held", "reason"),
    [
        ("who=a", "front", ReasonCode.LIVENESS_NO_RESPONSE),
        ("who=a", "flat-{}", ReasonCode.LIVENESS_FLAT),
        ("who=a no=MULTIPLE_FACES", "{}", ReasonCode.MULTIPLE_FACES),
        ("who=a bad=BLURRED", "{}", ReasonCode.BLURRED),
        ("who=a pad=100", "{}", ReasonCode.PAD_ATTACK),
        ("who=a pad=none", "{}", ReasonCode.PAD_MISSING),
    ],
)
async def test_a_pose_that_does_not_pass_is_asked_for_again(
    tmp_path: Path, words: str, held: str, reason: ReasonCode
) -> None:
    async with room(tmp_path) as there:
        await there.begin(alive=True)
        second = (await there.show("front")).pose
        assert second is not None
        again = await there.show(second, words, held=held.format(second))
        assert (again.pose, again.number, again.reasons) == (second, 2, (reason,))
        assert (await there.show(second)).number == 3


async def test_a_camera_that_mirrors_costs_one_more_try_and_then_none(tmp_path: Path) -> None:
    mirror = {"left": "right", "right": "left"}
    async with room(tmp_path) as there:
        step = await there.begin()
        refused = []
        while step.pose is not None:
            step = await there.show(step.pose, held=mirror.get(step.pose, step.pose))
            refused += step.reasons
        assert refused == [ReasonCode.LIVENESS_WRONG_ACTION]
        assert step.made is not None


async def test_a_head_turned_away_is_not_looking_ahead(tmp_path: Path) -> None:
    async with room(tmp_path) as there:
        await there.begin()
        assert (await there.show("front", held="aside")).reasons == (ReasonCode.POSE_TOO_FAR,)


async def test_another_person_for_one_pose_keeps_nothing(tmp_path: Path) -> None:
    async with room(tmp_path) as there:
        step = await there.begin()
        with pytest.raises(UnreadableInput) as caught:
            while step.pose is not None:
                step = await there.show(step.pose, "who=b" if step.number == 3 else "who=a")
        assert caught.value.code == "enrol.several_people"
        assert not await there.stored()
        with pytest.raises(PeerViolation, match=r"enrol.not_begun"):
            await there.show("up")


async def test_out_of_turn_too_late_and_miscounted_are_refused(tmp_path: Path) -> None:
    async with room(tmp_path) as there:
        with pytest.raises(PeerViolation, match=r"enrol.not_begun"):
            await there.show("front")
        await there.begin()
        with pytest.raises(PeerViolation, match=r"enrol.other_pose: The pose asked for is front"):
            await there.show("left")
        for frames in (1, 5):
            with pytest.raises(PeerViolation, match=r"enrol.count"):
                await there.show("front", frames=frames)
        there.clock.at_ms += STEP_MS + 1
        with pytest.raises(PeerViolation, match=r"enrol.not_begun"):
            await there.show("front")
        await there.begin()
        there.clock.at_ms += STEP_MS
        assert (await there.show("front")).number == 2


async def test_what_is_under_way_is_bounded(tmp_path: Path) -> None:
    async with room(tmp_path) as there:
        for at in range(UNDER_WAY_MAX + 1):
            there.token = f"t{at}"
            await there.begin()
        there.token = "t0"
        with pytest.raises(PeerViolation, match=r"enrol.not_begun"):
            await there.show("front")
        there.token = "t1"
        assert (await there.show("front")).number == 2


async def test_a_backend_without_geometry_passes_no_one(tmp_path: Path) -> None:
    async with room(tmp_path, FixedVision()) as there:
        await there.begin()
        assert (await there.show("front")).reasons == (ReasonCode.NOT_ANALYSED,)
