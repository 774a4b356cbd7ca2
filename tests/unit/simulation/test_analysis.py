"""The simulation's analysis: each picture once, however often it recurs, and late or dropped as the scenario says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.study import good_frame
from zaichang.biometric.frame_geometry import Geometry, not_seen
from zaichang.core.assessment import FrameAssessment, not_analysed
from zaichang.core.frames import PRESENCE, Frame, PhotoResult
from zaichang_simulation.analysis import Gallery, SimVision
from zaichang_simulation.format.actions import Overload, SlowAnalysis
from zaichang_simulation.loop import run_virtual


class Analyser:
    """Counts its calls."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def assess(self, frame: bytes, *, want: Any, reference: Any = None) -> FrameAssessment:
        self.calls.append(("assess", frame, want, reference))
        return good_frame(frame)

    def enrol(self, image: bytes) -> PhotoResult:
        self.calls.append(("enrol", image))
        return PhotoResult(template=image, quality_bp=1, reasons=(), assessment=good_frame(image), thresholds="t")

    def geometry(self, frame: bytes) -> Geometry:
        self.calls.append(("geometry", frame))
        return not_seen()

    def geometry_of(self, pixels: Any) -> Geometry:
        self.calls.append(("geometry_of", pixels))
        return not_seen()


def frame(data: bytes = b"a", deadline_ms: int = 1_000, **more: Any) -> Frame:
    return Frame(**{"data": data, "want": PRESENCE, "deadline_ms_from_now": deadline_ms, "reference": None, **more})


def test_a_picture_is_analysed_once_for_each_question() -> None:
    analyser = Analyser()
    gallery = Gallery(analyser)
    for data in (b"a", b"a", b"b"):
        assert gallery.assess(frame(data)) == good_frame(data)
    assert gallery.analysed == 2
    gallery.assess(frame(b"a", reference=b"template"))
    assert gallery.analysed == 3, "another reference is another question"
    assert analyser.calls[-1] == ("assess", b"a", PRESENCE, None), "presence compares with no reference"


def test_looks_and_references_are_remembered_too() -> None:
    analyser = Analyser()
    gallery = Gallery(analyser)
    for _ in range(2):
        gallery.geometry(b"a")
        gallery.enrol(b"a")
    assert analyser.calls == [("geometry", b"a"), ("enrol", b"a")] and gallery.analysed == 1
    pixels: Any = "pixels"
    assert gallery.mesh_of(pixels) is None and analyser.calls[-1] == ("geometry_of", "pixels")


@pytest.mark.parametrize(
    ("entry", "at_ms", "dropped"),
    [
        (Overload(at_s=10, for_s=5), 9_999, False),
        (Overload(at_s=10, for_s=5), 10_000, True),
        (Overload(at_s=10, for_s=5), 15_000, False),
        (SlowAnalysis(at_s=0, for_s=5, delay_s=1), 0, False),
        (SlowAnalysis(at_s=0, for_s=5, delay_s=1.001), 0, True),
        (SlowAnalysis(at_s=0, for_s=5, delay_s=9), 5_000, False),
    ],
)
def test_a_picture_is_dropped_without_capacity_or_when_it_takes_too_long(entry: Any, at_ms: int, dropped: bool) -> None:
    async def run() -> None:
        vision = SimVision(Gallery(Analyser()), (entry,), lambda: at_ms)
        [assessed] = await vision.analyse([frame(deadline_ms=1_000)])
        assert (assessed == not_analysed()) is dropped
        look = await vision.geometry(b"a", 1_000)
        assert look.reasons == not_seen().reasons
        assert (vision._gallery.analysed == 0) is dropped

    run_virtual(run())


def test_a_slow_analysis_takes_its_time_and_no_more_than_it_has() -> None:
    async def run() -> None:
        for delay_s, took_s in ((0.5, 0.5), (30.0, 1.0)):
            vision = SimVision(Gallery(Analyser()), (SlowAnalysis(at_s=0, for_s=99, delay_s=delay_s),), lambda: 0)
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            await vision.analyse([frame(deadline_ms=1_000)])
            assert loop.time() - began_s == pytest.approx(took_s, abs=0.01)

    run_virtual(run())


def test_a_reference_is_made_at_once_and_there_is_always_room() -> None:
    async def run() -> None:
        vision = SimVision(Gallery(Analyser()), (), lambda: 0)
        assert (await vision.enrol(b"a")).template == b"a" and vision.capacity() == 1
        await vision.close()

    run_virtual(run())
