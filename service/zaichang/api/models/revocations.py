"""Revocations: verified time that two people take back."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, At, InLogBy, InstitutionNames, Interval, Ms, Reason, one_of
from zaichang.audit.changes.rulings import REVOKE_REASONS
from zaichang.core.enums import RevocationScope
from zaichang.review.desk import NOTE_MAX_CHARS

_REASONS = tuple(reason.value for reason in REVOKE_REASONS)
Year = Annotated[
    str,
    Field(
        pattern=r"^(|\d{4}-\d{2}-\d{2})$",
        description="First day of the year, for `year`: `2026-01-01`, or `2025-11-01` for a year from 1 November.",
    ),
]


class RevocationRequest(Asked):
    """A proposal to take verified time back. Nothing changes before a second person confirms it."""

    refusal: ClassVar[str] = "revocation.invalid"

    scope: Annotated[
        str,
        one_of(
            tuple(RevocationScope),
            "`intervals` of a session, a `session`, a person's `year`; `void`: a session, for good.",
        ),
    ]
    reason: Annotated[str, one_of(_REASONS, "Why; the learner reads its sentence.", 48)]
    session: Annotated[str, Field(max_length=64, description="The session, for `intervals`, `session` and `void`.")] = (
        ""
    )
    intervals: Annotated[
        list[Annotated[list[int], Field(min_length=2, max_length=2)]],
        Field(max_length=500, description="Positions [start, end) in the lesson, for `intervals`.", examples=[[]]),
    ] = []  # noqa: RUF012 - pydantic copies it
    learner: Annotated[str, Field(max_length=64, description="The learner's pseudonym, for `year`.")] = ""
    year: Year = ""
    case: Annotated[str, Field(max_length=64, description="The case that it ends, or empty.")] = ""
    note: Annotated[
        str, Field(max_length=NOTE_MAX_CHARS, description="For the institution; erased with the learner.")
    ] = ""


class RevocationLine(Answer):
    """A revocation."""

    revocation: str = Field(description="Its id.", examples=["5f0c" * 8])
    scope: str = Field(description="`intervals`, `session`, `year` or `void`.", examples=["session"])
    learner: str = Field(description="The learner's pseudonym.", examples=["learner-17"])
    session: str = Field(description="The session, or empty.", examples=["5f0c" * 8])
    year: str = Field(description="The year's first day, or empty.", examples=[""])
    intervals: list[Interval] = Field(description="Positions in the lesson, for `intervals`.", examples=[[]])
    reason: Reason
    note: str = Field(description="The proposer's note.", examples=[""])
    case: str = Field(description="The case that it ends, or empty.", examples=[""])
    proposed_by: str = Field(description="Who proposed it.", examples=["ren"])
    proposed_ms: At
    state: str = Field(description="`proposed`, `confirmed`, `done` or `refused`.", examples=["proposed"])
    decided_by: str = Field(description="The second person, or empty.", examples=[""])
    decided_ms: int | None = Field(description="Server time of the decision, or null.", examples=[None])
    revoked_ms: Ms
    standing_ms: int | None = Field(
        default=None, description="How much it would take back now; only while it is proposed.", examples=[60_000]
    )
    in_log_by_ms: InLogBy


class RevocationsAnswer(Answer):
    """An institution's newest revocations."""

    institution: InstitutionNames
    reviewer: str = Field(description="Whose key asks; empty for the shared staff key.", examples=["ren"])
    reasons: list[Reason] = Field(description="The reasons that a revocation may give.")
    revocations: list[RevocationLine]
