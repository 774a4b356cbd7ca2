"""The institution's settings (lessons, question banks, allowances, reviewers) and its media servers' records."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, JsonValue

from zaichang.api.models.common import Answer, Asked, At, Done, InstitutionNames, Ms, like_id, one_of
from zaichang.core.ids import ReviewerId, TokenId
from zaichang.launch.policy_packs import PACK_MAX_BYTES
from zaichang.launch.question_bank import (
    BANK_MAX_BYTES,
    OPTION_MAX_CHARS,
    OPTIONS_MAX,
    OPTIONS_MIN,
    QUESTIONS_MAX,
    TEXT_MAX_CHARS,
)
from zaichang.launch.tokens import EXTRA_TIME_MAX_PCT, LESSON_MAX_MS, MOVEMENTS, ROUTES
from zaichang.review.media_delivery import RECORDS_MAX
from zaichang.session.events import Question

PRINTABLE = r"^[^\x00-\x1f\x7f]+$"


class LessonRequest(Asked):
    """A lesson with its rules: the name of a shipped pack, or a pack of the institution's own."""

    max_bytes: ClassVar[int] = 4 * PACK_MAX_BYTES

    title_zh: Annotated[
        str, Field(min_length=1, max_length=200, pattern=PRINTABLE, description="In Chinese.", examples=["第一课"])
    ]
    title_en: Annotated[
        str, Field(min_length=1, max_length=200, pattern=PRINTABLE, description="In English.", examples=["Lesson 1"])
    ]
    duration_ms: Annotated[
        int, Field(ge=1_000, le=LESSON_MAX_MS, description="Length of the media, ms.", examples=[1_800_000])
    ]
    policy: Annotated[
        str,
        Field(
            max_length=64,
            pattern="^[a-z0-9-]*$",
            description="Name of a shipped pack; left out where `pack` is given.",
            examples=["default"],
        ),
    ] = ""
    pack: Annotated[
        str | dict[str, JsonValue] | None,
        Field(
            description="A pack of the institution's own: a TOML file's text, or the same tables as JSON"
            " (`pack`, `rules`, `cite`). It is checked as `zaichang policy check` checks it."
        ),
    ] = None
    version: Annotated[
        str, Field(max_length=64, description="The lesson's version; empty: the one it has, or `1`.", examples=["1"])
    ] = ""
    timeline_kept: Annotated[
        bool, Field(description="Whether a new version keeps the time line, so that positions mean the same.")
    ] = False
    live_from_ms: Annotated[
        int | None,
        Field(ge=0, lt=2**53, description="Start of a live broadcast, server time; 0: none; left out: as before."),
    ] = None
    counts_again: Annotated[
        str,
        Field(
            pattern="^(|once|(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8]))$",
            description="The day of each year in China from which the lesson counts again, `MM-DD`, or `once`;"
            " left out: as before, at first `01-01`.",
            examples=["11-01"],
        ),
    ] = ""
    category: Annotated[
        str | None, one_of(("", "professional", "public"), "For the hour system; left out: as before.", 16)
    ] = None
    course_version: Annotated[
        str | None,
        Field(max_length=64, description="Version of the course, for the hour system; left out: as before."),
    ] = None


class LessonAnswer(Done):
    """The lesson as it is stored."""

    version: str = Field(description="Its version.", examples=["1"])
    timeline: str = Field(description="The time line that its positions are on.", examples=["1"])
    counts_again: str = Field(description="The day from which it counts again, or `once`.", examples=["11-01"])


class LessonLine(Answer):
    """A lesson in the list."""

    course: str = Field(description="The course.", examples=["pharmacy-2026"])
    lesson: str = Field(description="The lesson.", examples=["lesson-1"])
    zh: str = Field(description="Title in Chinese.", examples=["第一课"])
    en: str = Field(description="Title in English.", examples=["Lesson 1"])
    version: str = Field(description="Its version.", examples=["1"])
    timeline: str = Field(description="The time line that its positions are on.", examples=["1"])
    live_from_ms: int = Field(description="Start of a live broadcast, server time; 0: none.", examples=[0])
    counts_again: str = Field(description="The day from which it counts again, or `once`.", examples=["01-01"])
    category: str = Field(description="`professional`, `public` or empty.", examples=["professional"])
    course_version: str = Field(description="Version of the course, or empty.", examples=["2026.1"])
    duration_ms: Ms
    policy_digest: str = Field(description="The rules' digest; `GET /v1/policies/{digest}`.", examples=["0f" * 32])
    questions: int = Field(description="Size of its question bank.", examples=[3])


