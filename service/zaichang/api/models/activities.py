"""Activities beyond study: checklists, what is handed in, its steps and files, and employers."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, At, Cursor, Names, Reason, like_id, one_of
from zaichang.hours.activities.handing_in import DAYS_MAX, TITLE_MAX_CHARS, WORDS_MAX_CHARS
from zaichang.ledger.activities.checklist import DETAIL_MAX_CHARS
from zaichang.ledger.activities.reasons import Refusal
from zaichang.ledger.activities.stages import Stage

_Word = Annotated[str, Field(min_length=1, max_length=DETAIL_MAX_CHARS)]
_Day = Annotated[list[_Word], Field(min_length=2, max_length=2)]
Detail = bool | int | _Word | Annotated[list[_Day], Field(max_length=DAYS_MAX)]
_TAKEN = tuple(stage.value for stage in Stage if stage is not Stage.RECORD)


class DocumentLine(Names):
    """A document that proves an activity."""

    name: str = Field(description="Its word.", examples=["diploma"])


class ItemLine(Names):
    """What one item asks for."""

    name: str = Field(description="Its word.", examples=["degree"])
    employer: bool = Field(description="Whether the employer confirms it first.", examples=[False])
    signed: bool = Field(description="Whether it comes only as an organiser's signed results.", examples=[False])
    required: list[str] = Field(description="Details it must have; `a|b`: one of the two.", examples=[["awarded"]])
    optional: list[str] = Field(description="Details it may have.", examples=[["claimed"]])
    documents: list[DocumentLine] = Field(description="Documents of which each must be there.")
    cite: str = Field(description="The clause, or our choice.", examples=["附件1 二（二）"])


class ChecklistAnswer(Answer):
    """The checklist of a pack of hour rules."""

    rules: str = Field(description="Name of the hour rules.", examples=["cq-pharmacist-2025"])
    appeal_days: int = Field(description="Days in which a refusal can be appealed.", examples=[30])
    appeal_cite: str = Field(description="Where that number is from.", examples=["Our choice."])
    items: list[ItemLine]
    reasons: list[Reason] = Field(description="Reasons of a refusal.")


class ActivityRequest(Asked):
    """A new draft."""

    refusal: ClassVar[str] = "activity.invalid"

    rules: Annotated[str, Field(max_length=64, description="Name of the hour rules.", examples=["cq-pharmacist-2025"])]
    item: Annotated[str, Field(max_length=64, description="Item of their checklist.", examples=["degree"])]
    details: Annotated[
        dict[str, Detail],
        Field(
            max_length=20, description="What it states; never a person's name.", examples=[{"awarded": "2026-06-20"}]
        ),
    ]
    learner: Annotated[str, Field(max_length=64, description="The learner's pseudonym; a learner leaves it out.")] = ""
    title: Annotated[
        str,
        Field(max_length=TITLE_MAX_CHARS, description="Free words, encrypted with the learner's key.", examples=[""]),
    ] = ""
    unit: Annotated[str, Field(max_length=64, description="The employer, where the item needs one.")] = ""
    ref: Annotated[str, Field(max_length=64, description="Your own number: again gives the same draft.")] = ""
    papers: Annotated[
        dict[str, _Word],
        Field(
            max_length=20, description="Document to the file number of the paper that the office holds.", examples=[{}]
        ),
    ] = {}  # noqa: RUF012 - pydantic copies it


class StepRequest(Asked):
    """A step of an activity."""

    refusal: ClassVar[str] = "activity.invalid"

    stage: Annotated[str, one_of(_TAKEN, "The step.")]
    reason: Annotated[
        str, one_of(("", *(reason.value for reason in Refusal)), "Why, for `refuse`, `doubt` and `void`; else empty.")
    ] = ""
    text: Annotated[
        str, Field(max_length=WORDS_MAX_CHARS, description="Own words; encrypted. An appeal needs some.", examples=[""])
    ] = ""


class StepLine(Answer):
    """A step that was taken."""

    stage: str = Field(description="The step.", examples=["submit"])
    party: str = Field(description="The side that took it.", examples=["learner"])
    actor: str = Field(description="The person or key; empty for a learner who looks.", examples=["ren"])
    at_ms: At
    reason: Reason | None = Field(description="Why, where it refuses or takes back.", examples=[None])
    text: str = Field(description="The person's own words.", examples=[""])
    log_index: int | None = Field(description="Entry in the log; null: waits for a checkpoint.", examples=[17])


class FileLine(Answer):
    """A file of evidence."""

    file: str = Field(description="Its id.", examples=["5f0c" * 8])
    document: str = Field(description="Document of the checklist.", examples=["diploma"])
    media_type: str = Field(description="Its type.", examples=["application/pdf"])
    size_bytes: int = Field(description="Its size.", examples=[120_000])
    sha256: str = Field(description="SHA-256 of its bytes.", examples=["0" * 64])


class WouldCount(Answer):
    """What an activity would count for by itself; the caps of the year's statement may take more."""

    year: int = Field(description="Label of the year.", examples=[2026])
    unit: str = Field(description="`hour` or `credit`.", examples=["hour"])
    claimed: str = Field(description="Exact amount asked for.", examples=["90"])
    counted: str = Field(description="Exact amount that would count.", examples=["90"])
    whys: list[Reason] = Field(description="Why less counts, as `late`.")


