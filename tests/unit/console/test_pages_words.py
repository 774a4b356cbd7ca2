"""The words of the page ``/verify`` are those of the ledger and of the printed certificate."""

from __future__ import annotations

import re

from zaichang.audit.certificate.words import _OWN_UNIT, _UNITS
from zaichang.console.pages import STATIC
from zaichang.ledger.explain import NAMES
from zaichang.ledger.rules import Measure
from zaichang.ledger.statement import Status


def table(name: str) -> dict[str, tuple[str, str]]:
    """Return an object of words of verify.js."""
    text = (STATIC / "verify.js").read_text(encoding="utf-8")
    found = re.search(rf"^const {name} = \{{(.*?)\}};$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return {key: (zh, en) for key, zh, en in re.findall(r'(\w+): \{ zh: "(.*?)", en: "(.*?)" \}', found[1])}


def test_measures_and_units_have_the_ledgers_names() -> None:
    assert table("MEASURES") == {measure.value: NAMES[measure] for measure in Measure}
    assert table("UNITS") == _UNITS


def test_each_status_has_words() -> None:
    assert table("STATUS").keys() == {status.value for status in Status}


def test_a_sum_has_the_unit_that_is_printed() -> None:
    text = (STATIC / "verify.js").read_text(encoding="utf-8")
    assert re.search(r"const CREDIT_MEASURES = (.*?);", text) is not None
    for name, unit in (("CREDIT_MEASURES", "credit"), ("HOUR_MEASURES", "hour")):
        found = re.search(rf"const {name} = \[(.*?)\];", text)
        assert found is not None
        assert set(re.findall(r'"(\w+)"', found[1])) == {str(each) for each, own in _OWN_UNIT.items() if own == unit}
