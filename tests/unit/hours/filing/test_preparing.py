"""Batches from statements and the rows filed before, cut at the log's size, with a signed manifest."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

from support.filing_world import RULES, YEAR, World, filing_world
from zaichang.core.civil import Date, start_ms
from zaichang.core.errors import ConfigError, EvidenceError, NotAllowed
from zaichang.hours.filing.desk import Word
from zaichang.hours.filing.manifest import read_manifest
from zaichang.ledger.filing.lines import LineAnswer
from zaichang.ledger.filing.rows import Filed, RowState, row_digest, row_values, rows_digest
from zaichang.ports.hours.filing import Batch
from zaichang.tlog.checkpoint import open_checkpoint
from zaichang.tlog.keys import parse_vkey
from zaichang.tlog.note import open_note


async def prepare(world: World, **more: int) -> tuple[Batch, list[Filed]]:
    batch = await world.services.filing.preparing.prepare("inst", "ren", "cq", YEAR, RULES, **more)
    return batch, list(await world.services.filing.desk.rows(batch))


async def accept(world: World, batch: Batch, rows: list[Filed]) -> None:
    answers = tuple(LineAnswer(key=str(row.key), state=RowState.ACCEPTED) for row in rows)
    word = Word(kind="receipt", rows=answers, document="d" * 64, answer="a" * 64, status=200)
    await world.services.filing.desk.take("inst", "ren", batch.batch_id, word)


async def test_a_batch_holds_the_statements_amounts_and_names_the_log_entries_behind_them(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        await world.learn("li", "law", 30)
        await world.learn("wang", "law", 45, world.clock.at_ms + 3_600_000)
        batch, rows = await prepare(world)
        assert [(str(row.key), row.amount) for row in rows] == [
            ("li/law/2026/1", Fraction(2, 3)), ("wang/law/2026/1", Fraction(1)),
        ]  # fmt: skip
        manifest = read_manifest(batch.manifest)
        assert (manifest["batch"], manifest["rows"], manifest["sums"]) == ("cq-2026-0001", 2, {"hour": "5/3"})
        assert manifest["digest"] == rows_digest(row.digest for row in rows)
        [cut] = batch.cuts
        assert (cut.log_year, cut.size, cut.to_index) == (2026, 5, 4)
        assert 0 < cut.from_index < cut.to_index
        for row in rows:
            values = row_values(row.key, row.operation, row.category, row.amount, row.unit, row.replaces, row.statement)
            assert row.digest == row_digest(values, row.salt)
        with pytest.raises(NotAllowed, match="Nothing"):
            await prepare(world)


async def test_a_manifest_is_signed_by_the_log_s_key_and_is_no_checkpoint(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        await world.learn("li", "law", 30)
        batch, _ = await prepare(world)
        place = world.services.log_places.place("inst", 2026)
        key = parse_vkey(place.published.verifier_key() or "")
        assert b'"rows":1' in open_note(batch.manifest, [key]).text
        with pytest.raises(EvidenceError):
            open_checkpoint(batch.manifest, [key], key.name)
        with pytest.raises(EvidenceError):
            open_note(batch.manifest.replace(b'"rows":1', b'"rows":2'), [key])
        with pytest.raises(EvidenceError, match="no manifest"):
            read_manifest(place.published.get("checkpoint") or b"")


async def test_more_study_replaces_and_a_revocation_withdraws(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        session = await world.learn("li", "law", 45)
        await accept(world, *await prepare(world))
        await world.learn("li", "law", 45, world.clock.at_ms + 3_600_000)
        batch, rows = await prepare(world)
        assert [(str(row.operation), row.replaces, row.amount) for row in rows] == [("replace", 1, Fraction(2))]
        await accept(world, batch, rows)
        await world.take_back("li", session, "law", 45)
        batch, rows = await prepare(world)
        assert [(row.operation, row.replaces, row.amount) for row in rows] == [("replace", 2, Fraction(1))]
        assert batch.cuts[0].to_index == batch.cuts[0].size - 1, "the revocation's entry is behind it"
        await accept(world, batch, rows)
        await world.take_back("li", "s00001", "law", 45)
        _, rows = await prepare(world)
        assert [(row.operation, row.amount) for row in rows] == [("withdraw", Fraction(0))]


async def test_a_batch_has_a_largest_size_and_the_next_takes_the_rest(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        for number, learner in enumerate(("a", "b", "c")):
            await world.learn(learner, "law", 1, world.clock.at_ms + number * 60_000)
        first, rows = await prepare(world, rows_max=2)
        assert [row.key.learner_id for row in rows] == ["a", "b"]
        second, rows = await prepare(world, rows_max=2)
        assert (second.number, [row.key.learner_id for row in rows]) == (first.number + 1, ["c"])


async def test_a_year_over_two_logs_names_a_part_of_each(tmp_path: Path) -> None:
    async with filing_world(tmp_path, start_ms(Date(2025, 12, 1))) as world:
        await world.learn("li", "law", 30)
        world.clock.at_ms = start_ms(Date(2026, 2, 1))
        await world.learn("li", "law", 30)
        preparing = world.services.filing.preparing
        batch = await preparing.prepare("inst", "ren", "cme", 2026, "cq-cme-2017")
        assert [cut.log_year for cut in batch.cuts] == [2025, 2026]
        word = Word(kind="sent", rows=(), document="d" * 64, answer="a" * 64, status=0)
        await world.services.filing.desk.take("inst", "ren", batch.batch_id, word)
        found = await world.services.store.exchanges("inst", batch.batch_id)
        assert [each.log_year for each in found] == [2025, 2026]


async def test_an_erased_learner_s_rows_stay_as_they_are(tmp_path: Path) -> None:
    from support.stores import erase_all

    async with filing_world(tmp_path) as world:
        await world.learn("li", "law", 45)
        batch, rows = await prepare(world)
        await accept(world, batch, rows)
        await erase_all(world.services.store, "inst", "li", "alias-1", 9)
        with pytest.raises(NotAllowed, match="Nothing"):
            await prepare(world)
        [row] = await world.services.filing.desk.rows(batch)
        assert (row.key.learner_id, row.salt, row.digest) == ("alias-1", "", rows[0].digest)


async def test_unknown_rules_are_refused(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        with pytest.raises(ConfigError, match="no hour rules"):
            await world.services.filing.preparing.prepare("inst", "ren", "cq", YEAR, "none")


def test_a_digest_is_over_bytes() -> None:
    assert rows_digest([]) == hashlib.sha256(b"").hexdigest()
