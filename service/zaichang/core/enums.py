"""The closed sets of words that events, policies and records carry; each member's value is the stored string."""

from __future__ import annotations

from enum import StrEnum


class Route(StrEnum):
    """How a session is proved."""

    FACE = "face"
    CHALLENGE = "challenge"
    """The route without face recognition: challenges alone are the proof."""


class Proof(StrEnum):
    """What each capture must prove."""

    PRESENCE = "presence"
    IDENTITY = "identity"
    PAD = "pad"


class ChallengeKind(StrEnum):
    """What a challenge asks for (验证弹窗)."""

    CONFIRM = "confirm"
    CODE = "code"
    QUESTION = "question"
    LIVENESS = "liveness"
    LIGHT = "light"


class LivenessAction(StrEnum):
    """What one step of a liveness try asks for; ``COLOUR`` belongs to reflected light, the others to the head."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    LOOK_DOWN = "look_down"
    BLINK = "blink"
    OPEN_MOUTH = "open_mouth"
    COLOUR = "colour"


class StepOutcome(StrEnum):
    """The result of one step of a liveness try.

    ``MIRRORED`` is a turn to the other side, right in all else, as a mirroring camera shows it.
    """

    PASSED = "passed"
    NO_RESPONSE = "no_response"
    WRONG_ACTION = "wrong_action"
    MIRRORED = "mirrored"
    STARTED_EARLY = "started_early"
    FLAT = "flat"
    UNUSABLE = "unusable"
