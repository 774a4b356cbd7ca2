"""Sending and asking with patience: retries keep the id, and a wrong count is no arrival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from support.filing_side import DirectService, write_files
from support.filing_world import RULES, YEAR, World, filing_world
from zaichang.core.errors import PeerViolation
from zaichang.hours.filing.exchange import Exchange
from zaichang.hours.filing.people import read_people
from zaichang.hours.filing.targets import read_target
from zaichang.ledger.filing.lines import LineAnswer
from zaichang.ledger.filing.reconcile import Listed
from zaichang.ledger.filing.rows import RowState
from zaichang.main.filing_platforms import open_platform
from zaichang.ports.hours.filing import Answer, Capabilities, Document, Filled, Ticket

LI, WANG = "li/law/2026/1", "wang/law/2026/1"


class Fake:
    """A platform that fails as often as it is told to, and then answers as it is told to."""

    def __init__(self, folder: Path) -> None:
        self.target = read_target(write_files(folder))
        self.down = 0
        self.count: int | None = None
        self.unknown_people: dict[str, str] = {}
        self.answers: tuple[LineAnswer, ...] = ()
        self.sent: list[Document] = []

    def capabilities(self) -> Capabilities:
        return Capabilities(replace=True, match=bool(self.unknown_people))

    def prepare(self, batch: Filled) -> Document:
        return open_platform(self.target).prepare(batch)

    async def send(self, document: Document) -> Ticket:
        self._fail()
        self.sent.append(document)
        return Ticket(batch_id=document.batch_id, lines=document.lines, count=self.count, status=202, data=b"ok")

    async def poll(self, ticket: Ticket) -> Answer:
        self._fail()
        return Answer(rows=self.answers, status=200, data=b"answer" if self.answers else b"")

    async def match(self, people: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
        return {learner: code for learner, code in self.unknown_people.items() if learner in people}

    async def register(self, course: str, values: Mapping[str, str]) -> str:
        return course

    async def listing(self, year: int) -> Sequence[Listed]:
        return []

    def _fail(self) -> None:
        if self.down:
            self.down -= 1
            raise PeerViolation("filing.unreachable", "The platform gave no answer.")


async def begin(world: World, tmp_path: Path) -> tuple[Exchange, Fake, DirectService, list[float], str]:
    await world.learn("li", "law", 45)
    await world.learn("wang", "law", 30, world.clock.at_ms + 3_600_000)
    batch = await world.services.filing.preparing.prepare("inst", "ren", "cq", YEAR, RULES)
    fake, service, waits = Fake(tmp_path), DirectService(world), []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    exchange = Exchange(service, fake, fake.target.mapping, fake.target.terms, sleep, (1.0, 5.0))
    return exchange, fake, service, waits, batch.batch_id


async def states(world: World) -> dict[str, str]:
    return {str(row.key): str(row.state) for row in await world.services.store.filed_rows("inst", "cq", YEAR)}


async def test_retries_keep_the_batch_and_its_bytes(tmp_path: Path) -> None:
    async with filing_world(tmp_path / "data") as world:
        exchange, fake, service, waits, batch_id = await begin(world, tmp_path)
        people = read_people(tmp_path / "people.csv")
        fake.down = 2
        assert (await exchange.send(batch_id, people)).sent == 2
        assert (waits, await states(world)) == ([1.0, 5.0], {LI: "sent", WANG: "sent"})
        fake.down, fake.count = 3, 2
        with pytest.raises(PeerViolation, match="no answer"):
            await exchange.send(batch_id, people)
        assert len(service.told) == 1, "nothing is told that is not known"
        await exchange.send(batch_id, people)
        assert await states(world) == {LI: "acknowledged", WANG: "acknowledged"}
        assert len({document.data for document in fake.sent}) == 1


async def test_a_wrong_count_is_no_arrival(tmp_path: Path) -> None:
    async with filing_world(tmp_path / "data") as world:
        exchange, fake, service, _, batch_id = await begin(world, tmp_path)
        fake.count = 1
        with pytest.raises(PeerViolation) as refused:
            await exchange.send(batch_id, read_people(tmp_path / "people.csv"))
        assert (refused.value.code, service.told) == ("filing.count", [])
        assert await states(world) == {LI: "prepared", WANG: "prepared"}


async def test_persons_whom_the_platform_does_not_know_are_not_sent(tmp_path: Path) -> None:
    async with filing_world(tmp_path / "data") as world:
        exchange, fake, _, _, batch_id = await begin(world, tmp_path)
        fake.unknown_people = {"wang": "P404"}
        outcome = await exchange.send(batch_id, read_people(tmp_path / "people.csv"))
        assert [(word.key, word.code) for word in outcome.refused] == [(WANG, "local.match:P404")]
        assert [line.key for line in fake.sent[0].lines] == [LI]
        assert await states(world) == {LI: "sent", WANG: "refused"}


async def test_nothing_is_sent_where_every_row_stays_here(tmp_path: Path) -> None:
    async with filing_world(tmp_path / "data") as world:
        exchange, fake, _, _, batch_id = await begin(world, tmp_path)
        outcome = await exchange.send(batch_id, {})
        assert (outcome.sent, len(outcome.refused), fake.sent) == (0, 2, [])
        assert await states(world) == {LI: "refused", WANG: "refused"}


async def test_answers_settle_rows_and_none_is_told_before_there_is_one(tmp_path: Path) -> None:
    async with filing_world(tmp_path / "data") as world:
        exchange, fake, service, _, batch_id = await begin(world, tmp_path)
        await exchange.send(batch_id, read_people(tmp_path / "people.csv"))
        assert (await exchange.poll(batch_id)).told == {} and len(service.told) == 1
        fake.answers = (LineAnswer(LI, RowState.ACCEPTED), LineAnswer("x", RowState.ACCEPTED))
        outcome = await exchange.poll(batch_id)
        assert (outcome.answered, outcome.unknown, outcome.told["waiting"]) == (1, ("x",), 1)
        fake.answers = (LineAnswer(WANG, RowState.REFUSED, "E1"),)
        assert (await exchange.poll(batch_id)).told["refused"] == [WANG]


async def test_the_platform_s_words_stay_on_this_side(tmp_path: Path) -> None:
    async with filing_world(tmp_path / "data") as world:
        exchange, fake, service, _, batch_id = await begin(world, tmp_path)
        fake.unknown_people = {"wang": "王芳 not found"}
        outcome = await exchange.send(batch_id, read_people(tmp_path / "people.csv"))
        assert outcome.refused == ((WANG, "refused", "local.match:other", "王芳 not found"),)
        fake.answers = (LineAnswer(LI, RowState.REFUSED, "E1", "李明"),)
        outcome = await exchange.poll(batch_id)
        assert outcome.said == fake.answers
        told = [row for _, _, word in service.told for row in word.rows]
        assert told == [(LI, "sent", "", ""), (WANG, "refused", "local.match:other", ""), (LI, "refused", "E1", "")]
