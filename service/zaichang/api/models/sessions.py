"""Sessions in one line and minute by minute, in the forms for the learner and for the institution."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, At, Cursor, InstitutionNames, Interval, Ms, Names, Reason
from zaichang.review.desk import APPEAL_MAX_CHARS

MINUTES_MAX = 2_000
Letter = Annotated[
    Literal["V", "F", "U"], Field(description="V: verified; F: refused; U: undecided, a person decides.")
]
MinuteIndex = Annotated[int, Field(ge=0, le=100_000)]


class SessionLine(Answer):
    """A session in one line. Its totals include the reviewers' decisions."""

    session: str = Field(description="The session's id.", examples=["5f0c" * 8])
    learner: str = Field(description="The learner's pseudonym.", examples=["learner-17"])
    course: str = Field(description="The course.", examples=["pharmacy-2026"])
    lesson: str = Field(description="The lesson.", examples=["lesson-1"])
    lesson_version: str = Field(description="The lesson's version.", examples=["1"])
    state: Literal["open", "superseded", "closed"] = Field(description="`superseded`: a later session took its place.")
    opened_ms: At
    closed_ms: int | None = Field(description="Server time of its end, or null.", examples=[1_767_227_400_000])
    superseded_by: str | None = Field(description="The session that took its place, or null.", examples=[None])
    minutes: int = Field(description="How many minutes are recorded.", examples=[1])
    verified_ms: Ms
    granted_ms: int = Field(description="The part of `verified_ms` that people granted.", examples=[0])
    revoked_ms: int = Field(description="How much people took back; `verified_ms` is without it.", examples=[0])
    verdicts: str = Field(description="A letter for each minute: V, F or U.", examples=["V"])


class Decision(Answer):
    """A reviewer's decision about a minute."""

    at_ms: At
    outcome: str = Field(description="`grant`, `refuse` or `revoke`.", examples=["grant"])
    delta_ms: int = Field(description="How much it added to `verified_ms`; below 0: taken back.", examples=[60_000])
    reason: Reason
    log_index: int | None = Field(description="Its place in the log; null until it is there.", examples=[17])


class SignedDecision(Decision):
    """A reviewer's decision with its author; only the institution sees it."""

    reviewer: str = Field(description="The reviewer.", examples=["ren"])
    note: str = Field(description="The reviewer's note.", examples=[""])


class _Minute(Answer):
    index: int = Field(description="0, 1, 2, ... within the session.", examples=[0])
    from_ms: At
    to_ms: At
    verdict: Letter
    was: Letter
    verified: list[Interval] = Field(description="Positions that are credited.")
    verified_ms: Ms
    undecided: list[Interval] = Field(description="Positions that the rules sent to review.", examples=[[]])
    reasons: list[Reason] = Field(description="Why the rest did not count.", examples=[[]])
    log_index: int | None = Field(description="Place of its record in the log; null until it is there.", examples=[16])
    left_ms: int = Field(description="How much a person may still grant.", examples=[0])
    waits: bool = Field(description="Whether the minute awaits review.", examples=[False])


class Minute(_Minute):
    """A study minute in the learner's form."""

    decisions: list[Decision] = Field(examples=[[]])


class ReviewMinute(_Minute):
    """A study minute in the institution's form."""

    decisions: list[SignedDecision] = Field(examples=[[]])


class AppealLine(Answer):
    """An appeal."""

    at_ms: At
    minutes: list[int] = Field(description="The minutes that it is about.", examples=[[0]])
    text: str = Field(description="The learner's words.", examples=["摄像头没有问题。"])
    answered_ms: int | None = Field(description="Server time of the answer, or null.", examples=[None])
    outcome: str = Field(description="`grant` or `refuse`; empty until it is answered.", examples=[""])


class AppealRequest(Asked):
    """A learner's appeal."""

    minutes: list[MinuteIndex] = Field(
        default_factory=list,
        max_length=MINUTES_MAX,
        description="Which minutes; empty: all that do not count.",
        examples=[[0]],
    )
    text: Annotated[
        str,
        Field(
            max_length=4 * APPEAL_MAX_CHARS,
            description=f"The learner's words: 1 to {APPEAL_MAX_CHARS} characters without the space around them.",
            examples=["摄像头没有问题。"],
        ),
    ]


class MySessions(Answer):
    """A page of a learner's own sessions, the newest first."""

    institution: Names
    now_ms: At
    sessions: list[SessionLine]
    next: Cursor


class MySession(SessionLine):
    """A learner's own session."""

    now_ms: At
    log: str = Field(description="Name of the log that holds its records.", examples=["log.example/college/2026"])
    timeline: list[Minute]
    appeals: list[AppealLine] = Field(examples=[[]])
    may_appeal: bool = Field(description="Whether an appeal would be taken now.", examples=[True])
    appeal_until_ms: int | None = Field(
        description="Until when it may be appealed, server time; null: it still runs, or no period was promised.",
        examples=[1_767_830_400_000],
    )


class SessionsPage(Answer):
    """A page of an institution's sessions, the newest first."""

    institution: InstitutionNames
    now_ms: At
    sessions: list[SessionLine]
    next: Cursor


class LeafLine(Answer):
    """One leaf of the session in the log."""

    seq: int = Field(description="Its number within the session.", examples=[0])
    kind: str = Field(description="Its kind.", examples=["session.start"])
    at_ms: At
    index: int | None = Field(description="Its place in the log; null until it is there.", examples=[15])


class CaptureLine(Answer):
    """A capture."""

    id: str = Field(description="The capture's id.", examples=["c1"])
    at_ms: At
    kept: bool = Field(description="Whether the picture is still kept.", examples=[True])
    reasons: list[Reason] = Field(
        description="What the analysis found wrong in this picture, worst first; empty for a usable one."
    )
    faces: int | None = Field(
        description="How many faces were found; null where the picture was not analysed.", examples=[1]
    )
    similarity_bp: int | None = Field(
        description="Similarity of the main face to the reference, hundredths of a per cent, -10000 to 10000; "
        "null where none was compared.",
        examples=[7431],
    )
    quality_bp: int | None = Field(
        description="Quality of the main face, hundredths of a per cent; null without a face.",
        examples=[8820],
    )


class SeenWith(Answer):
    """A device, network address or hint that was observed in the session."""

    kind: str = Field(description="`device`, `address` or `hint`.", examples=["device"])
    value: str = Field(description="The first digits of its digest; of a hint, its code.", examples=["5f0c5f0c"])
    at_ms: At


class SessionDetail(SessionLine):
    """A session in the institution's form."""

    now_ms: At
    policy_digest: str = Field(description="The rules' digest.", examples=["0f" * 32])
    log: str = Field(description="Name of the log that holds its records.", examples=["log.example/college/2026"])
    timeline: list[ReviewMinute]
    leaves: list[LeafLine]
    captures: list[CaptureLine]
    seen_with: list[SeenWith]
