"""The capture desk: a picture is held until its one assessment, and kept only where the service keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from support.study import good_frame
from zaichang.core.assessment import FrameAssessment, not_analysed
from zaichang.core.frames import IDENTITY, PRESENCE, Frame
from zaichang.live.capture_desk import CaptureDesk
from zaichang.ports.captures import Seen
from zaichang.session.decisions import AnalyseCapture, OrderResume
from zaichang.session.events import CaptureAssessed, CaptureReceived, DeadlineReached

ORDER = AnalyseCapture(capture_id="c0", identity=True)
ARRIVED = CaptureReceived(at_ms=7_000, capture_id="c0", nonce="n", camera="cam")
NOTHING = CaptureAssessed(at_ms=9_000, capture_id="c0", assessment=not_analysed())


class Ports:
    """The few ports that the desk uses, each with a record of its calls."""

    def __init__(self, *, keep: bool = True, seen: bool = False) -> None:
        self.config = SimpleNamespace(keep_captures=keep)
        self.clock = SimpleNamespace(now_ms=lambda: 9_000)
        self.captures = self.blobs = self.vision = self
        self.seen = seen
        self.kept: list[tuple[str, str, int, int, int | None]] = []
        self.stored: dict[tuple[str, str], bytes] = {}
        self.pictures: list[tuple[str, str, str, str]] = []
        self.frames: list[Frame] = []
        self.assessment = good_frame(b"x")
        self.near_copies: Any = None

    def put(self, session_id: str, name: str, data: bytes) -> None:
        self.stored[session_id, name] = data

    async def add_capture(self, session_id: str, capture_id: str, at_ms: int, size: int, keep_days: int | None) -> None:
        self.kept.append((session_id, capture_id, at_ms, size, keep_days))

    async def seen_elsewhere(self, content: str, session_id: str) -> bool:
        return self.seen

    async def running_alike(self, session_id: str, since_ms: int) -> Sequence[str]:
        return ()

    async def add_picture(self, content: str, phash: str, session_id: str, capture_id: str) -> None:
        self.pictures.append((content, phash, session_id, capture_id))

    async def analyse(self, frames: Sequence[Frame]) -> list[FrameAssessment]:
        self.frames += frames
        return [self.assessment]


class Key:
    """Marks what it encrypts."""

    def encrypt(self, kind: str, name: str, data: bytes) -> bytes:
        return f"{kind}|{name}|".encode() + data


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def desk(ports: Ports, template: bytes | None = b"template") -> CaptureDesk:
    parts: Any = (ports, "s1", Key(), template, 180)
    return CaptureDesk(*parts)


async def test_a_capture_to_be_analysed_is_kept_encrypted_at_its_own_time() -> None:
    ports = Ports()
    event = await desk(ports).take(ARRIVED, (ORDER,), b"picture")
    encrypted = b"capture|s1/c0|picture"
    assert ports.stored == {("s1", "c0"): encrypted}
    assert ports.kept == [("s1", "c0", 7_000, len(encrypted), 180)]
    assert event == replace(ARRIVED, picture=digest(b"picture"), encrypted=digest(encrypted))


async def test_a_picture_that_comes_without_an_event_is_kept_at_this_moment() -> None:
    ports = Ports()
    kept = await desk(ports).keep_now("q1-0", b"picture")
    assert kept is not None and (kept.capture_id, kept.picture) == ("q1-0", digest(b"picture"))
    assert ports.kept[0][:3] == ("s1", "q1-0", 9_000)


async def test_a_service_that_keeps_no_captures_still_analyses_them() -> None:
    ports = Ports(keep=False)
    one = desk(ports)
    event = await one.take(ARRIVED, (ORDER,), b"picture")
    assert event == replace(ARRIVED, picture=digest(b"picture")), "what is not kept has no second digest"
    assert await one.keep_now("q1-0", b"picture") is None
    assert ports.kept == [] and ports.stored == {}
    assert (await one.assess(ORDER, 500)).assessment == ports.assessment


async def test_other_events_and_captures_that_nothing_asks_for_are_not_held() -> None:
    ports = Ports()
    one = desk(ports)
    for event, order in ((DeadlineReached(at_ms=1), ORDER), (ARRIVED, OrderResume())):
        assert await one.take(event, (order,), b"picture") is event
    assert ports.kept == []
    assert await one.assess(ORDER, 500) == NOTHING


async def test_a_frame_asks_for_what_the_order_needs_within_the_time_that_is_left() -> None:
    ports = Ports()
    one = desk(ports)
    for identity, want in ((True, IDENTITY), (False, PRESENCE)):
        await one.take(ARRIVED, (ORDER,), b"picture")
        await one.assess(AnalyseCapture(capture_id="c0", identity=identity), 640)
        frame = ports.frames.pop()
        assert (frame.want, frame.data, frame.reference) == (want, b"picture", b"template")
        assert frame.deadline_ms_from_now == 640


async def test_a_picture_is_assessed_once_and_then_forgotten() -> None:
    ports = Ports()
    one = desk(ports)
    await one.take(ARRIVED, (ORDER,), b"picture")
    assert (await one.assess(ORDER, 500)).assessment == ports.assessment
    assert await one.assess(ORDER, 500) == NOTHING


async def test_without_time_nothing_is_analysed_and_nothing_passes() -> None:
    ports = Ports()
    one = desk(ports)
    await one.take(ARRIVED, (ORDER,), b"picture")
    assert await one.assess(ORDER, 0) == NOTHING
    assert ports.frames == [] and ports.pictures == []


async def test_fingerprints_are_remembered_and_another_sessions_picture_is_told() -> None:
    for seen in (False, True):
        ports = Ports(seen=seen)
        one = desk(ports)
        await one.take(ARRIVED, (ORDER,), b"picture")
        found = await one.assess(ORDER, 500)
        assert found.seen_before is seen
        assert ports.pictures == [(found.assessment.content, found.assessment.phash, "s1", "c0")]


class Copies:
    """Takes captures to be searched, and has found two copies."""

    def __init__(self) -> None:
        self.noted: list[Seen] = []

    def note(self, seen: Seen) -> None:
        self.noted.append(seen)

    def found(self, session_id: str) -> int:
        return 2


async def test_a_face_is_searched_for_near_copies_beside_and_the_count_is_told() -> None:
    ports = Ports()
    assert (await desk(ports).assess(ORDER, 1_000)).copies is None
    ports.near_copies = Copies()
    one = desk(ports)
    await one.take(ARRIVED, (ORDER,), b"picture")
    assert (await one.assess(ORDER, 1_000)).copies == 2
    assert [(each.capture_id, each.picture) for each in ports.near_copies.noted] == [(ORDER.capture_id, b"picture")]
    assert (await one.assess(ORDER, 0)).copies == 2
    assert len(ports.near_copies.noted) == 1, "a picture without a face is not searched"
