"""Launches: the learning platform orders one, and the learner's page reads it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, Ms, Names, like_id, one_of
from zaichang.core.ids import CourseId, LearnerId, LessonId
from zaichang.launch.tokens import EXTRA_TIME_MAX_PCT, MOVEMENTS, ROUTES


class LaunchRequest(Asked):
    """The order to open a lesson for a learner."""

    refusal: ClassVar[str] = "launch.invalid"

    learner: LearnerId = like_id("The institution's pseudonym for the learner.", "learner-17")
    course: CourseId = like_id("The course.", "pharmacy-2026")
    lesson: LessonId = like_id("The lesson.", "lesson-1")
    route: Annotated[str, one_of(ROUTES, "`face`, or `challenge`: without face recognition.")] = "face"
    extra_time_pct: Annotated[
        int, Field(ge=0, le=EXTRA_TIME_MAX_PCT, description="Percent more time to answer, to be seen, to move.")
    ] = 0
    liveness_excluded: list[Annotated[str, one_of(MOVEMENTS, "A movement.")]] = Field(
        default_factory=list,
        max_length=6,
        description="Movements that this learner is never asked for.",
        examples=[["blink"]],
    )
    enrol: Annotated[bool, Field(description="Whether the learner may make their own reference with this launch.")] = (
        False
    )
    person_ref: Annotated[
        str,
        Field(
            pattern=r"^([0-9a-f]{64})?$",
            description="The person behind the account: HMAC-SHA256 of the ID number under the key that the "
            "institutions share, in hex, computed on your side. Empty: unknown. The service keeps its digest alone.",
            examples=[""],
        ),
    ] = ""


class LaunchAnswer(Answer):
    """The launch. Its token goes to the learner's page."""

    token: str = Field(description="The launch token.", examples=["eyJhbGciOiJFZERTQSJ9.e30.c2ln"])
    launch: str = Field(description="The launch's id, for delivery logs.", examples=["5f0c" * 8])
    lesson_version: str = Field(description="The version of the lesson that was launched.", examples=["1"])
    session_path: str = Field(description="Path of the websocket.", examples=["/v1/session"])
    course_path: str = Field(description="Path of the built-in player's page.", examples=["/course#token=eyJhbGci"])
    records_path: str = Field(
        description="Path of the page with all of the learner's records, where they appeal; it opens no session.",
        examples=["/timeline#token=eyJhbGci"],
    )


class LessonNames(Names):
    """A lesson's id and titles."""

    id: str = Field(description="The lesson.", examples=["lesson-1"])


class MeAnswer(Answer):
    """The launch that a token belongs to, and whether its learner is enrolled."""

    institution: Names
    lesson: LessonNames
    version: str = Field(description="The lesson's version.", examples=["1"])
    live_from_ms: int = Field(description="Start of a live broadcast, server time; 0: none.", examples=[0])
    course: str = Field(description="The course.", examples=["pharmacy-2026"])
    learner: str = Field(description="The learner's pseudonym.", examples=["learner-17"])
    duration_ms: Ms
    route: str = Field(description="`face` or `challenge`, allowances included.", examples=["face"])
    extra_time_pct: int = Field(description="Percent more time, allowances included.", examples=[0])
    enrolled: bool = Field(description="Whether there is a reference that captures can be compared with.")
    outdated: bool = Field(description="Whether an older embedder made the reference.", examples=[False])
    may_enrol: bool = Field(description="Whether the learner may make a reference now.", examples=[False])
    passkey: str = Field(description="The rules' use of passkeys: `off`, `allowed` or `required`.", examples=["off"])
    passkeys: int = Field(description="How many passkeys the learner has registered.", examples=[0])
    may_register_passkey: bool = Field(description="Whether the learner may register one now.", examples=[False])
    media_ticket: str = Field(
        description="For `?ticket=` of media that the service serves.", examples=["eyJhbGciOiJFZERTQSJ9.e30.c2ln"]
    )
