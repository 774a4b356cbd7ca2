"""Nightly runs of filing."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, At, InstitutionNames, like_id
from zaichang.hours.filing.nights import FAULTS_MAX
from zaichang.ledger.filing.codes import TOLD, TOLD_MAX_CHARS

Day = Annotated[
    str, Field(pattern=r"^20\d\d-\d\d-\d\d$", description="The day in China.", examples=["2026-11-30"])
]  # fmt: skip
_HOLDER = "The computer that runs it: a word that it drew."


class NightRequest(Asked):
    """Asks for a day's run of a target, or to keep it for the next half hour."""

    refusal: ClassVar[str] = "filing.invalid"

    target: Annotated[str, like_id("The platform.", "cq")]
    day: Day
    holder: Annotated[str, like_id(_HOLDER, "5f0c5f0c5f0c5f0c")]


class NightEndRequest(NightRequest):
    """Says that a run is done."""

    faults: Annotated[
        list[Annotated[str, Field(pattern=TOLD, min_length=1, max_length=TOLD_MAX_CHARS)]],
        Field(max_length=FAULTS_MAX, description="Our codes of its faults, in their order.", examples=[[]]),
    ]


class NightLine(Answer):
    """A nightly run."""

    target: str = Field(description="The platform.", examples=["cq"])
    day: str = Field(description="The day in China.", examples=["2026-11-30"])
    holder: str = Field(description=_HOLDER, examples=["5f0c5f0c5f0c5f0c"])
    until_ms: At
    begun_ms: At
    done_ms: int | None = Field(description="When it was done, server time, or null.", examples=[None])
    faults: list[str] = Field(description="Our codes of its faults.", examples=[[]])


class NightsAnswer(Answer):
    """An institution's newest nightly runs."""

    institution: InstitutionNames
    runs: list[NightLine]
