"""Analysing frames off the event loop: the in-process pool behind the ``Vision`` port.

A frame always gets an answer. If the pool is full, the deadline has passed or a stage fails, the answer is
``not_analysed()``, which never counts as a pass. Frames stay in memory, and only until they are analysed.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from zaichang.biometric.frame_geometry import Geometry, not_seen
from zaichang.biometric.template import Template, decode_template
from zaichang.core.assessment import FrameAssessment, not_analysed
from zaichang.core.errors import ModelError, UnreadableInput, ZaichangError
from zaichang.core.frames import Frame, PhotoResult
from zaichang.core.reasons import ReasonCode
from zaichang.vision.pipeline import Analyser

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """The in-process pool.

    Attributes:
        workers: Threads; one per core is best (docs/adr/0021).
        queue_frames: Frames that may wait; further ones are dropped and reported as not analysed.
    """

    workers: int = 2
    queue_frames: int = 32


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    work: Callable[[Analyser], object]
    deadline_s: float
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[object]

    def finish(self, result: object) -> None:
        """Hand the result to the loop; a loop that is gone no longer waits."""
        try:
            self.loop.call_soon_threadsafe(self._set, result)
        except RuntimeError:
            _LOG.debug("the event loop closed before a frame was answered")

    def _set(self, result: object) -> None:
        if not self.answer.done():
            self.answer.set_result(result)


class InProcessVision:
    """A bounded pool of worker threads; each owns its own ``Analyser``, so nothing in it is shared or locked."""

    def __init__(self, make_analyser: Callable[[], Analyser], config: PoolConfig | None = None) -> None:
        """Start the workers. Their networks load before this returns, so a bad model stops the start-up.

        Args:
            make_analyser: Called once per worker.
            config: Size of the pool.

        Raises:
            ModelError: ``models.not_loadable``.
        """
        self._config = config or PoolConfig()
        self._jobs: queue.Queue[_Job | None] = queue.Queue(self._config.queue_frames)
        self._closed = False
        analysers = [make_analyser() for _ in range(self._config.workers)]
        self.embedder_id = analysers[0].embedder_id
        self._threads = [
            threading.Thread(target=self._work, args=(each,), name=f"vision-{index}", daemon=True)
            for index, each in enumerate(analysers)
        ]
        for thread in self._threads:
            thread.start()

    async def analyse(self, frames: Sequence[Frame]) -> list[FrameAssessment]:
        """Return one assessment per frame, in order. Never raises for a frame."""
        return list(await asyncio.gather(*(self._one(frame) for frame in frames)))

    async def _one(self, frame: Frame) -> FrameAssessment:
        result = await self._submit(lambda analyser: _assess(analyser, frame), frame.deadline_ms_from_now)
        return result if isinstance(result, FrameAssessment) else not_analysed()

    async def geometry(self, frame: bytes, deadline_ms_from_now: int) -> Geometry:
        """Return the look at one frame of an active liveness challenge (see ``ports.vision.Vision``)."""
        result = await self._submit(lambda analyser: analyser.geometry(frame), deadline_ms_from_now)
        return result if isinstance(result, Geometry) else not_seen()

    async def enrol(self, image: bytes) -> PhotoResult:
        """Make a reference from a photo (see ``ports.vision.Vision.enrol``)."""
        result = await self._submit(lambda analyser: analyser.enrol(image), 30_000)
        if isinstance(result, PhotoResult):
            return result
        if isinstance(result, ZaichangError):
            raise result
        raise ModelError("vision.busy", "The photo could not be analysed now.", "Try again in a minute.")

    async def _submit(self, work: Callable[[Analyser], object], deadline_ms: int) -> object:
        """Queue work and wait until its deadline; None where it was dropped or late."""
        if self._closed:
            return None
        loop = asyncio.get_running_loop()
        deadline_s = time.monotonic() + deadline_ms / 1000
        job = _Job(work, deadline_s, loop, loop.create_future())
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            return None
        try:
            return await asyncio.wait_for(job.answer, deadline_ms / 1000)
        except TimeoutError:
            return None

    def capacity(self) -> int:
        """Return how many more frames would be taken now."""
        return 0 if self._closed else max(0, self._config.queue_frames - self._jobs.qsize())

    async def close(self) -> None:
        """Stop the workers after their current frames. Waiting frames are answered ``not_analysed()``."""
        if self._closed:
            return
        self._closed = True
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is not None:
                job.finish(None)
        for _ in self._threads:
            self._jobs.put_nowait(None)
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(timeout=10)

    def _work(self, analyser: Analyser) -> None:
        while (job := self._jobs.get()) is not None:
            if time.monotonic() >= job.deadline_s:
                job.finish(None)
                continue
            try:
                job.finish(job.work(analyser))
            except ZaichangError as error:
                job.finish(error)
            except Exception:
                # A picture that breaks a stage must cost one frame, never the worker. No pixels, no ids in the log.
                _LOG.exception("a frame could not be analysed")
                job.finish(None)


def _assess(analyser: Analyser, frame: Frame) -> FrameAssessment:
    reference, lack = None, None
    if frame.want.identity:
        reference, lack = _reference(frame.reference, analyser.embedder_id)
    found = analyser.assess(frame.data, want=frame.want, reference=reference)
    # An identity was asked for without a reference: report that in place of a silent None.
    return _with_reason(found, lack) if lack is not None and found.faces else found


def _reference(data: bytes | None, embedder_id: str) -> tuple[Template | None, ReasonCode | None]:
    """Return the reference, or its problem: it is missing, or from an older embedder or version."""
    if data is None:
        return None, ReasonCode.REFERENCE_MISSING
    try:
        reference = decode_template(data)
    except UnreadableInput:
        return None, ReasonCode.REFERENCE_OUTDATED
    return (reference, None) if reference.embedder == embedder_id else (None, ReasonCode.REFERENCE_OUTDATED)


def _with_reason(found: FrameAssessment, reason: ReasonCode) -> FrameAssessment:
    return replace(found, reasons=(*found.reasons, reason))
