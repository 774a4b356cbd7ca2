"""Enrolment: photos, the poses before the camera, and references."""

from __future__ import annotations

import base64
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from zaichang.api.models.common import Answer, Asked, At, Reason
from zaichang.biometric.template import MAX_VECTORS
from zaichang.core.errors import PeerViolation
from zaichang.launch.camera_enrolment import FRAMES_MAX


def _decoded(value: object) -> object:
    """Return the bytes of a base64 text. A value of another type is returned as it is, and the field refuses it."""
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise PeerViolation("enrol.not_base64", "A photo is not base64.", "Send each file's bytes as base64.") from None


Base64 = Annotated[
    bytes,
    BeforeValidator(_decoded),
    WithJsonSchema(
        {"type": "string", "description": "A picture file's bytes as base64.", "examples": ["/9j/4AAQSkZJRg=="]}
    ),
]


class Photos(Asked):
    """Several photos of one learner."""

    max_bytes: ClassVar[int] = 32_000_000

    photos: Annotated[list[Base64], Field(min_length=1, max_length=MAX_VECTORS)]
    at_least: Annotated[
        int | None,
        Field(ge=1, le=MAX_VECTORS, description="How many photos must pass; all of them where it is left out."),
    ] = None


class PoseShown(Asked):
    """The pictures of one pose."""

    max_bytes: ClassVar[int] = 8_000_000

    pose: Annotated[str, Field(max_length=16, description="The pose that was asked for.", examples=["front"])]
    pictures: Annotated[list[Base64], Field(min_length=1, max_length=FRAMES_MAX)]


class LeftOut(Answer):
    """A photo that was not used for the reference."""

    photo: int = Field(description="Its place in the request, from 1.", examples=[2])
    reasons: list[str] = Field(description="Reason codes.", examples=[["NOT_SAME_PERSON"]])


class EnrolledAnswer(Answer):
    """The reference was made. The photos are not stored."""

    version: int = Field(description="1, 2, 3, ... for this learner.", examples=[1])
    quality_bp: int = Field(description="Quality of its worst photo, 0 to 10000.", examples=[9000])
    models: str = Field(description="Digest of models and thresholds.", examples=["5f0c5f0c5f0c5f0c"])
    thresholds: str = Field(description="Version of the thresholds that the photos passed.", examples=["2026.1"])
    photos: int = Field(description="How many photos are in it.", examples=[1])
    left_out: list[LeftOut] = Field(description="Photos that are not in it.", examples=[[]])


class NextPose(Answer):
    """The pose that the learner must show next."""

    done: Literal[False] = Field(description="The enrolment goes on.")
    number: int = Field(description="Number of this pose, from 1.", examples=[1])
    of: int = Field(description="How many poses there are.", examples=[4])
    pose: str = Field(description="`front`, `left`, `right` or `up`.", examples=["front"])
    frames: int = Field(description="How many pictures of it are wanted, a third of a second apart.", examples=[2])
    due_ms: At
    reasons: list[Reason] = Field(description="Why the pose that was shown did not count; empty where it did.")


class PosesDone(EnrolledAnswer):
    """All poses passed, and the reference was made."""

    done: Literal[True] = Field(description="The enrolment is complete.")
    number: int = Field(description="Number of the last pose.", examples=[4])
    of: int = Field(description="How many poses there were.", examples=[4])


class Reference(Answer):
    """A stored reference."""

    learner: str = Field(description="The learner's pseudonym.", examples=["learner-17"])
    version: int = Field(description="Of the reference.", examples=[1])
    at_ms: At
    photos: int = Field(description="How many photos are in it; 0 where an older version made it.", examples=[3])
    embedder: str = Field(description="The embedder that made it, 16 hex digits; or empty.", examples=["5f" * 8])
    thresholds: str = Field(description="Version of the thresholds; or empty.", examples=["2026.1"])
    current: bool = Field(description="Whether captures can be compared with it.", examples=[True])
