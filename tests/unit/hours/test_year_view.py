"""A learner's year from the store: the year that runs by default, the years with facts, the days left."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from support.stores import open_store
from zaichang.core.civil import Date, start_ms
from zaichang.core.errors import ConfigError
from zaichang.hours.year_view import YEARS_MAX, YearView, year_view
from zaichang.ports.ledger import HourFact

OWNER = ("inst", "learner")
CQ = "cq-pharmacist-2025"


def fact(key: str, at_ms: int, minutes: int = 45) -> HourFact:
    entry = {
        "id": key, "kind": "study", "institution": "inst", "course": "c", "lesson": f"l-{key}", "session": key,
        "runs": [[at_ms, 60_000, 0, 60_000, minutes]], "category": "public",
    }  # fmt: skip
    return HourFact(
        institution_id="inst", learner_id="learner", fact_key=f"study/{key}", session_id=key, verified_ms=1,
        first_index=0, last_index=1, body=json.dumps(entry).encode(),
    )  # fmt: skip


async def view_of(store: Any, year: int | None, now: Date, rules: str = CQ) -> YearView:
    return await year_view(store, OWNER, rules, year, start_ms(now))


async def test_the_year_that_runs_and_the_years_with_facts(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_hour_fact(fact("a", start_ms(Date(2024, 5, 1))))
        await store.add_hour_fact(fact("b", start_ms(Date(2026, 1, 1)) - 1, minutes=2))
        await store.add_hour_fact(fact("c", start_ms(Date(2026, 1, 2))))
        now = await view_of(store, None, Date(2026, 12, 31))
        assert (now.statement.year, now.years, now.days_left) == (2026, (2026, 2025, 2024), 1)
        # The second minute of b begins in 2026.
        assert now.statement.sums["public"] == 1 + Fraction(1, 45)
        assert set(now.entries) == {"a", "b", "c"}
        assert (now.required("total"), now.required("public")) == (90, None)
        past = await view_of(store, 2024, Date(2026, 12, 31))
        assert (past.statement.year, past.statement.sums["total"], past.days_left) == (2024, 1, 0)
        assert past.facts_digest == now.facts_digest and past.rules_digest == now.rules_digest
        assert (await view_of(store, None, Date(2026, 1, 1))).days_left == 365


async def test_a_year_from_november_has_its_own_label(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_hour_fact(fact("a", start_ms(Date(2025, 11, 1))))
        found = await view_of(store, None, Date(2025, 11, 1), "cq-cme-2017")
        assert (found.statement.year, found.years, found.days_left) == (2026, (2026,), 365)
        before = await view_of(store, None, Date(2025, 10, 31), "cq-cme-2017")
        assert (before.statement.year, before.years, before.days_left) == (2025, (2026, 2025), 1)


async def test_only_the_latest_years_are_offered(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for year in range(2000, 2020):
            await store.add_hour_fact(fact(f"y{year}", start_ms(Date(year, 5, 1))))
        found = await view_of(store, None, Date(2026, 5, 1))
        assert found.years == (2026, *range(2019, 2019 - YEARS_MAX + 1, -1))


async def test_unknown_rules(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        with pytest.raises(ConfigError, match="no hour rules"):
            await view_of(store, None, Date(2026, 5, 1), "none")


async def test_a_session_over_midnight_offers_both_years(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_hour_fact(fact("a", start_ms(Date(2025, 1, 1)) - 1, minutes=2))
        assert (await view_of(store, None, Date(2026, 5, 1))).years == (2026, 2025, 2024)
