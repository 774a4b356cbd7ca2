"""A platform's word changes rows, opens cases and is logged once; a list is compared with our rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.filing_world import RULES, YEAR, World, filing_world
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import NotFound, PeerViolation
from zaichang.hours.filing.desk import Taken, Word, digests, state_of
from zaichang.ledger.filing.formats import amount_text
from zaichang.ledger.filing.lines import LineAnswer
from zaichang.ledger.filing.reconcile import Listed
from zaichang.ledger.filing.rows import CaseState, RowState
from zaichang.log.reader import LogReader

LI, WANG = "li/law/2026/1", "wang/law/2026/1"


async def prepared(world: World) -> str:
    await world.learn("li", "law", 30)
    await world.learn("wang", "law", 45, world.clock.at_ms + 3_600_000)
    return (await world.services.filing.preparing.prepare("inst", "ren", "cq", YEAR, RULES)).batch_id


async def take(world: World, batch_id: str, kind: str, *rows: tuple[str, str], answer: str = "a" * 64) -> Taken:
    answers = tuple(LineAnswer(key=key, state=RowState(state), code="e1", message="no") for key, state in rows)
    word = Word(kind=kind, rows=answers, document="d" * 64, answer=answer, status=202)
    return await world.services.filing.desk.take("inst", "ren", batch_id, word)


async def states(world: World) -> dict[str, str]:
    rows = await world.services.store.filed_rows("inst", "cq", YEAR)
    return {str(row.key): str(row.state) for row in rows}


async def test_each_word_changes_rows_and_is_logged_with_a_range_of_the_log(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        batch_id = await prepared(world)
        assert (await take(world, batch_id, "sent", (LI, "sent"), (WANG, "sent"))).waiting == 2
        found = await take(world, batch_id, "receipt", (LI, "accepted"), (WANG, "refused"), answer="b" * 64)
        assert (found.changed, found.refused, found.waiting) == (2, (WANG,), 0)
        assert await states(world) == {LI: "accepted", WANG: "refused"}

        batch = await world.services.filing.desk.batch("inst", batch_id)
        first, second = await world.services.store.exchanges("inst", batch_id)
        reader = LogReader(world.services.log_places.place("inst", YEAR).published)
        for exchange, kind in ((first, "sent"), (second, "receipt")):
            leaf = parse_canonical_object(reader.entry(exchange.entry_index))
            request, response = digests(batch, kind, exchange.document, exchange.answer, exchange.salt)
            assert (leaf["t"], leaf["target"], leaf["status"]) == ("upload", "cq", 202)
            assert (leaf["request"], leaf["response"]) == (request.hex(), response.hex())
            [cut] = batch.cuts
            assert (leaf["from_index"], leaf["to_index"]) == (cut.from_index, cut.to_index)


async def test_the_same_word_again_changes_nothing_and_is_logged_once(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        batch_id = await prepared(world)
        await take(world, batch_id, "receipt", (LI, "accepted"), (WANG, "refused"))
        again = await take(world, batch_id, "receipt", (LI, "accepted"), (WANG, "refused"))
        assert (again.changed, again.refused, again.contradictions) == (0, (), ())
        assert len(await world.services.store.exchanges("inst", batch_id)) == 1


async def test_unknown_keys_and_contradictions_are_named(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        batch_id = await prepared(world)
        found = await take(world, batch_id, "receipt", (LI, "refused"), (LI, "accepted"), ("x/law/2026/1", "accepted"))
        assert (found.unknown, found.contradictions) == (("x/law/2026/1",), (LI,))
        assert (await states(world))[LI] == "refused"
        assert found.waiting == 1


async def test_a_row_that_was_sent_is_not_refused_by_our_own_side(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        batch_id = await prepared(world)
        found = await take(world, batch_id, "sent", (LI, "refused"), (WANG, "sent"))
        assert found.refused == (LI,)
        assert (await take(world, batch_id, "sent", (WANG, "refused"), answer="c" * 64)).refused == ()
        assert (await states(world))[WANG] == "sent"


async def test_the_platform_s_list_is_compared_and_the_differences_are_kept(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        batch_id = await prepared(world)
        await take(world, batch_id, "receipt", (LI, "accepted"), (WANG, "registered"))
        desk = world.services.filing.desk
        listed = [Listed(LI, "0.6"), Listed("wang/law/2026/9", "1")]
        found = await desk.reconcile("inst", "ren", "cq", YEAR, listed, lambda amount: amount_text(amount, "tenths"))
        assert [(str(one.kind), one.key) for one in found.differences] == [
            ("missing_there", WANG), ("missing_here", "wang/law/2026/9"),
        ]  # fmt: skip
        [kept] = await world.services.store.reconciliations("inst")
        assert kept == found


async def test_another_institution_s_batch_is_unknown(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        batch_id = await prepared(world)
        with pytest.raises(NotFound):
            await world.services.filing.desk.batch("other", batch_id)
        assert await world.services.store.filing_cases("other", CaseState.OPEN, 9) == []
    with pytest.raises(PeerViolation):
        state_of("perhaps")
