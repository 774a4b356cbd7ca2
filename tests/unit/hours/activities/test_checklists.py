"""Checklists: each shipped one fits its hour rules, and a file that does not fit is refused."""

from __future__ import annotations

import pytest

from zaichang.core.errors import ConfigError, NotFound
from zaichang.hours.activities.checklists import FORMAT, load_checklist, parse_checklist, shipped_checklists
from zaichang.hours.packs import load_rules

GOOD = f"""
format = "{FORMAT}"
rules = "r"
appeal_days = 30
appeal_cite = "Our choice."
[[item]]
name = "paper"
kind = "activity"
zh = "论文"
en = "Paper"
employer = false
fixed = {{ item = "paper" }}
required = ["role"]
optional = []
cite = "Our choice."
document = [{{ name = "copy", zh = "复印件", en = "Copy" }}]
"""
_WITHOUT_RULES = frozenset(("makeup", "move"))
"""Kinds that are no item of the hour rules."""


@pytest.mark.parametrize("name", shipped_checklists())
def test_each_item_is_one_of_its_hour_rules_and_names_its_clause(name: str) -> None:
    checklist, rules = load_checklist(name), load_rules(name)
    assert checklist.rules == rules.name == name
    for item in checklist.items:
        fixed = dict(item.fixed)
        counted = fixed.get("item") or fixed.get("form") or item.kind
        assert item.kind in _WITHOUT_RULES or rules.item(counted) is not None, item.name
        assert item.cite and item.zh and item.en
        assert bool(item.documents) is not item.signed, "an organiser's signature stands for the documents"


def test_the_items_of_article_19_to_22_are_there() -> None:
    names = {item.name for item in load_checklist("cq-pharmacist-2025").items}
    assert names >= set("degree training competition research paper book lecture dispatch emergency makeup".split())


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("[[item]]", "[[item", "hours.unreadable"),
        ('rules = "r"', 'rules = ""', "hours.invalid"),
        ("appeal_days = 30", "appeal_days = 0", "hours.invalid"),
        ("appeal_days = 30", "appeal_days = true", "hours.invalid"),
        (FORMAT, "other@1", "hours.unknown_word"),
        ('kind = "activity"', 'kind = "none"', "hours.unknown_word"),
        ('item = "paper"', 'item = "none"', "hours.unknown_word"),
        ('required = ["role"]', 'required = ["unknown_detail"]', "hours.unknown_word"),
        ("employer = false", "employer = false\nextra = 1", "hours.unknown_key"),
        ("employer = false", "", "hours.invalid"),
        ("appeal_days = 30", "appeal_days = 30\nextra = 1", "hours.unknown_key"),
        ('en = "Copy"', 'en = "Copy", extra = "1"', "hours.unknown_key"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(old: str, new: str, code: str) -> None:
    assert parse_checklist(GOOD.encode(), "r").items[0].name == "paper"
    with pytest.raises(ConfigError) as caught:
        parse_checklist(GOOD.replace(old, new).encode(), "r")
    assert caught.value.code == code


def test_an_item_stands_once_and_an_unknown_list_is_not_found() -> None:
    twice = GOOD + GOOD[GOOD.index("[[item]]") :]
    with pytest.raises(ConfigError, match="twice"):
        parse_checklist(twice.encode(), "r")
    with pytest.raises(NotFound, match=r"activity\.rules"):
        load_checklist("none")
