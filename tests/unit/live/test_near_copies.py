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
from zaichang.live.kept_captures import keep_capture
from zaichang.live.near_copies import NearCopyPorts, NearCopySearch
from zaichang.main.service import Services
from zaichang.ports.captures import Seen
from zaichang.ports.records_cases import CaseFilter
from zaichang.protocol import messages as m
from zaichang.session.policy import ENDS_SINCE_SCHEMA

RULES = replace(POLICY, schema=ENDS_SINCE_SCHEMA)
CROP_PX = 8


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
    """Takes every pair for copies; or breaks."""

    def __init__(self) -> None:
        self.compared = 0
        self.alike = True
        self.broken = False

    def same_picture(self, *pair: object) -> bool:
        self.compared += 1
        if self.broken:
            raise RuntimeError("OpenCV has no more memory")
        return self.alike


class Bench:
    """A session with one kept capture, and searches over its store, each as another process has one."""

    def __init__(self, services: Services, student: Page, kept: CaptureId) -> None:
        self.services, self.kept, self.pixels = services, kept, Pixels()
        self.session_id = SessionId(student.session_id)

    def search(self) -> NearCopySearch:
        store, ports = self.services.store, self.services.ports
        return NearCopySearch(
            NearCopyPorts(
                history=store, looks=store, learners=store, vault=ports.vault, blobs=ports.blobs, pixels=self.pixels
            )
        )

    def seen(self, at_ms: int, capture_id: str = "", phash: str = "0" * 16, **frame: object) -> Seen:
        shown = replace(good_frame(b"x"), phash=phash, **frame)  # type: ignore[arg-type]  # one field each
        return Seen(
            session_id=self.session_id, capture_id=CaptureId(capture_id or self.kept), at_ms=at_ms,
            picture=b"x", assessment=shown,
        )  # fmt: skip

    async def searched(self, search: NearCopySearch, seen: Seen) -> None:
        ports = self.services.ports
        if seen.capture_id != self.kept:
            learner = await ports.learners.learner(InstitutionId("inst"), LearnerId("learner"))
            key = ports.vault.unlock(learner)
            keep_capture(ports.blobs, key, seen.session_id, seen.capture_id, seen.picture)
        search.note(seen)
        await search.next()

    async def looks(self) -> int:
        return len(await self.services.store._db.read(lambda db: db.execute("SELECT 1 FROM looks").fetchall()))


@asynccontextmanager
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with searching(tmp_path, near_copies=False) as (services, cameras, clock):
        student = Page(services, clock)
        student.cameras = cameras
        await student.begin(await token(services))
        kept, *_ = await services.ports.captures.captures(SessionId(student.session_id))
        yield Bench(services, student, kept.capture_id)
        await student.leave()


async def test_each_capture_is_compared_with_few_earlier_ones_and_forgotten_after_a_day(tmp_path: Path) -> None:
    async with bench(tmp_path) as one:
        search = one.search()
        for n in range(6):
            await one.searched(search, one.seen(T0_MS + 20_000 * n, capture_id=one.kept if n == 0 else f"n{n}"))
        assert search.found(one.session_id) == 5 and one.pixels.compared == 5, "the first copy is enough"
        await one.searched(search, one.seen(T0_MS, capture_id="empty", faces=()))
        assert await one.looks() == 6, "a picture without a face is not remembered"
        await one.searched(search, one.seen(T0_MS + 200_000, capture_id="other", phash="ffff" + "0" * 12))
        assert one.pixels.compared == 5, "its hash is another's"
        one.pixels.alike = False
        await one.searched(search, one.seen(T0_MS + 300_000, capture_id="late"))
        assert one.pixels.compared == 5 + 3 and search.found(one.session_id) == 5, "three at most are compared"
        await one.searched(search, one.seen(T0_MS + 90_000_000, capture_id="tomorrow"))
        assert await one.looks() == 1, "those of the day before are forgotten"


async def test_another_process_and_a_restart_know_what_was_seen(tmp_path: Path) -> None:
    async with bench(tmp_path) as one:
        await one.searched(one.search(), one.seen(T0_MS))
        other = one.search()
        await one.searched(other, one.seen(T0_MS + 20_000, capture_id="n1"))
        assert other.found(one.session_id) == 1, "the capture came through another process"
        again = one.search()
        await one.searched(again, one.seen(T0_MS + 40_000, capture_id="n2", phash="ffff" + "0" * 12))
        assert again.found(one.session_id) == 1, "the count was made before the restart"


async def test_what_goes_wrong_with_one_capture_does_not_end_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(near_copies, "WAITING_MAX", 3)
    async with bench(tmp_path) as one:
        search = one.search()
        await one.searched(search, one.seen(T0_MS))
        one.pixels.broken = True
        search.note(one.seen(T0_MS + 20_000, capture_id="broken"))
        search.note(replace(one.seen(T0_MS + 30_000), session_id=SessionId("unknown")))
        search.note(one.seen(T0_MS + 90_000_000, capture_id="fine"))
        search.note(one.seen(T0_MS + 90_000_000, capture_id="too many"))
        running = asyncio.create_task(search.run())
        await search.settle()
        assert not running.done() and await one.looks() == 1, "the last of the three was searched"
        said = [record.getMessage() for record in caplog.records if "near copies" in record.getMessage()]
        assert len(said) == 3 and "wait already" in said[0] and "left out" in said[1]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
