"""Mapping files: every fault is named before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.filing_side import MAPPING
from zaichang.core.errors import ConfigError
from zaichang.hours.filing.mapping import read_mapping
from zaichang.ledger.filing.rows import RowState


def read(tmp_path: Path, text: str) -> object:
    (tmp_path / "m.toml").write_text(text)
    return read_mapping(str(tmp_path / "m.toml"))


def test_a_mapping_names_columns_codes_and_the_platform_s_words(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(MAPPING)
    mapping = read_mapping(str(tmp_path / "m.toml"))
    assert [column.name for column in mapping.columns][:3] == ["记录编号", "操作", "姓名"]
    assert mapping.amount_style == "tenths"
    assert mapping.receipt.states["不通过"] is RowState.REFUSED
    assert mapping.columns[1].codes["withdraw"] == "撤销"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("@1", "@2", "format"),
        ('source = "row.key"', 'source = "row.digest"', "unknown source"),
        ('source = "person.name"', 'source = "person."', "unknown source"),
        ('format = "tenths"', 'format = "rounded"', "unknown format"),
        ('format = "tenths"', 'format = "day"', "writes row.amount as day"),
        ('format = "day"', 'format = "tenths"', "writes row.last as tenths"),
        ('name = "姓名"', 'name = "操作"', "stands twice"),
        ('source = "row.amount"\nformat = "tenths"', 'source = "row.unit"', "row.amount is the source of no column"),
        ('source = "row.key"', 'source = "row.unit"', "row.key is the source of no column"),
        ('codes = { professional = "01", public = "02" }', "", "needs codes"),
        ("required = true", "needed = true", "unknown key"),
        ('"不通过" = "refused", ', "", "no word for refused"),
        ('"refused"', '"rejected"', "unknown state"),
        ('state = "结果"', "", "no heading for state"),
        ('[[column]]\nname = "记录编号"', '[column]\nname = "记录编号"', ""),
        ('name = "科目"', "", "needs a name"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in MAPPING
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, MAPPING.replace(old, new, 1))
    assert fault in refused.value.message


def test_a_constant_text_needs_a_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs a value"):
        read(tmp_path, MAPPING.replace('source = "person.name"', 'source = "text"', 1))
    with pytest.raises(ConfigError, match="list of tables"):
        read(tmp_path, 'format = "zaichang-filing-mapping@1"')