class ActivityLine(Answer):
    """An activity in a list."""

    activity: str = Field(description="Its id.", examples=["5f0c" * 8])
    learner: str = Field(description="The learner's pseudonym.", examples=["learner-17"])
    rules: str = Field(description="Name of the hour rules.", examples=["cq-pharmacist-2025"])
    item: DocumentLine = Field(description="The item with its names.")
    unit: str = Field(description="The employer, or empty.", examples=[""])
    ref: str = Field(description="The sender's own number, or empty.", examples=[""])
    batch: str = Field(description="The import that it came with, or empty.", examples=[""])
    state: str = Field(description="Its state.", examples=["submitted"])
    waits_on: str = Field(description="The side that it waits for, or empty.", examples=["office"])
    since_ms: At


class ActivityAnswer(ActivityLine):
    """One activity with all that stands behind it."""

    title: str = Field(description="Its title.", examples=[""])
    details: dict[str, Detail] = Field(description="What it states.", examples=[{"awarded": "2026-06-20"}])
    papers: dict[str, str] = Field(description="Documents on paper.", examples=[{}])
    files: list[FileLine]
    missing: list[DocumentLine] = Field(description="Documents that are not there.")
    steps: list[StepLine]
    may: list[str] = Field(description="Steps that the asking side may take now.", examples=[["withdraw"]])
    appeal_until_ms: int | None = Field(description="Until when it can be appealed, or null.", examples=[None])
    would_count: WouldCount | None = Field(description="Null where it moves no amount or was erased.")


class ActivitiesAnswer(Answer):
    """Activities that the asking side may see, the newest change first."""

    party: str = Field(description="The asking side.", examples=["office"])
    actor: str = Field(description="The asking person or key.", examples=["ren"])
    activities: list[ActivityLine]
    next: Cursor


class EmployerRequest(Asked):
    """An employer."""

    refusal: ClassVar[str] = "employer.name"

    zh: Annotated[str, Field(min_length=1, max_length=200, description="Name in Chinese.", examples=["示例医院"])]
    en: Annotated[
        str, Field(min_length=1, max_length=200, description="Name in English.", examples=["Example Hospital"])
    ]


class EmployerKey(Answer):
    """An employer's key, shown once."""

    employer: Annotated[str, like_id("The employer.", "hospital-1")]
    key: str = Field(description="The key.", examples=["ze-..."])


class EmployerLine(Names):
    """An employer."""

    employer: str = Field(description="Its id.", examples=["hospital-1"])
    created_ms: At
    revoked_ms: int | None = Field(description="When its key ended, or null.", examples=[None])


class EmployersAnswer(Answer):
    """An institution's employers."""

    employers: list[EmployerLine]


class BatchStepRequest(Asked):
    """A step of all activities of an import."""

    refusal: ClassVar[str] = "activity.invalid"

    stage: Annotated[str, one_of(("confirm", "check", "approve", "refuse"), "The step.")]
    reason: Annotated[str, one_of(("", *(reason.value for reason in Refusal)), "Why, for `refuse`; else empty.")] = ""
    text: Annotated[str, Field(max_length=WORDS_MAX_CHARS, description="Own words; encrypted.", examples=[""])] = ""


class BatchStepAnswer(Answer):
    """How many activities of an import took a step."""

    done: int = Field(description="Activities that took it.", examples=[120])
    left: int = Field(description="Activities whose state or person does not allow it.", examples=[0])


class FaultLine(Answer):
    """A row of an import that was not taken."""

    line: int = Field(description="Its line in the file; the header is 1.", examples=[7])
    code: str = Field(description="Stable code.", examples=["activity.invalid"])
    zh: str = Field(description="The fault in Chinese.", examples=["内容不符合该项目的要求。"])
    en: str = Field(description="The fault in English.", examples=["degree lacks awarded."])


class ImportAnswer(Answer):
    """The outcome of an import."""

    batch: str = Field(description="Its id, which its activities carry.", examples=["5f0c" * 8])
    accepted: int = Field(description="Activities that were handed in.", examples=[120])
    repeated: int = Field(description="Rows whose activity was there already.", examples=[0])
    faults: list[FaultLine]
    correction: str = Field(
        description="The faulty rows as CSV with the faults behind them, to correct and send again.", examples=[""]
    )


class ResultKeyRequest(Asked):
    """The verifier key of signed results."""

    refusal: ClassVar[str] = "results.key"

    vkey: Annotated[
        str,
        Field(max_length=2_600, description="A verifier key line `NAME+ID+KEY`.", examples=["exams+1f2e3d4c+AQ..."]),
    ]
