"""The service's side of an exchange with a platform: submissions and answers, each with an entry in the log."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from zaichang.core.canonical import canonical_bytes
from zaichang.core.civil import DAY_MS, Date, start_ms
from zaichang.core.errors import NotFound, PeerViolation
from zaichang.core.ids import InstitutionId, ReviewerId
from zaichang.hours.filing.preparing import FilingPorts
from zaichang.ledger.filing.codes import is_told_code
from zaichang.ledger.filing.lines import LineAnswer
from zaichang.ledger.filing.reconcile import Listed, reconcile
from zaichang.ledger.filing.rows import Filed, RowState
from zaichang.ledger.filing.states import Told, told
from zaichang.log.reader import LogReader
from zaichang.ports.hours.filing import Batch, Exchange, Reconciled, RowChange
from zaichang.tlog.uploads import Upload, upload_leaf

SENT, RECEIPT = "sent", "receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A platform's word about a batch, as the institution's side passes it on.

    Attributes:
        kind: ``sent`` or ``receipt``.
        rows: The state of rows; for ``sent`` also those that were not sent, as refused.
        document: SHA-256 of the document, as hex.
        answer: SHA-256 of the platform's answer, as hex.
        status: The platform's status code; 0 where it has none.
    """

    kind: str
    rows: tuple[LineAnswer, ...]
    document: str
    answer: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The effect of a platform's word.

    Attributes:
        changed: Rows that have a new state.
        refused: Keys of rows that are refused by it.
        unknown: Keys that the batch does not have.
        contradictions: Keys of rows that were refused before, and are accepted by this word.
        waiting: Rows of the batch whose end is not known yet.
    """

    changed: int
    refused: tuple[str, ...]
    unknown: tuple[str, ...]
    contradictions: tuple[str, ...]
    waiting: int


class FilingDesk:
    """Takes the words of platforms, and compares their lists with our rows."""

    def __init__(self, ports: FilingPorts) -> None:
        """Use the ports."""
        self._ports = ports
        self._lock = asyncio.Lock()

    async def batch(self, institution_id: InstitutionId, batch_id: str) -> Batch:
        """Return a batch.

        Raises:
            NotFound: ``filing.batch_unknown``.
        """
        for batch in await self._ports.store.batches(institution_id, 1, batch_id):
            return batch
        raise NotFound("filing.batch_unknown", "There is no such batch.")

    async def rows(self, batch: Batch) -> Sequence[Filed]:
        """Return a batch's rows."""
        return await self._ports.store.filed_rows(
            batch.institution_id, batch.target, batch.year, batch_id=batch.batch_id
        )

    async def take(self, institution_id: InstitutionId, reviewer_id: ReviewerId, batch_id: str, word: Word) -> Taken:
        """Take a platform's word: rows change, refusals open cases, the log gets an entry.

        The same word again changes nothing and is logged once, unless the process ended between entry and storage.

        Raises:
            PeerViolation: ``filing.invalid`` where a code may hold words or a person's number.
            NotFound: ``filing.batch_unknown``.
            ConfigError: ``log.range``.
            StorageError, FatalLogError: The log or the store cannot be used.
        """
        if not all(is_told_code(row.code) for row in word.rows):
            raise PeerViolation(
                "filing.invalid", "A code has letters, digits and . _ : - alone, and never eleven digits in a row."
            )
        async with self._lock:
            batch = await self.batch(institution_id, batch_id)
            rows = {str(row.key): row for row in await self.rows(batch)}
            now_ms = self._ports.clock.now_ms()
            changes, taken = self._changes(rows, word, reviewer_id, now_ms)
            exchanges = await self._log(batch, word, now_ms)
            await self._ports.store.change_rows(batch, changes, exchanges, now_ms)
            await self._ports.staff.note_audit(institution_id, now_ms, reviewer_id, f"filing.{word.kind}", batch_id)
            return taken

    def _changes(
        self, rows: dict[str, Filed], word: Word, reviewer_id: ReviewerId, now_ms: int
    ) -> tuple[list[RowChange], Taken]:
        changes: dict[str, RowChange] = {}
        unknown: list[str] = []
        contradictions: list[str] = []
        states = {key: row.state for key, row in rows.items()}
        for answer in word.rows:
            row = rows.get(answer.key)
            if row is None:
                unknown.append(answer.key)
                continue
            effect = told(states[answer.key], answer.state)
            if word.kind == SENT and answer.state is RowState.REFUSED and states[answer.key] is not RowState.PREPARED:
                effect = Told.STALE  # it was sent before; the platform's own word decides
            if effect is Told.CHANGES:
                states[answer.key] = answer.state
                changes[answer.key] = RowChange(
                    key=row.key,
                    state=answer.state,
                    code=answer.code if answer.state is RowState.REFUSED else "",
                    owner=reviewer_id,
                    due_ms=now_ms + self._ports.due_days * DAY_MS,
                )
            elif effect is Told.CONTRADICTS:
                contradictions.append(answer.key)
        settled = (RowState.ACCEPTED, RowState.REGISTERED, RowState.REFUSED)
        return list(changes.values()), Taken(
            changed=len(changes),
            refused=tuple(key for key, change in changes.items() if change.state is RowState.REFUSED),
            unknown=tuple(unknown),
            contradictions=tuple(contradictions),
            waiting=sum(state not in settled for state in states.values()),
        )

    async def _log(self, batch: Batch, word: Word, now_ms: int) -> list[Exchange]:
        """Log an ``upload`` entry in each log behind the batch; none where this word was logged before."""
        ports = self._ports
        same = (word.kind, word.document, word.answer, word.status)
        for known in await ports.store.exchanges(batch.institution_id, batch.batch_id):
            if (known.kind, known.document, known.answer, known.status) == same:
                return []
        made = []
        for cut in batch.cuts:
            log = await ports.logs.log_for(batch.institution_id, start_ms(Date(cut.log_year, 7, 1)))
            place = ports.places.place(batch.institution_id, cut.log_year)
            size = (await asyncio.to_thread(LogReader, place.published)).size
            salt = ports.token_hex(16)
            request, response = digests(batch, word.kind, word.document, word.answer, salt)
            upload = Upload(
                target=batch.target,
                from_index=cut.from_index,
                to_index=cut.to_index,
                request=request,
                response=response,
                status=word.status,
            )
            leaf = upload_leaf(upload, log.origin, size, now_ms)
            index = await log.submit((f"filing-{hashlib.sha256(leaf).hexdigest()[:32]}", 0), leaf)
            made.append(
                Exchange(
                    kind=word.kind,
                    log_year=cut.log_year,
                    entry_index=index,
                    document=word.document,
                    answer=word.answer,
                    salt=salt,
                    status=word.status,
                    at_ms=now_ms,
                )
            )
        return made

    async def reconcile(
        self,
        institution_id: InstitutionId,
        reviewer_id: ReviewerId,
        target: str,
        year: int,
        listed: Sequence[Listed],
        written: Callable[[Fraction], str],
    ) -> Reconciled:
        """Compare a platform's list with our rows, and keep the differences.

        Args:
            institution_id: Whose.
            reviewer_id: Who asks.
            target: The platform.
            year: Label of the year.
            listed: The platform's list.
            written: Writes an amount as the platform's column does.
        """
        ports, now_ms = self._ports, self._ports.clock.now_ms()
        rows = await ports.store.filed_rows(institution_id, target, year)
        found = Reconciled(
            target=target,
            year=year,
            at_ms=now_ms,
            listed=len(listed),
            differences=tuple(reconcile(rows, listed, written)),
        )
        await ports.store.keep_reconciliation(institution_id, found)
        await ports.staff.note_audit(institution_id, now_ms, reviewer_id, "filing.reconcile", f"{target}-{year}")
        return found


def digests(batch: Batch, kind: str, document: str, answer: str, salt: str) -> tuple[bytes, bytes]:
    """Return the two digests of an exchange's log entry. Without the salt neither can be guessed."""
    manifest = hashlib.sha256(batch.manifest).hexdigest()
    sent = {"batch": batch.batch_id, "kind": kind, "manifest": manifest, "document": document, "salt": salt}
    return _sha256(sent), _sha256({"batch": batch.batch_id, "kind": kind, "answer": answer, "salt": salt})


def _sha256(values: Mapping[str, str]) -> bytes:
    return hashlib.sha256(canonical_bytes(values)).digest()


def state_of(text: str) -> RowState:
    """Return the state that a platform's word names.

    Raises:
        PeerViolation: ``filing.invalid``.
    """
    try:
        return RowState(text)
    except ValueError:
        raise PeerViolation("filing.invalid", f"{text[:40]!r} is no state of a row.") from None
