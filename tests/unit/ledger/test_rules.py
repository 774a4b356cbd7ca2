"""Hour rules as plain values, and their digest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zaichang.hours.packs import load_rules, shipped_rules
from zaichang.ledger.rules import rules_digest, rules_to_mapping

CQ = load_rules("cq-pharmacist-2025")


@pytest.mark.parametrize("name", shipped_rules())
def test_each_pack_has_a_digest_of_its_own(name: str) -> None:
    rules = load_rules(name)
    assert rules.name == name
    assert len({rules_digest(load_rules(other)) for other in shipped_rules()}) == len(shipped_rules())
    assert all(need.cite for need in rules.needs)


def test_any_number_changes_the_digest() -> None:
    needs = (replace(CQ.needs[0], at_least=CQ.needs[0].at_least + 1), *CQ.needs[1:])
    readings = replace(CQ.readings, two_thirds_of="own_total")
    items = (replace(CQ.items[0], cap_day=CQ.needs[0].at_least), *CQ.items[1:])
    changed = [CQ, replace(CQ, needs=needs), replace(CQ, readings=readings), replace(CQ, items=items)]
    assert len({rules_digest(rules) for rules in changed}) == 4


def test_the_plain_values() -> None:
    values = rules_to_mapping(CQ)
    assert "audit_by" not in values
    assert values["year_starts"] == [1, 1]
    needs, items = values["needs"], values["items"]
    assert isinstance(needs, list) and isinstance(items, list)
    assert needs[1] == {"measure": "professional", "at_least": "60", "share": "2/3", "cite": CQ.needs[1].cite}
    paper = next(item for item in items if item["name"] == "paper")
    assert paper["rates"] == [["sole", "10"], ["joint", "5"]]
    assert paper["gates"] == ["evidence", "in_time", "approved"]
    assert paper["once_per_activity"] is False


def test_items_by_name() -> None:
    assert CQ.item("nothing") is None
    paper = CQ.item("paper")
    assert paper is not None and paper.name == "paper"
    assert paper.step_min("x") is None
