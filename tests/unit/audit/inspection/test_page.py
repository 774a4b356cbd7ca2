"""The report of an inspection as a page: times in China's time, and no text of an institution as markup."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from zaichang.audit.check import Check, Status
from zaichang.audit.codes import MEANINGS
from zaichang.audit.inspection.page import VERDICTS, Heading, as_page, date, duration, explained
from zaichang.audit.inspection.papers import PaperLine

AT_MS = 1_767_196_800_000  # 2026-01-01 00:00 in China
HEADING = Heading(
    regulator="<b>局</b>", institution="college", announced="", drawn="", reported_ms=AT_MS, answer_days=5,
    release="0.1", trust="ab" * 32,
)  # fmt: skip


def page(code: int, *checks: Check, papers: tuple[PaperLine, ...] = ()) -> str:
    inspection: Any = SimpleNamespace(
        code=code, sessions=(), papers=papers, counted_ms=5_400_000, in_log=3, checks=checks,
        origin="hours.example/inst/2026", size=7, root=b"\x0a" * 32, signers=("a",), witnessed_ms=None,
    )  # fmt: skip
    return as_page(inspection, HEADING)


def test_papers_are_listed_where_any_were_handed_over() -> None:
    paper = PaperLine(
        name="<c>.pdf", kind="certificate", said="90 学时", result="fail", codes=("E_CERTIFICATE",), checks=()
    )
    shown = page(1, papers=(paper,))
    assert "&lt;c&gt;.pdf" in shown and "学时证明 / certificate" in shown and "E_CERTIFICATE" in shown
    assert "学时单" not in page(0)


def test_times_are_chinas_and_lengths_are_whole_seconds() -> None:
    assert (date(AT_MS), date(None), date(0)) == ("2026-01-01 00:00:00", "—", "—")
    assert (duration(3_723_999), duration(-5)) == ("1 小时 2 分 3 秒", "0 小时 0 分 0 秒")


def test_a_code_has_its_meaning_in_both_languages_and_an_unknown_one_none() -> None:
    code = next(iter(MEANINGS))
    assert explained(code) == (MEANINGS[code].zh, MEANINGS[code].en)
    assert explained("E_NEVER_HEARD_OF") == ("", "")


@pytest.mark.parametrize("code", sorted(VERDICTS))
def test_the_verdict_stands_first_and_texts_are_escaped(code: int) -> None:
    text = page(code)
    assert VERDICTS[code][0] in text.split("</div>")[0]
    assert "<b>局</b>" not in text and "&lt;b&gt;局&lt;/b&gt;" in text
    assert "1.50 h count" in text and "没有。 / None." in text


def test_only_what_did_not_pass_is_a_finding() -> None:
    code = next(iter(MEANINGS))
    bad = Check(check="roots", status=Status.FAIL, code=code, message="<i>changed</i>", index=41)
    good = Check(check="period", status=Status.PASS, message="All of June.")
    text = page(1, bad, good)
    assert "Findings (1)" in text and "编号 index 41" in text and "&lt;i&gt;changed" in text
    assert "period 1" in text and "<li>All of June.</li>" in text
