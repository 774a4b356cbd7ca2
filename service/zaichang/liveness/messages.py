"""The events and the orders of a try. All times are milliseconds since the try began."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.biometric.movement import Face
from zaichang.biometric.reflected_light import Colour
from zaichang.core.enums import LivenessAction
from zaichang.core.reasons import ReasonCode
from zaichang.session.events import LivenessStep

HOLD = "hold"
"""The action of an order to rest."""
COLOUR = LivenessAction.COLOUR
"""The action of an order to let the screen shine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSeen:
    """A frame arrived and was looked at, or could not be.

    Attributes:
        at_ms: When it arrived.
        done_ms: When the look at it was done; orders that follow from it go out then.
        order: Which order it answers, counted from 1; 0: none.
        face: The measurements of the only near face; None without one. While a movement is judged they are taken
            against frame ``State.reference``.
        reason: The hindrance, where there is no face. NOT_ANALYSED: the service did not look at it.
        lit: Mean colours of the face and of the room behind it; None where they were not measured.
    """

    at_ms: int
    done_ms: int
    order: int
    face: Face | None = None
    reason: ReasonCode | None = None
    lit: tuple[Colour, Colour] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """No frame is waiting, and it is ``done_ms``."""

    done_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The frames of a ``Compare`` were compared with the learner's reference.

    Attributes:
        similarities_bp: Of each frame; None: not compared.
        pads_bp: Bona fide score of each frame; None: no model ran.
        analysed: Whether the service looked at all of them.
    """

    similarities_bp: tuple[int | None, ...] = ()
    pads_bp: tuple[int | None, ...] = ()
    analysed: bool = True


Event = FrameSeen | Deadline | Compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Tell the learner what to do now.

    Attributes:
        order: Number of the order, from 1; its frames carry the order's own nonce.
        action: An action, ``HOLD`` or ``COLOUR``.
        within_ms: The time that the learner has.
        colour: ``COLOUR``: which, as ``#rrggbb``.
    """

    order: int
    action: str
    within_ms: int
    colour: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Say what hinders in the frame that was just taken.

    Attributes:
        still: Whether the head should face the camera now.
        frontal: Whether it does.
    """

    still: bool
    frontal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Store a frame's picture for a reviewer, as the try's ``rest`` or ``peak``."""

    name: str
    frame: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Compare these frames with the learner's reference, and answer with ``Compared``."""

    frames: tuple[int, int]


Order = Show | Guide | Keep | Compare


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of a try; the core decides what follows from it.

    Attributes:
        steps: One for each ordered action, in order; fewer where the try ended early.
        similarity_bp: The least similarity of the frames that were compared; None: not compared.
        pad_bp: The least bona fide score of the same frames; None: no model ran.
        reasons: The faults of the try as a whole, worst first.
    """

    steps: tuple[LivenessStep, ...]
    similarity_bp: int | None = None
    pad_bp: int | None = None
    reasons: tuple[ReasonCode, ...] = ()
