"""The real analysis, inline: each picture once in a run, however often it recurs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol

from zaichang.biometric.challenge import Mesh
from zaichang.biometric.frame_geometry import Geometry, not_seen
from zaichang.biometric.template import Template, decode_template
from zaichang.core.assessment import FrameAssessment, not_analysed
from zaichang.core.frames import Frame, PhotoResult, Wanted
from zaichang_simulation.camera.faces import Image
from zaichang_simulation.camera.performed import Troupe
from zaichang_simulation.format.actions import Overload, ServerEntry, SlowAnalysis
from zaichang_simulation.format.types import to_ms


class FrameAnalyser(Protocol):
    """The used part of ``zaichang.vision.pipeline.Analyser``."""

    def assess(self, frame: bytes, *, want: Wanted, reference: Template | None = None) -> FrameAssessment:
        """Assess an encoded frame."""
        ...

    def enrol(self, image: bytes) -> PhotoResult:
        """Make a reference from a photo."""
        ...

    def geometry(self, frame: bytes) -> Geometry:
        """Look at an encoded frame of a liveness challenge."""
        ...

    def geometry_of(self, pixels: Image) -> Geometry:
        """Look at a decoded frame."""
        ...


class Gallery:
    """Assessments of pictures that were analysed before; shared by the scenarios of a suite."""

    def __init__(self, analyser: FrameAnalyser) -> None:
        """Use the analyser, which belongs to the calling thread."""
        self._analyser = analyser
        self._known: dict[bytes, FrameAssessment] = {}
        self._enrolled: dict[bytes, PhotoResult] = {}
        self._looked: dict[bytes, Geometry] = {}
        self.analysed = 0
        self.pictures: dict[object, bytes] = {}
        """Pictures drawn before, for ``CameraTimeline``."""
        self.troupe = Troupe(self.mesh_of)
        """People drawn moving, likewise."""

    def assess(self, frame: Frame) -> FrameAssessment:
        """Return the assessment of a frame."""
        key = hashlib.sha256(repr((frame.want, frame.reference)).encode() + frame.data).digest()
        if key not in self._known:
            reference = decode_template(frame.reference) if frame.reference and frame.want.identity else None
            self._known[key] = self._analyser.assess(frame.data, want=frame.want, reference=reference)
            self.analysed += 1
        return self._known[key]

    def geometry(self, frame: bytes) -> Geometry:
        """Return the look at a frame of a liveness challenge."""
        key = hashlib.sha256(frame).digest()
        if key not in self._looked:
            self._looked[key] = self._analyser.geometry(frame)
            self.analysed += 1
        return self._looked[key]

    def mesh_of(self, picture: Image) -> Mesh | None:
        """Return the mesh of a drawn picture's main face, for moving it."""
        return self._analyser.geometry_of(picture).mesh

    def enrol(self, image: bytes) -> PhotoResult:
        """Return the result of an enrolment photo."""
        key = hashlib.sha256(image).digest()
        if key not in self._enrolled:
            self._enrolled[key] = self._analyser.enrol(image)
        return self._enrolled[key]


class SimVision:
    """``zaichang.ports.vision.Vision`` on a virtual clock, overloaded or slow as the scenario says."""

    def __init__(self, gallery: Gallery, entries: tuple[ServerEntry, ...], now_ms: Callable[[], int]) -> None:
        """``now_ms`` is the time since the scenario's start."""
        self._gallery = gallery
        self._entries = [entry for entry in entries if isinstance(entry, Overload | SlowAnalysis)]
        self._now_ms = now_ms
        self.embedder_id = ""
        """Any reference fits: one analyser makes and compares them all."""

    async def analyse(self, frames: Sequence[Frame]) -> list[FrameAssessment]:
        """Assess frames, in order."""
        return [await self._one(frame) for frame in frames]

    def _slow_ms(self) -> int | None:
        """Return how long an analysis takes now; None where there is no capacity."""
        slow_ms = 0
        for entry in self._entries:
            if to_ms(entry.at_s) <= self._now_ms() < to_ms(entry.at_s) + to_ms(entry.for_s):
                if isinstance(entry, Overload):
                    return None
                slow_ms = to_ms(entry.delay_s)
        return slow_ms

    async def _one(self, frame: Frame) -> FrameAssessment:
        slow_ms = self._slow_ms()
        if slow_ms is None:
            return not_analysed()
        await asyncio.sleep(min(slow_ms, frame.deadline_ms_from_now) / 1000)
        return not_analysed() if slow_ms > frame.deadline_ms_from_now else self._gallery.assess(frame)

    async def geometry(self, frame: bytes, deadline_ms_from_now: int) -> Geometry:
        """Look at a frame of a liveness challenge; overloaded or slow as the analysis of pictures is."""
        slow_ms = self._slow_ms()
        if slow_ms is None:
            return not_seen()
        await asyncio.sleep(min(slow_ms, deadline_ms_from_now) / 1000)
        return not_seen() if slow_ms > deadline_ms_from_now else self._gallery.geometry(frame)

    async def enrol(self, image: bytes) -> PhotoResult:
        """Make a reference."""
        return self._gallery.enrol(image)

    def capacity(self) -> int:
        """There is always room."""
        return 1

    async def close(self) -> None:
        """Nothing to stop."""
