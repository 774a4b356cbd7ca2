"""Near copies across sessions and accounts: the search beside, and the session whose time then goes to a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from support.study import POLICY, T0_MS, FixedVision, ManualClock, Student, good_frame, service, token
from zaichang.core.assessment import FrameAssessment
from zaichang.core.enums import CaseKind
from zaichang.core.ids import CaptureId, InstitutionId, LearnerId, SessionId
from zaichang.live import near_copies
from zaichang.live.near_copies import Look, NearCopySearch, may_be
from zaichang.main.service import Services
from zaichang.ports.captures import Seen
from zaichang.ports.records_cases import CaseFilter
from zaichang.protocol import messages as m
from zaichang.session.policy import ENDS_SINCE_SCHEMA

LOOK = Look(
    institution_id=InstitutionId("inst"), learner_id=LearnerId("ann"), session_id=SessionId("s1"),
    capture_id=CaptureId("c1-0"), at_ms=T0_MS, phash=0, box=(100, 80, 200, 240), place=(500, 500),
    width_permille=300, pose=(0, 0, 0),
)  # fmt: skip
LATER = replace(LOOK, session_id=SessionId("s2"), learner_id=LearnerId("bob"), at_ms=T0_MS + 1_000)
RULES = replace(POLICY, schema=ENDS_SINCE_SCHEMA)
CROP_PX = 8


@pytest.mark.parametrize(
    ("change", "chosen"),
    [
        ({}, True),
        ({"phash": 2**14 - 1}, True),
        ({"phash": 2**15 - 1}, False),
        ({"institution_id": "other"}, False),
        ({"place": (540, 460)}, True),
        ({"place": (541, 500)}, False),
        ({"width_permille": 268}, True),
        ({"width_permille": 260}, False),
        ({"pose": (250, -250, 0)}, True),
        ({"pose": (0, 0, 251)}, False),
        ({"session_id": "s1", "at_ms": T0_MS + 9_999}, False),
        ({"session_id": "s1", "at_ms": T0_MS + 10_000}, True),
    ],
)
def test_hash_place_and_pose_choose_what_is_compared(change: dict[str, object], chosen: bool) -> None:
    assert may_be(LOOK, replace(LATER, **change)) is chosen  # type: ignore[arg-type]  # one field each


class Cameras(FixedVision):
    """Sees one face in each picture, where the picture says, with a fingerprint that copies keep."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[bytes, tuple[int, int]] = {}
        self.answer = self.seen_at

    def seen_at(self, picture: bytes) -> FrameAssessment:
        shown = good_frame(picture)
        number, cut_px = self.known.get(picture, (0, 0))
        left = 60 + 23 * number % 97
        face = replace(shown.faces[0], box_px=(left - cut_px, 80 - cut_px, 200, 240))
        phash = f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"
        return replace(shown, width_px=480 - cut_px, height_px=360 - cut_px, phash=phash, faces=(face,))


def picture(number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    rng = np.random.default_rng(number)
    grey = np.full((360, 480), 120, np.float32)
    for sigma_px, strength in ((1.5, 90), (3, 250), (8, 500)):
        noise = rng.normal(size=grey.shape).astype(np.float32)
        grey += np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma_px), np.float32) * strength
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


class Page(Student):
    """A page that sends its own pictures, or copies of those with the given number."""

    first = 1
    cut_px = 0
    cameras: Cameras

    def take(self, order: m.CaptureOrder, _: bytes = b"") -> None:
        number = self.first + self.pictures
        cut, quality_pct = picture(number)[self.cut_px :, self.cut_px :], 70 if self.cut_px else 85
        data = cv2.imencode(".jpg", np.ascontiguousarray(cut), [cv2.IMWRITE_JPEG_QUALITY, quality_pct])[1].tobytes()
        self.cameras.known[data] = (number, self.cut_px)
        super().take(order, data)


