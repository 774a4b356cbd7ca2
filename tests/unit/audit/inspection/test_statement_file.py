"""Statements as the hours' command prints them are read, and every worked case's total is at most its lines."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import pytest

from zaichang.audit.inspection.statement_file import is_statement, read_statement
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.hours.cases import read_cases, statements_of
from zaichang.ledger.statement import document

CASES = Path(__file__).resolve().parents[3] / "vectors" / "hours" / "cases.toml"


def test_no_worked_case_states_more_than_its_lines() -> None:
    read = 0
    for case in read_cases(str(CASES)):
        for statement in statements_of(case)[1].values():
            found = read_statement(json.dumps(document(statement)).encode())
            assert found.total <= found.of_lines, case["id"]
            read += 1
    assert read > 100


def test_the_lines_of_study_are_summed_by_session() -> None:
    lines = [
        {"entry": entry, "item": item, "unit": "hour", "counted": counted}
        for entry, item, counted in (
            ("study/s.1", "study", "2/3"), ("amend/s.1/4", "study", "1/3"), ("study/s.2", "study", "0"),
            ("study/s.2/../x", "study", "1"), ("award-7", "award", "5"),
        )
    ]  # fmt: skip
    value = {
        "format": "zaichang-statement@1", "rules": "p", "version": "1", "year": "2026", "status": "not_met",
        "total": "7", "lines": lines, "readings": {"study_hour_min": "45"}, "makeup_in": "1",
    }  # fmt: skip
    data = json.dumps(value, ensure_ascii=False, indent=1).encode()
    found = read_statement(data)
    assert is_statement(data)
    assert found.sessions == {"s.1": Fraction(45 * 60_000), "s.2": Fraction(0)}
    assert (found.total, found.of_lines) == (Fraction(7), Fraction(8))
    assert found.digest == hashlib.sha256(canonical_bytes(value)).hexdigest()
    assert "2026 by p 1: total 7; 2 sessions" in found.sentence()
    assert found.unnamed == ("study/s.2/../x",)
    assert found.earned == {("study", "hour"): Fraction(2), ("award", "hour"): Fraction(5)}
    assert (found.facts, found.rules_digest, found.hour_min, found.status) == ("", "", "45", "not_met")


@pytest.mark.parametrize("data", [b"no", b"[1]", b'{"format":"x"}', b'{"a":1.5}', b'{"a":' * 5_000])
def test_another_file_is_refused(data: bytes) -> None:
    assert not is_statement(data)
    with pytest.raises(EvidenceError):
        read_statement(data)
