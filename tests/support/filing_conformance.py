"""Twelve behaviours of a hostile platform, each tried against one adapter: does our side keep its promises?

Each behaviour files two new rows of its own, misbehaves, and is then asked about again in good health. In the end every
row is settled, or is a case with its code; nothing stands twice at the platform.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.filing_peers import Peer, Word, opened
from tests.support.filing_side import DirectService, write_files
from tests.support.filing_world import BEGIN_MS, INST, RULES, YEAR, World, filing_world
from zaichang.core.errors import PeerViolation, ZaichangError
from zaichang.core.ids import ReviewerId
from zaichang.hours.filing.exchange import Exchange
from zaichang.hours.filing.targets import read_target
from zaichang.ledger.filing.codes import OTHER
from zaichang.ledger.filing.rows import CaseState, RowState

SECRET_NAME: Final = "欧阳某某"
"""A name in a platform's own words; it must reach no file of the service."""


class Result(NamedTuple):
    """The outcome of one behaviour: ``kept``, ``cannot happen`` at this adapter, or the promise that was broken."""

    behaviour: str
    outcome: str


class Filing:
    """Two rows of one batch on their way to a peer."""

    def __init__(self, world: World, peer: Peer, folder: Path, number: int) -> None:
        self.world, self.peer, self.folder = world, peer, folder
        self.learners = tuple(f"b{number:02}{letter}" for letter in "ab")
        self.people = {
            name: {"learner": name, "name": f"学员{name}", "id_number": "11010519491231002X"} for name in self.learners
        }
        target = read_target(write_files(folder))

        async def sleep(_: float) -> None:
            return None

        self.exchange = Exchange(DirectService(world), peer.platform, target.mapping, target.terms, sleep, (1.0,))
        self.batch = ""

    async def prepared(self) -> tuple[str, str]:
        """Make the batch; return the keys of its rows."""
        for learner in self.learners:
            await self.world.learn(learner, "law", 45)
        made = await self.world.services.filing.preparing.prepare(INST, ReviewerId("ren"), "cq", YEAR, RULES)
        self.batch = made.batch_id
        first, second = await self.states()
        return first, second

    async def send(self) -> str:
        """Send the batch; return the code of the error, or nothing."""
        try:
            await self.exchange.send(self.batch, self.people)
        except ZaichangError as error:
            return error.code
        return ""

    async def told(self, *words: Word) -> dict[str, object]:
        """Have the peer answer, ask for it, and return the effect; an error's code stands under ``error``."""
        if words:
            self.peer.answer(self.batch, words)
        try:
            outcome = await self.exchange.poll(self.batch)
        except PeerViolation as error:
            return {"error": error.code}
        return {**outcome.told, "unknown keys": list(outcome.unknown)}

    async def states(self) -> dict[str, RowState]:
        """Return the state of each row."""
        store = self.world.services.store
        rows = await store.filed_rows(INST, "cq", YEAR, batch_id=self.batch)
        return {str(row.key): row.state for row in rows}

    async def heal(self) -> str:
        """Send and ask in good health; return a broken promise, or nothing."""
        self.peer.behave("")
        if code := await self.send():
            return f"in good health the batch is refused with {code}"
        keys = tuple(await self.states())
        await self.told(*map(Word, keys))
        if set((await self.states()).values()) != {RowState.ACCEPTED}:
            return "in good health a row is not accepted"
        return "" if sorted(self.peer.taken(self.batch)) == sorted(keys) else "a row stands twice, or is missing"


async def _trip(filing: Filing, mood: str) -> str:
    """The line fails: nothing is noted as sent, and the same batch goes out again, once."""
    await filing.prepared()
    filing.peer.behave(mood)
    wanted = "filing.count" if mood == "count" else "filing.unreachable"
    if (code := await filing.send()) != wanted:
        return f"sending says {code or 'that it was sent'}, not {wanted}"
    if set((await filing.states()).values()) != {RowState.PREPARED}:
        return "rows are noted as sent"
    return await filing.heal()


async def _half(filing: Filing, _: str) -> str:
    """Half of the rows are answered: the others wait."""
    first, second = await filing.prepared()
    await filing.send()
    told = await filing.told(Word(first))
    if told.get("waiting") != 1 or (await filing.states())[second] is RowState.ACCEPTED:
        return "an unanswered row is settled"
    return await filing.heal()


