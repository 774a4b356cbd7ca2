"""Filing: batches for platforms, the platforms' words, cases of refused rows, and comparisons."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, At, InstitutionNames, like_id, one_of
from zaichang.hours.filing.case_desk import NOTE_MAX_CHARS
from zaichang.ledger.filing.codes import TOLD, TOLD_MAX_CHARS
from zaichang.ledger.filing.formats import AMOUNTS
from zaichang.ledger.filing.reconcile import AMOUNT_TOLD, KEY_TOLD
from zaichang.ledger.filing.rows import CaseState, RowState

KEY = "learner-17/pharmacy-2026/2026/1"
_BODY_MAX = 4_000_000
_ROWS_MAX = 20_000
Key = Annotated[str, Field(max_length=300, description="The row's stable key.", examples=[KEY])]
Year = Annotated[
    str, Field(pattern=r"^[12]\d{3}$", description="The year's label in the hour rules.", examples=["2026"])
]  # fmt: skip
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 as hex.", examples=["5f0c" * 16])]


class BatchRequest(Asked):
    """Asks for the next batch of a target and year."""

    refusal: ClassVar[str] = "filing.invalid"

    target: str = Field(
        pattern="^[a-z][a-z0-9-]{0,31}$", description="The platform, a lower-case word.", examples=["cq"]
    )
    year: Year
    rules: str = Field(
        max_length=64, pattern="^[a-z0-9-]+$", description="A shipped pack.", examples=["cq-pharmacist-2025"]
    )


class BatchLine(Answer):
    """A batch; it never changes."""

    batch: str = Field(description="Its id.", examples=["cq-2026-0001"])
    target: str = Field(description="The platform.", examples=["cq"])
    year: str = Field(description="The year's label.", examples=["2026"])
    number: int = Field(description="Its number within target and year.", examples=[1])
    made_ms: At
    made_by: str = Field(description="Who asked for it.", examples=["ren"])
    rows: dict[str, int] = Field(description="How many of its rows are in each state.", examples=[{"accepted": 12}])


class BatchesAnswer(Answer):
    """An institution's newest batches."""

    institution: InstitutionNames
    reviewer: str = Field(description="Whose key asks; empty for the shared staff key.", examples=["ren"])
    batches: list[BatchLine]


class FiledRow(Answer):
    """One row of a batch."""

    key: Key
    learner: str = Field(description="The learner's pseudonym.", examples=["learner-17"])
    course: str = Field(description="The course or activity.", examples=["pharmacy-2026"])
    n: int = Field(description="Counts the rows of this learner, course and year.", examples=[1])
    operation: str = Field(description="`new`, `replace` or `withdraw`.", examples=["new"])
    category: str = Field(description="`professional`, `public` or empty.", examples=["professional"])
    amount: str = Field(description="In units, an exact fraction.", examples=["8/3"])
    unit: str = Field(description="`hour` or `credit`.", examples=["hour"])
    replaces: int = Field(description="`n` of the row that it replaces or withdraws, or 0.", examples=[0])
    statement: str = Field(description="SHA-256 of the year's statement.", examples=["5f0c" * 16])
    first_ms: int = Field(description="When the first counted part began.", examples=[1_767_225_600_000])
    last_ms: int = Field(description="When the last one ended.", examples=[1_767_225_600_000])
    salt: str = Field(description="Opens the digest; empty after the learner's erasure.", examples=["5f0c" * 8])
    digest: str = Field(description="SHA-256 over salt and row.", examples=["5f0c" * 16])
    state: str = Field(
        description="`prepared`, `sent`, `acknowledged`, `accepted`, `registered` or `refused`.", examples=["sent"]
    )
    code: str = Field(description="The refusal's code, or empty.", examples=[""])


class ExchangeLine(Answer):
    """An exchange with the platform, and its entry in the log."""

    kind: str = Field(description="`sent` or `receipt`.", examples=["sent"])
    log_year: int = Field(description="Year of the log.", examples=[2026])
    entry: int = Field(description="Index of the entry.", examples=[812])
    document: str = Field(description="SHA-256 of the document.", examples=["5f0c" * 16])
    answer: str = Field(description="SHA-256 of the platform's answer.", examples=["5f0c" * 16])
    salt: str = Field(description="Opens the entry's digests.", examples=["5f0c" * 8])
    status: int = Field(description="The platform's status code.", examples=[202])
    at_ms: At


class BatchAnswer(Answer):
    """A batch with its manifest, rows and exchanges."""

    institution: InstitutionNames
    batch: BatchLine
    manifest: str = Field(
        description="A signed note: counts, sums and digests.", examples=["zaichang-filing-manifest@1\n"]
    )
    rows: list[FiledRow]
    exchanges: list[ExchangeLine]


