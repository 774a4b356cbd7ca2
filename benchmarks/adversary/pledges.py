"""The frames that a page pledges with its reports, and who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.adversary.camera import View

if TYPE_CHECKING:
    from benchmarks.adversary.evening import Evening

EVERY_MS: Final = 2_500
"""Time between two frames: two in a regular report."""
FRAMES_MAX: Final = 2
PRESENT: Final = frozenset({View.LEARNER})
"""A page shows such a frame at once; one that shows anything else, it may keep to itself."""


class Pledges:
    """The frames of one page."""

    def __init__(self) -> None:
        """Begin with none."""
        self._views: dict[str, View] = {}
        self._last_ms = 0

    def view(self, digest: str | None) -> View | None:
        """Return who is in a pledged frame; None where there is no such frame."""
        return None if digest is None else self._views.get(digest)

    def made(self, evening: Evening) -> tuple[str, ...] | None:
        """Return the digests of the frames taken since the last report, oldest first; a camera gives each once."""
        gap_ms = max(EVERY_MS, evening.way.shutter_ms)
        count = min(FRAMES_MAX, (evening.now_ms - self._last_ms) // gap_ms)
        times = [evening.now_ms - gap_ms * back for back in reversed(range(count))]
        digests = []
        for at_ms in times:
            digests.append(f"{evening.chance.getrandbits(256):064x}")
            self._views[digests[-1]] = evening.view_at(at_ms)
        if times:
            self._last_ms = times[-1]
        return tuple(digests) or None
