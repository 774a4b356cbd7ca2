"""Makes batches from the statements and the rows filed before, cut at the logs' published sizes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.core.canonical import canonical_bytes
from zaichang.core.civil import Date, start_ms
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import InstitutionId, LearnerId, ReviewerId
from zaichang.hours.fact_files import statement_of
from zaichang.hours.filing.manifest import RulesName, SignManifest, manifest_text
from zaichang.hours.packs import load_rules
from zaichang.hours.stored import stored_facts
from zaichang.ledger.filing.plan import Step, plan
from zaichang.ledger.filing.rows import Filed, Operation, RowKey, row_digest, row_values
from zaichang.ledger.filing.wanted import wanted
from zaichang.ledger.rules import HourRules, rules_digest
from zaichang.ledger.window import window_of
from zaichang.log.reader import LogReader
from zaichang.log.shelf import log_year
from zaichang.ports.clock import Clock
from zaichang.ports.hours.filing import Batch, Cut, FactSpan, FilingStore
from zaichang.ports.ledger import HourFacts
from zaichang.ports.log.open_logs import OpenLogs
from zaichang.ports.log.places import LogPlaces
from zaichang.ports.review import StaffStore

ROWS_MAX: Final = 2_000
"""Most rows of one batch; the next batch takes the rest."""
_PAGE: Final = 200
_STATEMENT_MAX: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingPorts:
    """The ports of filing on the service's side.

    Attributes:
        due_days: Days until the case of a refused row is due.
        sign: Signs manifests.
        token_hex: Source of salts.
    """

    clock: Clock
    store: FilingStore
    facts: HourFacts
    staff: StaffStore
    logs: OpenLogs
    places: LogPlaces
    sign: SignManifest
    token_hex: Callable[[int], str]
    due_days: int


class Preparing:
    """Makes batches, one at a time."""

    def __init__(self, ports: FilingPorts) -> None:
        """Use the ports."""
        self._ports = ports
        self._lock = asyncio.Lock()

    async def prepare(
        self,
        institution_id: InstitutionId,
        reviewer_id: ReviewerId,
        target: str,
        year: int,
        rules_name: str,
        rows_max: int = ROWS_MAX,
    ) -> Batch:
        """Make the next batch of a target and year.

        Args:
            institution_id: Whose.
            reviewer_id: Who asks.
            target: The platform.
            year: Label of the year in the rules.
            rules_name: A shipped pack of hour rules.
            rows_max: Most rows.

        Raises:
            NotAllowed: ``filing.nothing`` where nothing is due; ``filing.raced``.
            NotFound: ``log.none`` where a log behind the rows is gone.
            ConfigError: ``hours.not_found``, or a stored fact is damaged.
        """
        async with self._lock:
            return await self._prepare(institution_id, reviewer_id, target, year, load_rules(rules_name), rows_max)

    async def _prepare(
        self,
        institution_id: InstitutionId,
        reviewer_id: ReviewerId,
        target: str,
        year: int,
        rules: HourRules,
        rows_max: int,
    ) -> Batch:
        ports = self._ports
        earlier = await ports.store.batches(institution_id, -1)
        number = 1 + max([one.number for one in earlier if (one.target, one.year) == (target, year)], default=0)
        batch_id = f"{target}-{year}-{number:04d}"
        rows: list[Filed] = []
        spans: list[FactSpan] = []
        async for learner_id in self._learners(institution_id):
            filed = await ports.store.filed_rows(institution_id, target, year, learner_id=learner_id)
            made, behind = await self._rows(institution_id, learner_id, rules, year, filed, batch_id)
            rows += made[: rows_max - len(rows)]
            spans += behind
            if len(rows) == rows_max:
                break
        if not rows:
            raise NotAllowed("filing.nothing", f"Nothing is to be filed with {target} for {year} now.")
        cuts = await self._cuts(institution_id, spans)
        now_ms = ports.clock.now_ms()
        origins = [(await self._origin(institution_id, cut.log_year), cut) for cut in cuts]
        head = {
            "batch": batch_id,
            "institution": institution_id,
            "target": target,
            "year": str(year),
            "number": number,
        }
        named = RulesName(name=rules.name, version=rules.version, digest=rules_digest(rules))
        text = manifest_text(head, rows, named, origins, now_ms)
        batch = Batch(
            institution_id=institution_id,
            batch_id=batch_id,
            target=target,
            year=year,
            number=number,
            made_ms=now_ms,
            made_by=reviewer_id,
            cuts=cuts,
            manifest=await asyncio.to_thread(ports.sign, institution_id, cuts[-1].log_year, text),
        )
        await ports.store.add_batch(batch, rows)
        await ports.staff.note_audit(institution_id, now_ms, reviewer_id, "filing.prepare", batch_id)
        return batch

    async def _learners(self, institution_id: InstitutionId) -> AsyncIterator[LearnerId]:
        page = await self._ports.store.filing_learners(institution_id, "", _PAGE)
        while page:
            for learner_id in page:
                yield learner_id
            page = await self._ports.store.filing_learners(institution_id, page[-1], _PAGE)

    async def _rows(
        self,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        rules: HourRules,
        year: int,
        filed: Sequence[Filed],
        batch_id: str,
    ) -> tuple[list[Filed], list[FactSpan]]:
        """Return a learner's rows that are due, and the log entries behind them."""
        facts = await stored_facts(self._ports.facts, institution_id, learner_id, {})
        statement, values = statement_of(facts, rules, year, None)
        steps = plan(wanted(statement.lines, facts, institution_id, window_of(rules, year)), filed)
        if not steps:
            return [], []
        digest = hashlib.sha256(canonical_bytes(values, _STATEMENT_MAX)).hexdigest()
        rows = [self._row(learner_id, year, step, digest, batch_id) for step in steps]
        # A row that replaces or withdraws follows from the revocation's entry, too.
        named = {key for step in steps for key in step.wanted.facts}
        everything = any(step.operation is not Operation.NEW for step in steps)
        spans = await self._ports.store.fact_spans(institution_id, learner_id)
        return rows, [span for span in spans if everything or span.fact_key in named]

    def _row(self, learner_id: LearnerId, year: int, step: Step, statement: str, batch_id: str) -> Filed:
        key, salt = RowKey(learner_id, step.place.course, year, step.n), self._ports.token_hex(16)
        category, unit, amount = step.place.category, step.place.unit, step.wanted.amount
        values = row_values(key, step.operation, category, amount, unit, step.replaces, statement)
        return Filed(
            key=key,
            batch_id=batch_id,
            operation=step.operation,
            category=category,
            amount=amount,
            unit=unit,
            replaces=step.replaces,
            statement=statement,
            first_ms=step.wanted.first_ms,
            last_ms=step.wanted.last_ms,
            salt=salt,
            digest=row_digest(values, salt),
            changed_ms=self._ports.clock.now_ms(),
        )

    async def _cuts(self, institution_id: InstitutionId, spans: Sequence[FactSpan]) -> tuple[Cut, ...]:
        """Return the part of each log behind the spans; of the present log where there is none."""
        years: dict[int, list[FactSpan]] = {}
        for span in spans:
            years.setdefault(log_year(span.opened_ms), []).append(span)
        found = []
        for year, own in sorted(years.items()):
            low, high = min(span.first_index for span in own), max(span.last_index for span in own)
            found.append(Cut(log_year=year, size=await self._size(institution_id, year), from_index=low, to_index=high))
        if not found:
            year = log_year(self._ports.clock.now_ms())
            size = await self._size(institution_id, year)
            found.append(Cut(log_year=year, size=size, from_index=0, to_index=size - 1))
        return tuple(found)

    async def _size(self, institution_id: InstitutionId, year: int) -> int:
        await self._origin(institution_id, year)
        try:
            return (await asyncio.to_thread(LogReader, self._ports.places.place(institution_id, year).published)).size
        except NotFound:
            raise NotFound("log.none", f"{institution_id} has no log of {year}.") from None

    async def _origin(self, institution_id: InstitutionId, year: int) -> str:
        log = await self._ports.logs.log_for(institution_id, start_ms(Date(year, 7, 1)))
        return log.origin
