"""The words of pages are those of the code: of the ledger, of the printed certificate, and of filing."""

from __future__ import annotations

import re

from zaichang.audit.certificate.words import _OWN_UNIT, _UNITS
from zaichang.console.pages import STATIC
from zaichang.hours.filing import joining
from zaichang.hours.filing.exchange import NO_MATCH
from zaichang.ledger.explain import NAMES
from zaichang.ledger.filing import codes
from zaichang.ledger.filing.reconcile import Kind
from zaichang.ledger.filing.rows import Operation, RowState
from zaichang.ledger.rules import Measure
from zaichang.ledger.statement import Status


def table(name: str, page: str = "verify.js") -> dict[str, tuple[str, str]]:
    """Return an object of words of a page."""
    text = (STATIC / page).read_text(encoding="utf-8")
    found = re.search(rf"^const {name} = \{{(.*?)\}};$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return {key: (zh, en) for key, zh, en in re.findall(r'"?([\w.]+)"?: \{ zh: "(.*?)", en: "(.*?)" \}', found[1])}


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


def test_the_page_of_filing_has_words_for_each_state_operation_difference_and_code_of_ours() -> None:
    page = "filing.js"
    assert table("STATES", page).keys() == {state.value for state in RowState}
    assert table("OPERATIONS", page).keys() == {operation.value for operation in Operation}
    assert table("KINDS", page).keys() == {kind.value for kind in Kind}
    ours = {joining.NO_PERSON, joining.NO_CONSENT, joining.NO_COURSE, joining.NO_WITHDRAWAL, joining.NO_VALUE}
    ours |= {joining.NO_CODE, joining.NO_ID_NUMBER, joining.UNSAFE, NO_MATCH.rstrip(":"), codes.NONE, codes.OTHER}
    assert table("CODES", page).keys() == {*ours, codes.HALF.rstrip("."), codes.TWICE.rstrip(".")}
