"""A pack is read whole or refused with its place."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from zaichang.core.errors import ConfigError
from zaichang.ledger.rules_reading import read_rules

PACK: dict[str, Any] = {
    "pack": {
        "name": "p", "version": "1", "title_zh": "规", "title_en": "rules", "basis": "ours", "text_sha256": "0" * 64,
        "valid_from": "2026-01-01", "valid_to": "9999-12-31", "unit": "hour", "measures": ["total"],
        "audit_by": "11-30", "year_starts": "11-01",
    },
    "readings": {"study_hour_min": 45},
    "cite": {"study_hour_min": "ours", "audit_by": "ours", "year_starts": "ours"},
    "need": [{"measure": "total", "at_least": "10", "cite": "ours"}],
    "item": [{"name": "study", "per": "actual", "unit": "hour", "gates": ["published"], "cite": "ours",
              "rates": {"any": "1"}, "whole_months": 3}],
}  # fmt: skip


def changed(*path: Any, value: Any) -> dict[str, Any]:
    pack = copy.deepcopy(PACK)
    inner: Any = pack
    for part in path[:-1]:
        inner = inner[part]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return pack


def test_a_pack_in_order() -> None:
    rules = read_rules(PACK, "p.toml")
    assert (rules.audit_by, rules.year_starts, rules.example, rules.makeup) == ((11, 30), (11, 1), False, False)
    assert rules.items[0].rates == (("any", 1),)
    assert read_rules(changed("pack", "year_starts", value=None), "p").year_starts == (1, 1)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("extra",), {}, "hours.unknown_key"),
        (("pack", "extra"), 1, "hours.unknown_key"),
        (("need", 0, "extra"), 1, "hours.unknown_key"),
        (("item", 0, "extra"), 1, "hours.unknown_key"),
        (("cite", "extra"), "x", "hours.unknown_key"),
        (("cite", "study_hour_min"), None, "hours.invalid"),
        (("cite", "audit_by"), None, "hours.invalid"),
        (("readings", "extra"), 1, "hours.invalid"),
        (("readings",), None, "hours.invalid"),
        (("need",), None, "hours.invalid"),
        (("item",), [1], "hours.invalid"),
        (("pack", "name"), "", "hours.invalid"),
        (("pack", "name"), "x" * 601, "hours.invalid"),
        (("pack", "measures"), "total", "hours.invalid"),
        (("pack", "measures"), [1], "hours.invalid"),
        (("pack", "measures"), ["moons"], "hours.unknown_word"),
        (("pack", "audit_by"), "13-01", "hours.invalid"),
        (("pack", "audit_by"), "11-32", "hours.invalid"),
        (("pack", "audit_by"), "november", "hours.invalid"),
        (("pack", "year_starts"), "11-31", "hours.invalid"),
        (("pack", "public_share"), "1/0", "hours.invalid"),
        (("need", 0, "at_least"), None, "hours.invalid"),
        (("need", 0, "at_least"), 10, "hours.invalid"),
        (("need", 0, "at_least"), "-1", "hours.invalid"),
        (("need", 0, "at_least"), "many", "hours.invalid"),
        (("need", 0, "measure"), "moons", "hours.unknown_word"),
        (("need", 0, "cite"), None, "hours.invalid"),
        (("item", 0, "per"), "moon", "hours.unknown_word"),
        (("item", 0, "gates"), ["moon"], "hours.unknown_word"),
        (("item", 0, "rates"), ["1"], "hours.invalid"),
        (("item", 0, "rates"), {"any": 1}, "hours.invalid"),
        (("item", 0, "whole_months"), 0, "hours.invalid"),
        (("item", 0, "whole_months"), "3", "hours.invalid"),
        (("item", 0, "cite"), None, "hours.invalid"),
    ],
)
def test_everything_else_is_refused(path: tuple[Any, ...], value: Any, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_rules(changed(*path, value=value), "p.toml")
    assert caught.value.code == code
    assert "p.toml" in caught.value.message or "extra" in caught.value.message
