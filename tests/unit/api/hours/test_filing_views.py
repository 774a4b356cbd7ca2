"""Filing as the API shows it."""

from __future__ import annotations

from support.filed_rows import filed
from zaichang.api.hours.filing_views import case_line, row_line
from zaichang.ports.hours.filing import FilingCase


def test_amounts_are_exact_texts_and_a_case_without_a_decision_is_open() -> None:
    assert (row_line(filed(1, amount="8/3")).amount, row_line(filed(2)).key) == ("8/3", "li/law/2026/2")
    case = FilingCase(
        target="cq", row=filed(1, "refused"), owner="ren", opened_ms=1, due_ms=2, note="", proposed=None,
        proposed_by="", decided_by="", decided_ms=None,
    )  # fmt: skip
    assert (case_line(case).state, case_line(case).decided_ms) == ("open", None)