class ToldRow(Asked):
    """A platform's word on one row."""

    key: Key
    state: Annotated[str, one_of(tuple(RowState), "The row's state at the platform.")]
    code: Annotated[
        str,
        Field(
            max_length=TOLD_MAX_CHARS,
            pattern=TOLD,
            description="The refusal's code, never eleven digits in a row. A platform's messages are not taken.",
            examples=[""],
        ),
    ] = ""


class WordRequest(Asked):
    """A platform's word about a batch, as the institution's side received it."""

    refusal: ClassVar[str] = "filing.invalid"
    max_bytes: ClassVar[int] = _BODY_MAX

    kind: Annotated[str, one_of(("sent", "receipt"), "`sent`: the batch was handed over; `receipt`: its answer.")]
    rows: Annotated[list[ToldRow], Field(max_length=_ROWS_MAX, description="The word on each row.")]
    document: Digest
    answer: Digest
    status: Annotated[int, Field(ge=0, le=999, description="The platform's status code; 0: none.", examples=[202])]


class WordAnswer(Answer):
    """The effect of a word."""

    changed: int = Field(description="Rows with a new state.", examples=[1])
    refused: list[str] = Field(description="Keys of rows that are refused by it.", examples=[[]])
    unknown: list[str] = Field(description="Keys that the batch does not have.", examples=[[]])
    contradictions: list[str] = Field(description="Refused before, accepted now.", examples=[[]])
    waiting: int = Field(description="Rows of the batch whose end is not known yet.", examples=[0])


class FilingCaseLine(Answer):
    """A refused row, with its owner and due date."""

    target: str = Field(description="The platform.", examples=["cq"])
    row: FiledRow
    batch: str = Field(description="The batch.", examples=["cq-2026-0001"])
    state: str = Field(description="`open`, `refile`, `drop` or `accepted`.", examples=["open"])
    owner: str = Field(description="Who decides it.", examples=["ren"])
    opened_ms: At
    due_ms: At
    note: str = Field(description="For the institution.", examples=[""])
    proposed: str = Field(
        description="`drop` or `accepted` where a second person confirms it, or empty.", examples=[""]
    )
    proposed_by: str = Field(description="Who proposed it, or empty.", examples=[""])
    decided_by: str = Field(description="Who decided, or empty.", examples=[""])
    decided_ms: int | None = Field(description="Server time of the decision, or null.", examples=[None])


class FilingCasesAnswer(Answer):
    """Cases of refused rows, the first due first."""

    institution: InstitutionNames
    cases: list[FilingCaseLine]


class CaseRequest(Asked):
    """A decision about a refused row."""

    refusal: ClassVar[str] = "filing.invalid"

    target: Annotated[str, like_id("The platform.", "cq")]
    key: Key
    decision: Annotated[
        str,
        one_of(
            tuple(CaseState),
            "`refile`: file it again in the next batch; `accepted`: the platform has it after all; `drop`: give it up. "
            "A second person confirms the last two. `open`: change owner or note only.",
        ),
    ]
    owner: Annotated[str, Field(max_length=64, description="The new owner; empty leaves it.", examples=[""])] = ""
    note: Annotated[str, Field(max_length=NOTE_MAX_CHARS, description="For the institution.", examples=[""])] = ""


class ListedRow(Asked):
    """One row of a platform's list."""

    key: Annotated[str, Field(pattern=KEY_TOLD, description="The row's stable key.", examples=[KEY])]
    amount: Annotated[
        str,
        Field(pattern=AMOUNT_TOLD, description="As the platform writes it; no words.", examples=["2.6"]),
    ]


class ReconcileRequest(Asked):
    """A platform's list of a year, to be compared with our rows."""

    refusal: ClassVar[str] = "filing.invalid"
    max_bytes: ClassVar[int] = 16_000_000

    target: Annotated[str, like_id("The platform.", "cq")]
    year: Year
    style: Annotated[str, one_of(AMOUNTS, "How the platform writes amounts.")]
    rows: Annotated[list[ListedRow], Field(max_length=100_000, description="The platform's list.")]


class DifferenceLine(Answer):
    """One difference."""

    kind: str = Field(
        description="`missing_there`, `missing_here`, `other_amount`, `revoked_here` or `twice_there`.",
        examples=["missing_there"],
    )
    key: Key
    here: str = Field(description="Our amount, or empty.", examples=["2.6"])
    there: str = Field(description="The platform's amount, or empty.", examples=[""])


class ReconciledAnswer(Answer):
    """A comparison with a platform's list."""

    target: str = Field(description="The platform.", examples=["cq"])
    year: str = Field(description="The year's label.", examples=["2026"])
    at_ms: At
    listed: int = Field(description="Rows of the platform's list.", examples=[120])
    differences: list[DifferenceLine]


class ReconciliationsAnswer(Answer):
    """The last comparison of each target and year."""

    institution: InstitutionNames
    reconciliations: list[ReconciledAnswer]
