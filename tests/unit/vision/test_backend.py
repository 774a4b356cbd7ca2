from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import numpy as np
import pytest

from zaichang.biometric.template import Template
from zaichang.core.assessment import FaceFinding, FrameAssessment, not_analysed
from zaichang.core.errors import ModelError, UnreadableInput
from zaichang.core.frames import IDENTITY, PRESENCE, Frame, PhotoResult, Wanted
from zaichang.core.reasons import ReasonCode
from zaichang.ports.vision import Vision
from zaichang.vision.backend import InProcessVision, PoolConfig
from zaichang.vision.pipeline import Analyser
from zaichang.vision.runtime import Models


class Scripted(Analyser):
    """An analyser without networks: each frame's bytes say what happens."""

    def __init__(self, gate: threading.Event | None = None, seen: Callable[[], None] | None = None) -> None:
        self.gate, self.seen = gate, seen or (lambda: None)
        self.references: list[Template | None] = []

    @property
    def embedder_id(self) -> str:
        return "0" * 16

    def assess(self, frame: bytes, *, want: Wanted = IDENTITY, reference: Template | None = None) -> FrameAssessment:
        self.seen()
        self.references.append(reference)
        if frame == b"wait" and self.gate is not None:
            self.gate.wait(30)
        if frame == b"crash":
            raise RuntimeError("a stage broke")
        faces = (FaceFinding(box_px=(0, 0, 9, 9), score_bp=9_000),) if frame == b"face" else ()
        return FrameAssessment(width_px=len(frame), height_px=1, faces=faces)

    def enrol(self, image: bytes) -> PhotoResult:
        raise UnreadableInput("frame.unreadable", "no")


def scripted(gate: threading.Event | None = None, **pool: int) -> InProcessVision:
    return InProcessVision(lambda: Scripted(gate), PoolConfig(**pool))


async def test_answers_come_in_order_and_a_crash_costs_one_frame(caplog: pytest.LogCaptureFixture) -> None:
    backend: Vision = scripted(workers=2, queue_frames=16)
    frames = [Frame(data=data) for data in (b"a", b"crash", b"ccc", b"dddd")]
    found = await backend.analyse(frames)
    assert [item.width_px for item in found] == [1, 0, 3, 4]
    assert found[1] == not_analysed()
    assert (await backend.analyse(frames[2:3]))[0].width_px == 3
    await backend.close()


async def test_a_full_queue_drops_and_says_so() -> None:
    gate, started = threading.Event(), threading.Event()
    backend = InProcessVision(lambda: Scripted(gate, started.set), PoolConfig(workers=1, queue_frames=2))
    busy = asyncio.ensure_future(backend.analyse([Frame(data=b"wait")]))
    await asyncio.to_thread(started.wait, 30)
    assert backend.capacity() == 2
    waiting = asyncio.ensure_future(backend.analyse([Frame(data=b"a"), Frame(data=b"b"), Frame(data=b"c")]))
    while backend.capacity():
        await asyncio.sleep(0)
    dropped = await backend.analyse([Frame(data=b"x")])
    assert dropped == [not_analysed()]
    with pytest.raises(ModelError) as caught:
        await backend.enrol(b"photo")
    assert caught.value.code == "vision.busy"
    gate.set()
    assert [item.width_px for item in await waiting] == [1, 1, 0]
    assert (await busy)[0].width_px == 4
    await backend.close()


async def test_a_late_frame_is_not_analysed_and_never_started() -> None:
    gate, started = threading.Event(), threading.Event()
    seen: list[int] = []
    backend = InProcessVision(
        lambda: Scripted(gate, lambda: (started.set(), seen.append(1))[0]), PoolConfig(workers=1, queue_frames=4)
    )
    busy = asyncio.ensure_future(backend.analyse([Frame(data=b"wait")]))
    await asyncio.to_thread(started.wait, 30)
    assert await backend.analyse([Frame(data=b"late", deadline_ms_from_now=0)]) == [not_analysed()]
    gate.set()
    await busy
    await backend.analyse([Frame(data=b"next")])
    assert len(seen) == 2
    await backend.close()


async def test_close_answers_what_waits_and_takes_nothing_more() -> None:
    gate, started = threading.Event(), threading.Event()
    backend = InProcessVision(lambda: Scripted(gate, started.set), PoolConfig(workers=1, queue_frames=4))
    busy = asyncio.ensure_future(backend.analyse([Frame(data=b"wait")]))
    await asyncio.to_thread(started.wait, 30)
    waiting = asyncio.ensure_future(backend.analyse([Frame(data=b"a")]))
    while backend.capacity() == 4:
        await asyncio.sleep(0)
    closing = asyncio.ensure_future(backend.close())
    assert await waiting == [not_analysed()]
    gate.set()
    await closing
    assert (await busy)[0].width_px == 4
    assert backend.capacity() == 0
    assert await backend.analyse([Frame(data=b"b")]) == [not_analysed()]
    await backend.close()


async def test_enrol_errors_reach_the_caller() -> None:
    backend = scripted(workers=1)
    with pytest.raises(UnreadableInput):
        await backend.enrol(b"photo")
    await backend.close()


def reference(embedder: str) -> bytes:
    return Template(embedder=embedder, vectors=np.eye(1, 128, dtype=np.float32)).encode()


@pytest.mark.parametrize(
    ("kept", "lack"),
    [
        (None, ReasonCode.REFERENCE_MISSING),
        (b"junk", ReasonCode.REFERENCE_OUTDATED),
        (b"ZCT1" + bytes(600), ReasonCode.REFERENCE_OUTDATED),
        (reference("1" * 16), ReasonCode.REFERENCE_OUTDATED),
        (reference("0" * 16), None),
    ],
    ids=["none", "damaged", "older form", "another embedder", "good"],
)
async def test_a_reference_that_cannot_be_compared_says_why_and_is_never_a_pass(
    kept: bytes | None, lack: ReasonCode | None
) -> None:
    analyser = Scripted()
    backend = InProcessVision(lambda: analyser, PoolConfig(workers=1))
    [found] = await backend.analyse([Frame(data=b"face", want=IDENTITY, reference=kept)])
    assert found.reasons == (() if lack is None else (lack,))
    assert (analyser.references[0] is None) == (lack is not None)
    # Where nothing is compared anyway, the reference does not matter; an empty picture has its own reason.
    assert (await backend.analyse([Frame(data=b"face", want=PRESENCE, reference=kept)]))[0].reasons == ()
    assert (await backend.analyse([Frame(data=b"a", want=IDENTITY, reference=kept)]))[0].reasons == ()
    assert backend.embedder_id == "0" * 16
    await backend.close()


async def test_the_real_pipeline_in_two_workers(models: Models, portrait_jpeg: bytes) -> None:
    backend = InProcessVision(lambda: Analyser(models), PoolConfig(workers=2, queue_frames=16))
    enrolment = await backend.enrol(portrait_jpeg)
    frame = Frame(data=portrait_jpeg, want=IDENTITY, reference=enrolment.template, deadline_ms_from_now=60_000)
    found = await backend.analyse([frame] * 6)
    assert len(set(found)) == 1
    assert found[0].main is not None
    assert (found[0].main.similarity_bp or 0) > 9_500
    missing = (await backend.analyse([Frame(data=portrait_jpeg, want=IDENTITY, deadline_ms_from_now=60_000)]))[0]
    assert ReasonCode.REFERENCE_MISSING in missing.reasons
    await backend.close()
