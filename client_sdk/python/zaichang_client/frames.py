"""The frames that heartbeats pledge: taken now and then, named by their SHA-256, and kept for an order to ask for."""

from __future__ import annotations

import hashlib

from zaichang_client.parts import Camera, Picture, WatchingCamera
from zaichang_client.protocol.limits import FRAMES_PLEDGED_MAX

_KEPT_MAX = 16 * FRAMES_PLEDGED_MAX
"""Frames since the last sample, and those that are taken while earlier ones are sent over a slow line."""


class PledgedFrames:
    """The frames of one session."""

    def __init__(self, camera: Camera) -> None:
        """Take frames from this camera; one that only takes pictures on order gives none."""
        self._camera = camera if isinstance(camera, WatchingCamera) else None
        self._kept: dict[str, Picture] = {}
        self._new: list[str] = []

    def look(self) -> None:
        """Take a frame. One that equals an earlier one is no new frame."""
        picture = None if self._camera is None else self._camera.look()
        if picture is None:
            return
        digest = hashlib.sha256(picture.data).hexdigest()
        if digest in self._kept:
            return
        self._kept[digest] = picture
        self._new.append(digest)
        if len(self._kept) > _KEPT_MAX:
            del self._kept[next(iter(self._kept))]

    def pledge(self) -> tuple[str, ...]:
        """Return the digests of the frames taken since the last call, oldest first."""
        pledged, self._new = self._new[-FRAMES_PLEDGED_MAX:], []
        return tuple(pledged)

    def kept(self, digest: str) -> Picture | None:
        """Return a pledged frame; None where it is no longer kept, or none is meant."""
        return self._kept.get(digest)