@asynccontextmanager
async def searching(tmp_path: Path, **more: object) -> AsyncIterator[tuple[Services, Cameras, ManualClock]]:
    clock, cameras = ManualClock(), Cameras()
    async with service(tmp_path, clock=clock, vision=cameras, policy=RULES, face_search=False, **more) as services:
        running = asyncio.create_task(services.near_copies.run()) if services.near_copies else None
        yield services, cameras, clock
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def studied(services: Services, cameras: Cameras, clock: ManualClock, learner: str, **page: int) -> set[str]:
    """Study 90 s as a learner; return the reasons of the session's case, none where it has none."""
    student = Page(services, clock)
    student.cameras = cameras
    for name, value in page.items():
        setattr(student, name, value)
    await student.begin(await token(services, learner))
    for _ in range(18):
        await student.play(5_000)
        if services.near_copies is not None:
            await services.near_copies.settle()
    await student.finish()
    await student.closed()
    await services.hub.settle()
    cases = await services.store.cases(CaseFilter(institution_id=InstitutionId("inst"), kind=CaseKind.SESSION))
    mine = [case for case in cases if case.subject == student.session_id]
    assert all(case.undecided_ms for case in mine)
    return {reason.code for case in mine for reason in case.reasons}


async def test_copies_of_another_accounts_pictures_send_the_time_to_a_person(tmp_path: Path) -> None:
    async with searching(tmp_path) as (services, cameras, clock):
        await services.enrolling.from_photos(InstitutionId("inst"), LearnerId("bob"), [b"photo"])
        assert await studied(services, cameras, clock, "learner") == set()
        assert "DUPLICATE_FRAME" in await studied(services, cameras, clock, "bob", cut_px=CROP_PX)
        assert services.near_copies is not None
        assert services.near_copies._found == {}, "an ended session's count is forgotten"


async def test_it_can_be_switched_off(tmp_path: Path) -> None:
    for kept in (True, False):
        async with service(tmp_path / str(kept), near_copies=not kept, keep_captures=kept) as services:
            assert services.near_copies is None and services.session_ports.near_copies is None


class Pixels:
    """Takes every pair for copies."""

    def __init__(self) -> None:
        self.compared = 0

    def same_picture(self, *pair: object) -> bool:
        self.compared += 1
        return True


async def test_work_and_memory_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with searching(tmp_path, near_copies=False) as (services, cameras, clock):
        student = Page(services, clock)
        student.cameras = cameras
        await student.begin(await token(services))
        ports, pixels = services.ports, Pixels()
        search = NearCopySearch(services.store, ports.learners, ports.vault, ports.blobs, pixels)
        (kept, *_) = await ports.captures.captures(SessionId(student.session_id))

        def seen(at_ms: int, capture_id: str = kept.capture_id, **frame: object) -> Seen:
            shown = replace(good_frame(b"x"), phash="0" * 16, **frame)  # type: ignore[arg-type]  # one field each
            return Seen(
                session_id=SessionId(student.session_id), capture_id=CaptureId(capture_id), at_ms=at_ms,
                picture=b"x", assessment=shown,
            )  # fmt: skip

        for n in range(6):
            await search.look(seen(T0_MS + 20_000 * n))
        assert search.found(SessionId(student.session_id)) == 5
        assert pixels.compared == 5, "the first copy is enough"
        await search.look(seen(T0_MS, faces=()))
        await search.look(seen(T0_MS, capture_id="gone"))
        assert len(search._looks) == 7, "a picture without a face is not remembered"
        monkeypatch.setattr(Pixels, "same_picture", lambda self, *pair: False)
        await search.look(seen(T0_MS + 300_000))
        assert search.found(SessionId(student.session_id)) == 5
        await search.look(seen(T0_MS + 90_000_000))
        assert len(search._looks) == 1, "those of the day before are forgotten"

        search.forget(InstitutionId("inst"), LearnerId("bob"))
        assert len(search._looks) == 1
        search.forget(InstitutionId("inst"), LearnerId("learner"))
        assert len(search._looks) == 0, "nothing is remembered of an erased learner"

        monkeypatch.setattr(near_copies, "WAITING_MAX", 1)
        short = NearCopySearch(services.store, ports.learners, ports.vault, ports.blobs, pixels)
        for _ in range(3):
            short.note(replace(seen(T0_MS), session_id=SessionId("unknown")))
        assert short._waiting.qsize() == 1
        running = asyncio.create_task(short.run())
        await short.settle()
        assert not running.done(), "a session that cannot be read is skipped"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await student.leave()
