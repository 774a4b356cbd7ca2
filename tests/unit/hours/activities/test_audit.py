"""The audit of activities names a step whose entry, chain, commitment or fact is another one."""

from __future__ import annotations

from pathlib import Path

from support.activities import REN, Office, degree, office
from zaichang.hours.activities.audit import audit_activities
from zaichang.hours.feed import HourFeed
from zaichang.ledger.activities.stages import Stage


async def findings(page: Office) -> list[str]:
    found = await audit_activities(page.store, page.store, page.vault, page.logs.entry)
    assert found.steps == 2
    return [finding.partition(", ")[2] for finding in found.findings]


async def test_what_was_changed_is_named(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await page.hand_in(degree(), "diploma", "chsi")
        await page.parts.desk.take(REN, name, Stage.CHECK)
        waiting = await audit_activities(page.store, page.store, None, page.logs.entry)
        assert (waiting.steps, waiting.waiting) == (0, 2)
        await HourFeed(page.store).feed()
        assert await findings(page) == []

        log = page.logs.of("inst", page.clock.at_ms)
        first, second = log.entries
        log.entries[:] = [second, first]
        assert await findings(page) == [f"step {n}: the log's entry {n} is another one." for n in (0, 1)]
        log.entries[:] = [first]
        assert await findings(page) == ["step 1: the log's entry 1 cannot be read (log.none)."]
        log.entries[:] = [first, second]

        async def changed(sql: str) -> list[str]:
            await page.store._db.write(lambda db: db.execute(sql).rowcount)
            return await findings(page)

        assert await changed(
            "UPDATE activity_steps SET body = CAST(replace(CAST(body AS TEXT), '06-20', '06-21') AS BLOB) WHERE seq = 0"
        ) == ["step 0: its fact is not what its document says."]
        assert await changed(
            "UPDATE hour_facts SET body = CAST(replace(CAST(body AS TEXT), '06-20', '06-21') AS BLOB)"
        ) == ["step 0: its entry commits to another document."], "changed everywhere but in the log"
        assert await changed("DELETE FROM hour_facts WHERE fact_key LIKE '%/1'") == [
            "step 0: its entry commits to another document.", "step 1: it is marked as fed and has no fact.",
        ]  # fmt: skip
        assert await changed("UPDATE activity_steps SET entry_index = NULL WHERE seq = 0") == [
            "step 0: it has a fact and is in no checkpoint.", "step 1: it is marked as fed and has no fact.",
        ]  # fmt: skip
