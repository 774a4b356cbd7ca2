"""The gate of acceptance: exactly what is to be filed must stand at the platform that the setting names."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from zaichang.core.errors import ConfigError, NotAllowed
from zaichang.hours import acceptance
from zaichang.hours.acceptance import AcceptedGate, targets_of
from zaichang.hours.fact_files import statement_of
from zaichang.hours.packs import load_rules
from zaichang.ledger.facts import Run, Study
from zaichang.ledger.filing.wanted import Place

RULES = load_rules("cq-pharmacist-2025")
BEGAN_MS = 1_772_000_000_000
FACT = Study(
    key="study/s1",
    institution="inst",
    lesson="inst/law/l1",
    category="public",
    runs=(Run(BEGAN_MS, 60_000, 0, 60_000, 90),),
)


async def asked(monkeypatch: pytest.MonkeyPatch, there: dict[Place, Fraction], targets: dict[str, str]) -> None:
    async def amounts(*about: Any) -> dict[Place, Fraction]:
        assert about[1:] == ("inst", "learner", "cq-platform", 2026)
        return there

    monkeypatch.setattr(acceptance, "accepted_amounts", amounts)
    statement, _ = statement_of([FACT], RULES, 2026, None)
    gate = AcceptedGate(None, targets)  # type: ignore[arg-type]
    await gate.check("inst", "learner", RULES, statement, [FACT])  # type: ignore[arg-type]


async def test_a_certificate_waits_until_the_platform_has_accepted_exactly_its_hours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place, named = Place("law", "public", "hour"), {"cq-pharmacist-2025": "cq-platform"}
    await asked(monkeypatch, {place: Fraction(2)}, named)
    for there in ({}, {place: Fraction(1)}, {place: Fraction(3)}, {Place("law", "", "hour"): Fraction(2)}):
        with pytest.raises(NotAllowed, match=r"certificate\.not_accepted.*of 2 of course law in 2026"):
            await asked(monkeypatch, there, named)


async def test_another_pack_asks_no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    await asked(monkeypatch, {}, {"cq-cme-2017": "cq-platform"})


def test_the_setting_names_shipped_packs_once() -> None:
    assert targets_of(["cq-pharmacist-2025=cq-platform", "cq-cme-2017=b"]) == {
        "cq-pharmacist-2025": "cq-platform",
        "cq-cme-2017": "b",
    }
    for wrong in (["moon=a"], ["cq-pharmacist-2025"], ["cq-pharmacist-2025=A b"], ["cq-cme-2017=a"] * 2):
        with pytest.raises(ConfigError, match=r"certificate\.after"):
            targets_of(wrong)
