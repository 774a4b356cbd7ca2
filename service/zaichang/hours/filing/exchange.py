"""The institution's side: send a batch with patience, ask for the answer, and pass both on to the service."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.hours.filing.joining import BatchView, Terms, check_batch, join, lines_in
from zaichang.hours.filing.mapping import FilingMapping
from zaichang.ledger.filing.codes import LOCAL, platform_code
from zaichang.ledger.filing.lines import LineAnswer, settle
from zaichang.ledger.filing.rows import RowState
from zaichang.ports.hours.filing import Filled, Platform, Ticket

T = TypeVar("T")
PAUSES_S: Final = (1.0, 5.0, 20.0)
"""Waiting times between attempts; after the last one the batch waits for the next run, with its own id."""
NO_MATCH: Final = "local.match:"


class Service(Protocol):
    """The service, as the institution's side reaches it."""

    async def batch(self, batch_id: str) -> BatchView:
        """Return a batch. Cost: trip."""

    async def tell(
        self, batch_id: str, kind: str, rows: Sequence[LineAnswer], document: str, answer: str, status: int
    ) -> Mapping[str, object]:
        """Pass a platform's word on, without its messages; return its effect. Cost: trip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of an exchange.

    Attributes:
        sent: Lines of the document that was sent; 0 where every row was refused on our side.
        refused: Rows that were refused on our side.
        answered: Rows that the platform's answer decides.
        unknown: Keys in the answer that the batch does not have.
        told: The effect at the service; empty where nothing was told.
        said: The platform's refusals with its own words, which may name persons: they never reach the service.
    """

    sent: int
    refused: tuple[LineAnswer, ...]
    answered: int
    unknown: tuple[str, ...]
    told: Mapping[str, object]
    said: tuple[LineAnswer, ...] = ()


class Exchange:
    """Sends and polls; every step may be repeated."""

    def __init__(
        self,
        service: Service,
        platform: Platform,
        mapping: FilingMapping,
        terms: Terms,
        sleep: Callable[[float], Awaitable[None]],
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        """Use the service and the platform; ``sleep`` waits between attempts."""
        self._service = service
        self._platform = platform
        self._mapping = mapping
        self._terms = terms
        self._sleep = sleep
        self._pauses_s = pauses_s

    async def send(self, batch_id: str, people: Mapping[str, Mapping[str, str]]) -> Outcome:
        """Join the people, send the document and tell the service.

        A batch whose rows were all sent before is sent again, with the same id: the platform's own rule against
        duplicates decides.

        Raises:
            PeerViolation: ``filing.unreachable``, ``filing.answer``, ``filing.count``.
            NotAllowed: ``filing.refused`` where the platform refuses the whole batch.
            EvidenceError: ``E_MANIFEST``.
        """
        batch = await self._service.batch(batch_id)
        check_batch(batch)
        filled, refused = join(batch, people, self._mapping, self._terms, self._platform.capabilities())
        filled, unmatched = await self._matched(filled)
        refused += unmatched
        document, ticket = hashlib.sha256(b"").hexdigest(), Ticket(batch_id=batch_id, lines=())
        if filled.entries:
            made = self._platform.prepare(filled)
            document = hashlib.sha256(made.data).hexdigest()
            ticket = await self._patient(lambda: self._platform.send(made))
            if ticket.count is not None and ticket.count != len(made.lines):
                raise PeerViolation(
                    "filing.count",
                    f"{len(made.lines)} lines were sent and the platform counted {ticket.count}.",
                    "Nothing was noted as sent. Ask the platform, then send the batch again.",
                )
        state = RowState.SENT if ticket.count is None else RowState.ACKNOWLEDGED
        gone = {word.key for word in refused}
        rows = [
            LineAnswer(row["key"], state) for row in batch.rows
            if row["key"] not in gone and not row["code"].startswith(LOCAL)
        ]  # fmt: skip
        answer = hashlib.sha256(ticket.data).hexdigest()
        words = _without_messages([*rows, *refused])
        told = await self._service.tell(batch_id, "sent", words, document, answer, ticket.status)
        return Outcome(sent=len(ticket.lines), refused=tuple(refused), answered=0, unknown=(), told=told)

    async def poll(self, batch_id: str) -> Outcome:
        """Ask for the platform's answer and tell the service; nothing is told where there is none yet.

        Raises:
            PeerViolation: ``filing.unreachable``, ``filing.answer``.
        """
        batch = await self._service.batch(batch_id)
        lines = lines_in(batch, self._platform.capabilities())
        ticket = Ticket(batch_id=batch_id, lines=tuple(lines))
        answer = await self._patient(lambda: self._platform.poll(ticket))
        words, unknown = settle(lines, answer.rows)
        if not answer.data:
            return Outcome(sent=0, refused=(), answered=0, unknown=(), told={})
        digest = hashlib.sha256(answer.data).hexdigest()
        told = await self._service.tell(
            batch_id, "receipt", _without_messages(words), batch.document, digest, answer.status
        )
        said = tuple(word for word in words if word.state is RowState.REFUSED)
        return Outcome(sent=0, refused=(), answered=len(words), unknown=tuple(unknown), told=told, said=said)

    async def _matched(self, filled: Filled) -> tuple[Filled, list[LineAnswer]]:
        """Ask the platform whether it knows the persons; drop the rows of those whom it does not."""
        if not self._platform.capabilities().match or not filled.entries:
            return filled, []
        people = {entry.person["learner"]: entry.person for entry in filled.entries}
        problems = await self._patient(lambda: self._platform.match(people))
        if not problems:
            return filled, []
        gone = {
            entry.line.row: _unmatched(entry.line.row, problems[entry.person["learner"]])
            for entry in filled.entries
            if entry.person["learner"] in problems
        }
        rest = tuple(entry for entry in filled.entries if entry.line.row not in gone)
        return replace(filled, entries=rest), list(gone.values())

    async def _patient(self, call: Callable[[], Awaitable[T]]) -> T:
        """Try again while the platform cannot be reached."""
        for pause_s in self._pauses_s:
            try:
                return await call()
            except PeerViolation as error:
                if error.code != "filing.unreachable":
                    raise
            await self._sleep(pause_s)
        return await call()


def _unmatched(row: str, problem: str) -> LineAnswer:
    return LineAnswer(row, RowState.REFUSED, NO_MATCH + platform_code(problem), problem)


def _without_messages(words: Sequence[LineAnswer]) -> list[LineAnswer]:
    return [word._replace(message="") for word in words]


def whole_refusal(status: int, text: str) -> NotAllowed:
    """Return the error for a submission that a platform refuses as a whole."""
    return NotAllowed(
        "filing.refused",
        f"The platform refused the submission with status {status}: {text[:200]!r}.",
        "Correct the cause and send the same batch again; its rows are unchanged.",
    )