class LessonsAnswer(Answer):
    """An institution's lessons."""

    institution: InstitutionNames
    lessons: list[LessonLine]


class BankQuestion(Asked):
    """One question."""

    id: str = like_id("Unique in the bank.", "q1")
    text: str = Field(min_length=1, max_length=TEXT_MAX_CHARS, description="The question.", examples=["1 + 1?"])
    options: list[Annotated[str, Field(min_length=1, max_length=OPTION_MAX_CHARS)]] = Field(
        min_length=OPTIONS_MIN, max_length=OPTIONS_MAX, description="The choices, all different.", examples=[["1", "2"]]
    )
    correct: int = Field(ge=0, lt=OPTIONS_MAX, description="Index of the right choice.", examples=[1])


class Bank(Asked):
    """A lesson's question bank. Sent as a body, it replaces the earlier bank for later sessions."""

    max_bytes: ClassVar[int] = BANK_MAX_BYTES
    refusal: ClassVar[str] = "questions.invalid"

    questions: list[BankQuestion] = Field(max_length=QUESTIONS_MAX)

    def as_questions(self) -> list[Question]:
        """Return the questions in the stored form. ``checked_bank`` checks the rules that a schema cannot express."""
        return [
            Question(question_id=each.id, text=each.text, options=tuple(each.options), correct=each.correct)
            for each in self.questions
        ]


class BankSize(Answer):
    """The number of questions after the bank was replaced."""

    questions: int = Field(description="How many questions it has.", examples=[1])


class AllowanceRequest(Asked):
    """The allowances of one learner. They replace the earlier ones: a field that is left out is granted no more."""

    route: Annotated[
        str, one_of(("", *ROUTES), "Empty: as the launch says; `face` or `challenge`: this route at every launch.")
    ] = ""
    extra_time_pct: Annotated[
        int,
        Field(
            ge=0, le=EXTRA_TIME_MAX_PCT, description="Percent more time to answer, to be seen, to move.", examples=[50]
        ),
    ] = 0
    liveness_excluded: list[Annotated[str, one_of(MOVEMENTS, "A movement.")]] = Field(
        default_factory=list, max_length=6, description="Movements that are never asked for.", examples=[["blink"]]
    )


class AllowanceVersion(Answer):
    """One version of a learner's allowances."""

    version: int = Field(description="1, 2, 3, ...; the newest holds.", examples=[1])
    at_ms: At
    set_by: str = Field(description="`platform`, `staff`, `operator` or a reviewer's id.", examples=["platform"])
    route: str = Field(description="Empty, `face` or `challenge`.", examples=[""])
    extra_time_pct: int = Field(description="Percent more time.", examples=[50])
    liveness_excluded: list[str] = Field(description="Movements that are never asked for.", examples=[["blink"]])


class AllowanceAnswer(Answer):
    """A learner's allowances, the newest version first."""

    versions: list[AllowanceVersion]


class ReviewerRequest(Asked):
    """The order to give a reviewer a key."""

    reviewer: ReviewerId = like_id("The word that the reviewer's decisions are signed with.", "ren")


class ReviewerKey(Answer):
    """A reviewer's key. It is shown this once and stored as a digest only."""

    reviewer: str = Field(description="The reviewer.", examples=["ren"])
    key: str = Field(description="The key.", examples=["zr-5f0c5f0c"])


class ReviewerLine(Answer):
    """A reviewer in the list."""

    reviewer: str = Field(description="The reviewer.", examples=["ren"])
    created_ms: At
    revoked_ms: int | None = Field(description="Server time at which the key ended, or null.", examples=[None])


class ReviewersAnswer(Answer):
    """An institution's reviewers."""

    reviewers: list[ReviewerLine]


class DeliveryRecord(Asked):
    """One record of the delivery log: a part of the media that was sent to a learner."""

    launch: TokenId = like_id("The launch's id, as `POST /v1/launch` gave it.", "5f0c" * 8)
    from_ms: Annotated[int, Field(description="First position sent, ms.", examples=[0])]
    to_ms: Annotated[int, Field(description="End of the sent part, ms.", examples=[6_000])]
    sent_ms: Annotated[int, Field(description="Server time at which it was sent.", examples=[1_767_225_600_000])]


class DeliveriesRequest(Asked):
    """Records of an institution's media servers, in any order."""

    max_bytes: ClassVar[int] = 512_000

    records: Annotated[list[DeliveryRecord], Field(max_length=RECORDS_MAX)]


class DeliveriesAnswer(Answer):
    """The records were stored. Sending a record again adds nothing."""

    records: int = Field(description="How many were sent.", examples=[2])
    new: int = Field(description="How many of them were new.", examples=[1])
