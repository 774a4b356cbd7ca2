"""What the embedding program supplies: a player, a camera, and a prompter that answers challenges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from zaichang_client.protocol.messages import (
    CaptureOrder,
    ChallengeOrder,
    ChallengeResult,
    Joined,
    LivenessHint,
    LivenessStepOrder,
)

READY = "ready"
DECLINE = "decline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The player's state at a moment.

    Attributes:
        playhead_ms: Position in the lesson.
        playing: Whether it plays.
        stalled: Whether it waits for data.
        ended: Whether it reached the end.
        rate_bp: Playback rate, 10000 = 1.0x.
        visible: Whether the page or window can be seen.
        focused: Whether it has the focus.
        hints: Codes that the program reports about itself (docs/protocol.md); never earns credit.
    """

    playhead_ms: int
    playing: bool
    stalled: bool = False
    ended: bool = False
    rate_bp: int = 10_000
    visible: bool = True
    focused: bool = True
    hints: tuple[str, ...] = ()


class Player(Protocol):
    """The lesson's player. All calls come from the event loop and must return at once."""

    def sample(self) -> Sample:
        """Return the state now."""
        ...

    def joined(self, message: Joined) -> None:
        """The session is open (again): a fresh player goes to ``frontier_ms``."""
        ...

    def pause(self, reason: str, message: str) -> None:
        """Pause, and show the message."""
        ...

    def resume(self) -> None:
        """Play on, unless the learner has paused."""
        ...

    def seek(self, to_ms: int, reason: str, message: str) -> None:
        """Go to a position, and show the message."""
        ...

    def offline(self, away: bool) -> None:
        """Without a connection for too long: pause until it is back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture from the camera.

    Attributes:
        data: JPEG, PNG or WebP.
        camera: Digest (hex, at most 64 characters) of the device and its settings.
        virtual_camera: Whether the device looks like a virtual one.
    """

    data: bytes
    camera: str = ""
    virtual_camera: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """No picture can be taken: ``no_camera``, ``denied``, ``busy``, ``hidden`` or ``ended``."""

    cause: str


class Camera(Protocol):
    """The learner's camera."""

    async def capture(self, order: CaptureOrder) -> Picture | Unavailable | None:
        """Take a picture; None where nothing is to be sent at all."""
        ...


class Prompter(Protocol):
    """Shows challenges."""

    async def ask(self, order: ChallengeOrder, attempt: int) -> str | None:
        """Show the challenge (again, from the second attempt on) and return the answer, or None to stay silent.

        For the kinds ``liveness`` and ``light`` the answer is ``READY``, once the learner sits before the camera and
        pressed the button; ``DECLINE`` for ``light`` asks for movements instead. The steps follow (``Liveness``).
        """
        ...

    def judged(self, result: ChallengeResult) -> None:
        """The server has judged an answer."""
        ...


class Liveness(Protocol):
    """Shows the steps of an active liveness challenge, and takes frames while they run."""

    def step(self, order: LivenessStepOrder) -> None:
        """Show a step: hold still, a movement, a colour."""
        ...

    def hint(self, hint: LivenessHint) -> None:
        """Guide the learner; an empty reason takes the guidance away."""
        ...

    async def frame(self, order: LivenessStepOrder) -> Picture | None:
        """Take a frame now (at most 64 KiB); None where there is none."""
        ...
