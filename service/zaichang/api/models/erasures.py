"""Erasures: learners whose data two people destroy."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, At, InstitutionNames, like_id, one_of
from zaichang.core.enums import ErasureScope
from zaichang.core.ids import LearnerId
from zaichang.review.desk import NOTE_MAX_CHARS


class ErasureRequest(Asked):
    """A proposal to erase a learner. Nothing is destroyed before a second person confirms it."""

    refusal: ClassVar[str] = "erasure.invalid"

    learner: LearnerId = like_id("The learner's pseudonym.", "learner-17")
    scope: Annotated[
        str,
        one_of(
            tuple(ErasureScope),
            "`biometrics`: references, captures and their key; the study record stays. `all`: the record, too.",
        ),
    ]
    basis: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9._-]{0,47}$", description="Legal basis, a word.", examples=["pipl-47"])
    ] = "request"
    request: Annotated[
        str,
        Field(pattern=r"^([0-9a-f]{64})?$", description="SHA-256 of the request document, for the log.", examples=[""]),
    ] = ""
    note: Annotated[
        str, Field(max_length=NOTE_MAX_CHARS, description="For the institution; erased with the learner.")
    ] = ""


class ErasureLine(Answer):
    """An erasure."""

    erasure: str = Field(description="Its id.", examples=["5f0c" * 8])
    learner: str = Field(
        description="The learner's pseudonym; `erased-...` once all is erased.", examples=["learner-17"]
    )
    scope: str = Field(description="`biometrics` or `all`.", examples=["all"])
    basis: str = Field(description="Legal basis.", examples=["pipl-47"])
    request: str = Field(description="SHA-256 of the request document, or empty.", examples=[""])
    note: str = Field(description="The proposer's note.", examples=[""])
    proposed_by: str = Field(description="Who proposed it; `operator` for the command.", examples=["ren"])
    proposed_ms: At
    state: str = Field(description="`proposed`, `confirmed`, `done` or `refused`.", examples=["proposed"])
    decided_by: str = Field(description="The second person, or empty.", examples=[""])
    decided_ms: int | None = Field(description="Server time of the decision, or null.", examples=[None])
    sessions: int = Field(description="How many sessions it concerned.", examples=[0])
    entry: int | None = Field(description="Index of its entry in the log, or null.", examples=[None])
    in_log_by_ms: int | None = Field(
        description="By when a confirmed erasure is carried out, server time; a session that the learner begins "
        "meanwhile delays it to half an hour after that session's end. Null where it is carried out, where the log "
        "holds no records back, or once that time is over.",
        examples=[None],
    )


class ErasuresAnswer(Answer):
    """An institution's newest erasures."""

    institution: InstitutionNames
    reviewer: str = Field(description="Whose key asks; empty for the shared staff key.", examples=["ren"])
    erasures: list[ErasureLine]
