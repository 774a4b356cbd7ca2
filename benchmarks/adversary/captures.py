"""How a page answers ordered captures: at once, late, without the learner, or with a refusal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from benchmarks.adversary.camera import View
from benchmarks.adversary.line import Line
from benchmarks.adversary.pledges import PRESENT, Pledges
from benchmarks.adversary.ways import On, Then
from zaichang.core.ids import CaptureId
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e

if TYPE_CHECKING:
    from benchmarks.adversary.evening import Evening

POLL_MS = 400


class Sender(Protocol):
    """Sends events to the service and acts later, as long as the page is open."""

    def up(self, make: Callable[[int], e.Event], size_ms: int = 0) -> None:
        """Send an event; ``make`` is given its time of arrival."""

    def later(self, after_ms: int, act: Callable[[], None]) -> None:
        """Act after a time, in the same session only."""

    def flush(self) -> None:
        """Send a report that waits for a picture."""


class Captures:
    """The ordered capture, the frames that were pledged, and the camera.

    Attributes:
        ordered: The capture that is not answered yet, or None.
        visible: Whether the page is visible.
        pledges: The frames that reports named.
    """

    def __init__(self, evening: Evening, line: Line, sender: Sender) -> None:
        """No capture is ordered."""
        self._evening = evening
        self._way = evening.way
        self._line = line
        self._sender = sender
        self._camera = 0
        self.reset()

    def reset(self) -> None:
        """Forget the session before; the camera stays."""
        self.ordered: d.OrderCapture | None = None
        self.visible = True
        self.pledges = Pledges()
        self._views: dict[str, View] = {}

    @property
    def camera(self) -> str:
        """Name of the camera in use."""
        return f"camera-{self._camera}"

    def change_camera(self) -> None:
        """Go on with another camera."""
        self._camera += 1

    def view(self, capture_id: CaptureId) -> View:
        """Return the view in a capture."""
        return self._views.get(capture_id, View.EMPTY)

    def events(self, order: d.OrderCapture) -> tuple[On, ...]:
        """Return the events that begin with an order."""
        ordered = On.PROMPT if order.prompt is not None else On.CAPTURE
        pledged = self.pledges.view(order.frame)
        return (ordered,) if pledged is None or pledged in PRESENT else (ordered, On.EXPOSED)

    def answer(self, order: d.OrderCapture) -> None:
        """Answer what is ordered: a pledged frame at once, another picture after the shutter's time."""
        pledged = self.pledges.view(order.frame)
        if pledged is not None and (pledged in PRESENT or not self._way.wait_ms):
            self._send(order, pledged, order.frame)
        else:
            self._sender.later(self._way.shutter_ms, partial(self._shoot, order, self._evening.now_ms))

    def pledged(self) -> tuple[str, ...] | None:
        """Return the frames that a report names, if this page names any."""
        return self.pledges.made(self._evening) if self._way.pledges and self.visible else None

    def _shoot(self, order: d.OrderCapture, ordered_ms: int) -> None:
        """Take the picture, or hold it back until the learner is there or the patience is over."""
        way, evening = self._way, self._evening
        if self.ordered is not order or not self._line.connected:
            return
        if not self.visible:
            self._refuse(order, ReasonCode.PAGE_HIDDEN)
            return
        over = evening.now_ms >= ordered_ms + way.wait_ms
        if not evening.here and not over:
            self._sender.later(POLL_MS, partial(self._shoot, order, ordered_ms))
        elif evening.here or way.then is Then.SEND:
            self._send(order, evening.view(), f"{evening.chance.getrandbits(256):064x}" if order.announce else None)
        elif way.then is Then.REFUSE:
            self._refuse(order, ReasonCode.CAMERA_UNAVAILABLE)
        else:
            self.ordered = None

    def _send(self, order: d.OrderCapture, view: View, digest: str | None) -> None:
        self.ordered = None
        self._views[order.capture_id] = view
        if digest is not None and order.frame is None:
            taken = digest
            self._sender.up(lambda at_ms: e.CaptureTaken(at_ms=at_ms, capture_id=order.capture_id, digest=taken))
        camera = self.camera
        self._sender.up(
            lambda at_ms: e.CaptureReceived(
                at_ms=at_ms, capture_id=order.capture_id, nonce=order.nonce, camera=camera, digest=digest
            ),
            self._way.picture_ms,
        )
        self._sender.flush()

    def _refuse(self, order: d.OrderCapture, reason: ReasonCode) -> None:
        self.ordered = None
        self._sender.up(lambda at_ms: e.CaptureUnavailable(at_ms=at_ms, capture_id=order.capture_id, reason=reason))
        self._sender.flush()