async def _twice(filing: Filing, _: str) -> str:
    """Each row is told twice: it changes once, and is no contradiction."""
    first, second = await filing.prepared()
    await filing.send()
    told = await filing.told(*map(Word, (first, second, first, second)))
    if told.get("contradictions") or told.get("refused") or told.get("waiting") != 0:
        return f"rows told twice are {told}"
    return await filing.heal()


async def _refused(filing: Filing, _: str) -> str:
    """A row is refused: it is a case with its code, and no batch has it before a person decides."""
    first, second = await filing.prepared()
    await filing.send()
    await filing.told(Word(first), Word(second, "不通过", "E7"))
    cases = await filing.world.services.filing.cases.cases(INST, CaseState.OPEN, 1_000)
    found = {str(case.row.key): case.row.code for case in cases}
    if found.get(second) != "E7" or (await filing.states())[first] is not RowState.ACCEPTED:
        return f"the refusal is {found.get(second)!r}"
    try:
        await filing.world.services.filing.preparing.prepare(INST, ReviewerId("ren"), "cq", YEAR, RULES)
    except ZaichangError as error:
        return "" if error.code == "filing.nothing" else error.code
    return "the refused row is filed again before a decision"


async def _words(filing: Filing, _: str) -> str:
    """A refusal's code and message hold a name: neither reaches the service."""
    first, second = await filing.prepared()
    await filing.send()
    await filing.told(Word(first), Word(second, "不通过", f"{SECRET_NAME} 证号有误", f"{SECRET_NAME} 已离职"))
    cases = await filing.world.services.filing.cases.cases(INST, CaseState.OPEN, 1_000)
    codes = {str(case.row.key): case.row.code for case in cases}
    data = filing.world.services.settings.data
    leaked = [path.name for path in data.rglob("*") if path.is_file() and SECRET_NAME.encode() in path.read_bytes()]
    if leaked or codes.get(second) != OTHER:
        return f"the code is {codes.get(second)!r}; the name is in {leaked}"
    return ""


async def _unknown_word(filing: Filing, _: str) -> str:
    """A receipt has a word that the mapping lacks: it is never taken for a yes."""
    first, second = await filing.prepared()
    await filing.send()
    before = await filing.states()
    told = await filing.told(Word(first), Word(second, "基本通过"))
    if told != {"error": "filing.answer"} or await filing.states() != before:
        return f"an unknown word gives {told}"
    return await filing.heal()


async def _foreign_key(filing: Filing, _: str) -> str:
    """A receipt names a row of another batch: it is told, and changes nothing."""
    first, second = await filing.prepared()
    await filing.send()
    told = await filing.told(Word(first), Word(second), Word("someone/law/2026/9"))
    if told.get("unknown keys") != ["someone/law/2026/9"]:
        return f"a foreign key gives {told}"
    return await filing.heal()


async def _contradiction(filing: Filing, _: str) -> str:
    """A row is refused and then accepted: that is a contradiction, and the refusal stays."""
    first, second = await filing.prepared()
    await filing.send()
    await filing.told(Word(first), Word(second, "不通过", "E7"))
    told = await filing.told(Word(first), Word(second))
    if told.get("contradictions") != [second] or (await filing.states())[second] is not RowState.REFUSED:
        return f"accepted after refused gives {told}"
    return ""


BEHAVIOURS: Final[dict[str, Callable[[Filing, str], Awaitable[str]]]] = {
    "down": _trip,
    "500": _trip,
    "slow": _trip,
    "lost": _trip,
    "count": _trip,
    "half": _half,
    "twice": _twice,
    "refused": _refused,
    "words": _words,
    "unknown word": _unknown_word,
    "foreign key": _foreign_key,
    "contradiction": _contradiction,
}


async def conformance(adapter: str, folder: Path, wrap: Callable[[Peer], Peer] = lambda peer: peer) -> list[Result]:
    """Return the outcome of each behaviour for a shipped adapter.

    Args:
        adapter: ``https``, ``offline``, ``sftp`` or ``lrs``.
        folder: An empty folder.
        wrap: Changes the peer, such as its adapter.
    """
    found: list[Result] = []
    async with opened(adapter, folder / "peer") as peer, filing_world(folder / "data", BEGIN_MS) as world:
        tried = wrap(peer)
        for number, (name, behave) in enumerate(BEHAVIOURS.items()):
            if name not in tried.can:
                found.append(Result(name, "cannot happen"))
                continue
            filing = Filing(world, tried, folder / "peer", number)
            found.append(Result(name, await behave(filing, name) or "kept"))
            tried.behave("")
    return found
