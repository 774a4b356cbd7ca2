"""The parts that the embedding program supplies: a player, a camera, and a prompter that shows challenges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

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


def first_missing_ms(counted: Sequence[str]) -> int:
    """Return the first position of a lesson that still has to be watched.

    Args:
        counted: The parts that need no watching, as ``joined`` and ``ack`` name them: ``from-to``, in order.
    """
    begin_ms = 0
    for part in counted:
        start_ms, _, end_ms = part.partition("-")
        if int(start_ms) > begin_ms:
            break
        begin_ms = int(end_ms)
    return begin_ms


class Player(Protocol):
    """The lesson's player. All calls come from the event loop and must return at once."""

    def sample(self) -> Sample:
        """Return the state now."""
        ...

    def joined(self, message: Joined) -> None:
        """The session is open (again): a fresh player goes to ``first_missing_ms(message.counted)``."""
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
        """Handle a long loss of the connection: pause while ``away`` is true, until the connection is back."""
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
        """Take a picture; return None to send nothing at all."""
        ...


@runtime_checkable
class WatchingCamera(Protocol):
    """A camera that also gives frames without an order, for heartbeats to pledge."""

    def look(self) -> Picture | None:
        """Return the newest frame at once; None where there is none."""
        ...


class Prompter(Protocol):
    """Shows challenges."""

    async def ask(self, order: ChallengeOrder, attempt: int) -> str | None:
        """Show a challenge and return the answer; None sends no answer.

        For the kinds ``liveness`` and ``light`` the answer is ``READY``, once the learner sits in front of the camera
        and has
        pressed the button. For ``light``, ``DECLINE`` asks for movements instead. The steps follow (``Liveness``).

        Args:
            order: The challenge.
            attempt: Number of the attempt; from the second on, the challenge is shown again.
        """
        ...

    def judged(self, result: ChallengeResult) -> None:
        """The server has judged an answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A passkey's answer; every text is base64url without padding.

    Attributes:
        credential_id: The passkey, one of the order's ``options``.
        client_data: The signed ``clientDataJSON``.
        authenticator_data: The signed authenticator data.
        signature: Over both.
    """

    credential_id: str
    client_data: str
    authenticator_data: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPasskey:
    """No passkey can answer: ``declined`` (the learner's choice now) or ``unsupported`` (never on this device)."""

    cause: str = "declined"


class Passkeys(Protocol):
    """The learner's passkeys, as the system of this device opens them."""

    async def sign(self, order: ChallengeOrder, attempt: int) -> Signature | NoPasskey | None:
        """Ask the owner, sign ``order.nonce`` for ``order.rp_id``; None sends no answer.

        Args:
            order: A challenge of kind ``passkey``; its ``options`` are the passkeys that may answer.
            attempt: Number of the attempt.
        """
        ...


class Liveness(Protocol):
    """Shows the steps of an active liveness challenge, and takes frames while they run."""

    def step(self, order: LivenessStepOrder) -> None:
        """Show a step: hold still, a movement, a colour."""
        ...

    def hint(self, hint: LivenessHint) -> None:
        """Guide the learner; an empty reason removes the guidance."""
        ...

    async def frame(self, order: LivenessStepOrder) -> Picture | None:
        """Take a frame now (at most 64 KiB); None where there is none."""
        ...
