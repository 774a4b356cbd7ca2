"""Names are joined on the institution's side; a row that cannot be filed is refused there, with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.filing_side import LI_NUMBER, MAPPING
from support.filing_views import prepared, view
from zaichang.core.civil import Date, start_ms
from zaichang.core.errors import EvidenceError
from zaichang.hours.filing.joining import BatchView, Terms, check_batch, join, lines_in
from zaichang.hours.filing.mapping import FilingMapping, read_mapping
from zaichang.ports.hours.filing import Capabilities

ALL = Capabilities(replace=True)
PERSON = {"learner": "li", "name": "李明", "id_number": LI_NUMBER, "consent": ""}


@pytest.fixture
def mapping(tmp_path: Path) -> FilingMapping:
    (tmp_path / "m.toml").write_text(MAPPING)
    return read_mapping(str(tmp_path / "m.toml"))


def refused(batch: BatchView, mapping: FilingMapping, person: dict[str, str] | None = None, **terms: Any) -> list[str]:
    people = {} if person is None else {"li": person}
    return [word.code for word in join(batch, people, mapping, Terms(**terms), ALL)[1]]


def test_a_row_becomes_the_platform_s_texts(mapping: FilingMapping) -> None:
    row = prepared(1, amount="8/3", last_ms=start_ms(Date(2026, 3, 2)) - 1)
    filled, gone = join(view(row), {"li": PERSON}, mapping, Terms(), ALL)
    assert gone == []
    [entry] = filled.entries
    assert list(entry.values.values()) == ["li/law/2026/1", "新增", "李明", LI_NUMBER, "2.6", "2026-03-01", "02"]


def test_a_replacement_is_one_line_or_a_withdrawal_and_a_new_row(mapping: FilingMapping) -> None:
    row = prepared(2, operation="replace", replaces=1)
    one, _ = join(view(row), {"li": PERSON}, mapping, Terms(), ALL)
    assert [entry.values["操作"] for entry in one.entries] == ["更正"]
    two, _ = join(view(row), {"li": PERSON}, mapping, Terms(), Capabilities())
    assert [(entry.values["记录编号"], entry.values["操作"]) for entry in two.entries] == [
        ("li/law/2026/1", "撤销"), ("li/law/2026/2", "新增"),
    ]  # fmt: skip
    assert [line.key for line in lines_in(view(row), Capabilities())] == ["li/law/2026/1", "li/law/2026/2"]


def test_each_reason_why_a_row_stays_here(mapping: FilingMapping) -> None:
    batch = view(prepared(1))
    assert refused(batch, mapping) == ["local.person_unknown"]
    assert refused(batch, mapping, PERSON, consent=True) == ["local.consent"]
    assert refused(batch, mapping, {**PERSON, "consent": "2026-01-01"}, consent=True) == []
    assert refused(batch, mapping, {**PERSON, "name": ""}) == ["local.value_missing:3"]
    assert refused(batch, mapping, {**PERSON, "id_number": "123"}) == ["local.id_number:4"]
    assert refused(view(prepared(1, category="")), mapping, PERSON) == []
    assert refused(view(prepared(1, category="art")), mapping, PERSON) == ["local.code_unknown:7"]
    assert refused(batch, mapping, {**PERSON, "name": "李\x1b[2J"}) == ["local.unsafe_text:3"]
    formula = {**PERSON, "name": "=1+1"}
    assert refused(batch, mapping, formula) == []
    assert refused(batch, mapping, formula, no_formulas=True) == ["local.unsafe_text:3"]


def test_a_withdrawal_needs_no_consent_and_a_platform_that_can(mapping: FilingMapping) -> None:
    batch = view(prepared(2, operation="withdraw", replaces=1, amount=0))
    filled, gone = join(batch, {"li": PERSON}, mapping, Terms(consent=True), Capabilities())
    assert [entry.line.key for entry in filled.entries] == ["li/law/2026/1"] and gone == []
    _, gone = join(batch, {"li": PERSON}, mapping, Terms(), Capabilities(withdraw=False))
    assert [word.code for word in gone] == ["local.no_withdrawal"]


def test_a_course_without_the_platform_s_code_is_not_filed(tmp_path: Path) -> None:
    more = '[[column]]\nname = "项目编号"\nsource = "course.code"\nrequired = true\n[receipt]'
    (tmp_path / "m.toml").write_text(MAPPING.replace("[receipt]", more, 1))
    mapping = read_mapping(str(tmp_path / "m.toml"))
    assert refused(view(prepared(1)), mapping, PERSON) == ["local.course_not_registered:8"]
    filled, _ = join(view(prepared(1)), {"li": PERSON}, mapping, Terms(courses={"law": {"code": "CQ-12"}}), ALL)
    assert filled.entries[0].values["项目编号"] == "CQ-12"


def test_rows_that_our_side_refused_stay_out_and_the_platform_s_refusals_stay_in(mapping: FilingMapping) -> None:
    ours = prepared(1, code="local.person_unknown")
    theirs = prepared(1, course="rules", code="E1")
    filled, gone = join(view(ours, theirs), {"li": PERSON}, mapping, Terms(), ALL)
    assert ([entry.line.row for entry in filled.entries], gone) == (["li/rules/2026/1"], [])


def test_a_batch_that_was_changed_on_the_way_is_refused() -> None:
    batch = view(prepared(1), prepared(1, course="rules"))
    check_batch(batch)
    with pytest.raises(EvidenceError, match="Row"):
        check_batch(replace(batch, rows=({**batch.rows[0], "amount": "99"}, batch.rows[1])))
    with pytest.raises(EvidenceError, match="not those"):
        check_batch(replace(batch, rows=batch.rows[:1]))
    with pytest.raises(EvidenceError, match="another batch"):
        check_batch(replace(batch, batch_id="cq-2026-0002"))


def test_a_row_of_an_erased_learner_has_no_salt_and_its_digest_stays() -> None:
    batch = view(prepared(1))
    check_batch(replace(batch, rows=({**batch.rows[0], "learner": "alias-1", "salt": ""},)))
