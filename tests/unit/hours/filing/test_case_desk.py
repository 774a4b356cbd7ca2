"""A refused row is a case with an owner and a due date; dropping it or taking it for accepted takes two."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.filing_world import RULES, YEAR, World, filing_world
from support.stores import erase_all
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation
from zaichang.hours.filing.case_desk import Decision, key_of
from zaichang.hours.filing.desk import Word
from zaichang.ledger.filing.lines import LineAnswer
from zaichang.ledger.filing.rows import CaseState, RowKey, RowState
from zaichang.ports.hours.filing import FilingCase

LI = "li/law/2026/1"
DAY_MS = 86_400_000


async def refused(world: World, code: str = "E07") -> FilingCase:
    await world.learn("li", "law", 30)
    batch = await world.services.filing.preparing.prepare("inst", "ren", "cq", YEAR, RULES)
    row = LineAnswer(key=LI, state=RowState.REFUSED, code=code)
    word = Word(kind="receipt", rows=(row,), document="d" * 64, answer="a" * 64, status=200)
    await world.services.filing.desk.take("inst", "ren", batch.batch_id, word)
    [case] = await world.services.filing.cases.cases("inst", CaseState.OPEN, 9)
    return case


async def decide(world: World, who: str, state: str, **more: str) -> FilingCase:
    decision = Decision(state=CaseState(state), **more)  # type: ignore[arg-type]
    return await world.services.filing.cases.decide("inst", who, "cq", key_of(LI), decision)  # type: ignore[arg-type]


async def next_rows(world: World) -> list[str]:
    batch = await world.services.filing.preparing.prepare("inst", "ren", "cq", YEAR, RULES)
    return [str(row.key) for row in await world.services.filing.desk.rows(batch)]


async def test_a_refusal_has_an_owner_and_a_due_date_and_is_filed_again_only_after_a_decision(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        case = await refused(world)
        assert (case.owner, case.row.code) == ("ren", "E07")
        assert case.due_ms == world.clock.at_ms + 7 * DAY_MS
        with pytest.raises(NotAllowed, match="Nothing"):
            await next_rows(world)
        assert (await decide(world, "ren", "open", owner="wang", note="asks the office")).owner == "wang"
        await decide(world, "wang", "refile", note="number corrected")
        assert await world.services.filing.cases.cases("inst", CaseState.OPEN, 9) == []
        [decided] = await world.services.filing.cases.cases("inst", CaseState.REFILE, 9)
        assert (decided.decided_by, decided.note) == ("wang", "number corrected")
        assert await next_rows(world) == ["li/law/2026/2"]
        with pytest.raises(NotAllowed, match="decided"):
            await decide(world, "ren", "refile")


async def test_dropping_a_row_takes_two_people(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        await refused(world)
        assert (await decide(world, "ren", "drop")).decided_by == ""
        with pytest.raises(NotAllowed, match="another person"):
            await decide(world, "ren", "drop")
        assert (await decide(world, "wang", "drop")).row.case is CaseState.DROP
        with pytest.raises(NotAllowed, match="Nothing"):
            await next_rows(world)
        await world.learn("li", "law", 30, world.clock.at_ms + 3_600_000)
        assert await next_rows(world) == ["li/law/2026/2"]


async def test_a_platform_that_has_the_row_after_all(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        await refused(world)
        proposed = await decide(world, "ren", "accepted")
        assert (proposed.decided_by, proposed.row.state, proposed.proposed) == (
            "",
            RowState.REFUSED,
            CaseState.ACCEPTED,
        )
        with pytest.raises(NotAllowed, match="another person"):
            await decide(world, "ren", "accepted")
        assert (await decide(world, "wang", "accepted")).row.state is RowState.ACCEPTED
        with pytest.raises(NotAllowed, match="Nothing"):
            await next_rows(world)
        trail = await world.services.store.audit("inst", 1_000, 9)
        found = [(each.actor, each.action, each.target) for each in trail if "_accepted" in each.action]
        assert found == [
            ("wang", "filing.case_accepted", f"cq/{LI}"), ("ren", "filing.propose_accepted", f"cq/{LI}"),
        ]  # fmt: skip
        await erase_all(world.services.store, "inst", "li", "alias-1", 9)
        trail = await world.services.store.audit("inst", 1_000, 99)
        assert {each.target for each in trail if "accepted" in each.action} == {"cq/alias-1/law/2026/1"}


async def test_a_proposal_of_another_decision_is_no_second_person(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        await refused(world)
        await decide(world, "ren", "drop")
        other = await decide(world, "wang", "accepted")
        assert (other.decided_by, other.proposed, other.proposed_by) == ("", CaseState.ACCEPTED, "wang")
        assert (await decide(world, "ren", "accepted")).decided_by == "ren"


async def test_a_row_that_stands_beside_the_earlier_one_is_not_filed_again(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        await refused(world, "twice.E07")
        with pytest.raises(NotAllowed, match="once more"):
            await decide(world, "ren", "refile")
        await decide(world, "ren", "accepted")
        assert (await decide(world, "wang", "accepted")).row.case is CaseState.ACCEPTED


async def test_words_that_are_none_are_refused(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        await refused(world)
        with pytest.raises(PeerViolation):
            await decide(world, "ren", "open", note="x" * 501)
        with pytest.raises(NotFound):
            await world.services.filing.cases.decide(
                "inst", "ren", "other", key_of(LI), Decision(state=CaseState.REFILE)
            )


def test_a_key_is_read_from_both_ends() -> None:
    assert key_of("li/a/b/2026/3") == RowKey("li", "a/b", 2026, 3)
    for wrong in ("", "li/2026/1", "li/law/2026/x", "li/law/-1/1", f"li/law/2026/{'1' * 10}"):
        with pytest.raises(PeerViolation):
            key_of(wrong)
