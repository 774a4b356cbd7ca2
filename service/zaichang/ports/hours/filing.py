"""Filing with platforms: the stored batches, and the platform that they go to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from zaichang.core.ids import NO_LEARNER, NO_REVIEWER, InstitutionId, LearnerId, ReviewerId
from zaichang.ledger.filing.lines import LineAnswer, LineOf
from zaichang.ledger.filing.reconcile import Difference, Listed
from zaichang.ledger.filing.rows import CaseState, Filed, RowKey, RowState


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The part of one log that a batch was cut at.

    Attributes:
        log_year: Year of the log.
        size: Entries that its published checkpoint covered.
        from_index: First entry behind the batch's rows.
        to_index: Last one.
    """

    log_year: int
    size: int
    from_index: int
    to_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch; it never changes.

    Attributes:
        institution_id: Whose.
        batch_id: ``TARGET-YEAR-NUMBER``.
        target: The platform, a lower-case word.
        year: Label of the year.
        number: Counts the batches of a target and year, from 1.
        made_ms: When it was made.
        made_by: By whom.
        cuts: The logs behind its rows.
        manifest: A signed note over counts, sums and digests.
    """

    institution_id: InstitutionId
    batch_id: str
    target: str
    year: int
    number: int
    made_ms: int
    made_by: ReviewerId
    cuts: tuple[Cut, ...]
    manifest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSpan:
    """The log entries behind a fact.

    Attributes:
        fact_key: The fact, as statements name it: an activity has one name and a span for each of its steps.
        opened_ms: When its session began, or its activity was handed in: names the log.
        first_index: First log entry; of an activity, that of its first step.
        last_index: Last one.
    """

    fact_key: str
    opened_ms: int
    first_index: int
    last_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """A new state of a row. A refusal opens a case.

    Attributes:
        key: The row.
        state: Its new state.
        code: The refusal's code, or empty.
        owner: Who decides the case of a refusal.
        due_ms: Until when.
    """

    key: RowKey
    state: RowState
    code: str = ""
    owner: ReviewerId = NO_REVIEWER
    due_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingCase:
    """A refused row that a person decides, or has decided.

    Attributes:
        target: The platform.
        row: The row.
        owner: Who decides it.
        opened_ms: When the refusal arrived.
        due_ms: Until when it is to be decided.
        note: For the institution.
        proposed: The decision that one person proposed and a second one confirms; None where there is none.
        proposed_by: Who proposed it, or empty.
        decided_by: Who decided, or empty.
        decided_ms: When, or None.
    """

    target: str
    row: Filed
    owner: ReviewerId
    opened_ms: int
    due_ms: int
    note: str
    proposed: CaseState | None
    proposed_by: ReviewerId
    decided_by: ReviewerId
    decided_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One exchange with a platform about a batch, and its entry in the log. The salt keeps the digests from a guess.

    Attributes:
        kind: ``sent`` or ``receipt``.
        log_year: Year of the log that holds the entry.
        entry_index: Its index.
        document: SHA-256 of the document as it was sent, as hex.
        answer: SHA-256 of the platform's answer, as hex.
        salt: 32 hex digits.
        status: The platform's status code.
        at_ms: Server time.
    """

    kind: str
    log_year: int
    entry_index: int
    document: str
    answer: str
    salt: str
    status: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The last comparison with a platform's list.

    Attributes:
        target: The platform.
        year: Label of the year.
        at_ms: When it was made.
        listed: Rows of the platform's list.
        differences: What differs.
    """

    target: str
    year: int
    at_ms: int
    listed: int
    differences: tuple[Difference, ...]


class FilingStore(Protocol):
    """Keeps batches, rows, cases and exchanges."""

    async def filing_learners(self, institution_id: InstitutionId, after: str, limit: int) -> Sequence[LearnerId]:
        """Return learners that are not erased and have facts or rows, by pseudonym. Cost: read."""

    async def fact_spans(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[FactSpan]:
        """Return the log entries behind a learner's facts. Cost: read."""

    async def add_batch(self, batch: Batch, rows: Sequence[Filed]) -> None:
        """Store a batch and its rows in one transaction. Cost: commit.

        Raises:
            NotAllowed: ``filing.raced`` where another batch took its number or a row's key.
        """

    async def batches(self, institution_id: InstitutionId, limit: int, batch_id: str = "") -> Sequence[Batch]:
        """Return the newest batches, or the one that is named; none where there is none. Cost: read."""

    async def filed_rows(
        self,
        institution_id: InstitutionId,
        target: str,
        year: int,
        *,
        learner_id: LearnerId = NO_LEARNER,
        batch_id: str = "",
    ) -> Sequence[Filed]:
        """Return the rows of a target and year, by learner, course and ``n``. Cost: read.

        Args:
            institution_id: Whose.
            target: The platform.
            year: Label of the year.
            learner_id: Of one learner alone, where it is not empty.
            batch_id: Of one batch alone, where it is not empty.
        """

    async def change_rows(
        self, batch: Batch, changes: Sequence[RowChange], exchanges: Sequence[Exchange], at_ms: int
    ) -> None:
        """Change rows, open the cases of refusals and note the exchanges, in one transaction. Cost: commit."""

    async def exchanges(self, institution_id: InstitutionId, batch_id: str) -> Sequence[Exchange]:
        """Return the exchanges about a batch, oldest first. Cost: read."""

    async def filing_cases(self, institution_id: InstitutionId, state: CaseState, limit: int) -> Sequence[FilingCase]:
        """Return cases in a state, the first due first. Cost: read."""

    async def filing_case(self, institution_id: InstitutionId, target: str, key: RowKey) -> FilingCase:
        """Return the case of a row. Cost: read.

        Raises:
            NotFound: ``filing.case_unknown``.
        """

    async def decide_filing_case(self, institution_id: InstitutionId, read: FilingCase, case: FilingCase) -> None:
        """Store a case's owner, note and proposal, and its decision where it has one, over the case as it was read.

        Cost: commit.

        Raises:
            NotAllowed: ``filing.case_decided`` where it is not open any more; ``filing.raced`` where it is not as it
                was read, or where the person who proposed the decision would also make it.
        """

    async def keep_reconciliation(self, institution_id: InstitutionId, found: Reconciled) -> None:
        """Keep the last comparison of a target and year. Cost: commit."""

    async def reconciliations(self, institution_id: InstitutionId) -> Sequence[Reconciled]:
        """Return the last comparison of each target and year. Cost: read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a platform can do.

    Attributes:
        replace: It replaces a row in one step; else the earlier row is withdrawn and the new one filed.
        withdraw: It withdraws rows.
        match: It checks persons before rows are filed.
        register: It registers courses.
        listing: It lists its rows.
    """

    replace: bool = False
    withdraw: bool = True
    match: bool = False
    register: bool = False
    listing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a document with its values.

    Attributes:
        line: Its key and operation.
        values: Each column's text by its name, in the mapping's order.
        person: The columns of the file of people; it exists on the institution's side alone.
    """

    line: LineOf
    values: Mapping[str, str]
    person: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A batch with its persons joined. It exists on the institution's side alone.

    Attributes:
        batch_id: The batch.
        year: Label of the year.
        entries: Its lines.
        manifest: The signed manifest.
    """

    batch_id: str
    year: int
    entries: tuple[Entry, ...]
    manifest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A batch in a platform's form. The same batch and persons give the same bytes.

    Attributes:
        batch_id: The batch; a retry has the same one.
        name: File name.
        data: Its bytes.
        lines: Its lines, in order.
        manifest: The signed manifest that goes beside it.
    """

    batch_id: str
    name: str
    data: bytes
    lines: tuple[LineOf, ...]
    manifest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A submission that the platform can be asked about: the batch names it, so none is ever lost.

    Attributes:
        batch_id: The batch.
        lines: Its lines.
        count: Lines that the platform counted; None where it does not count.
        status: Its status code; 0 where it has none.
        data: Its answer's bytes.
    """

    batch_id: str
    lines: tuple[LineOf, ...]
    count: int | None = None
    status: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The platform's answer about a submission; some lines may be missing.

    Attributes:
        rows: Its word on each line.
        status: Its status code; 0 where it has none.
        data: Its bytes; empty where it has not answered yet.
    """

    rows: tuple[LineAnswer, ...]
    status: int
    data: bytes


class Platform(Protocol):
    """One platform. It is reached from the institution's side, where names and credentials are.

    Methods that make a trip raise ``PeerViolation`` with the code ``filing.unreachable`` (nothing is known, try again),
    ``filing.answer`` (an answer that cannot be read) or ``filing.count`` (it counted other lines than were sent), and
    ``NotAllowed`` ``filing.refused`` where it refuses the whole submission.
    """

    def capabilities(self) -> Capabilities:
        """Return the capabilities of the platform. Cost: memory."""

    def prepare(self, batch: Filled) -> Document:
        """Return a batch in the platform's form. Cost: memory."""

    async def send(self, document: Document) -> Ticket:
        """Send a document; sending the same batch again changes nothing. Cost: trip."""

    async def poll(self, ticket: Ticket) -> Answer:
        """Return the platform's answer so far. Cost: trip."""

    async def match(self, people: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
        """Return a problem's code for each learner whom the platform does not know. Cost: trip.

        Args:
            people: Pseudonym to the person's columns.
        """

    async def register(self, course: str, values: Mapping[str, str]) -> str:
        """Register a course; return the platform's code for it. Cost: trip."""

    async def listing(self, year: int) -> Sequence[Listed]:
        """Return the platform's rows of a year. Cost: trip."""
