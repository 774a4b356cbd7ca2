"""XLSX and CSV: texts stay texts, equal rows give equal bytes, and foreign files are read with care."""

from __future__ import annotations

import io
import zipfile

import pytest

from zaichang.adapters.filing import sheets
from zaichang.adapters.filing.sheets import read_sheet, write_sheet
from zaichang.core.errors import ConfigError, PeerViolation

COLUMNS = ["编号", "姓名"]
ROWS = [{"编号": "007", "姓名": "李明"}, {"编号": "=1+1", "姓名": "+86 -x @a"}]


def test_every_cell_of_a_workbook_is_text_and_no_formula() -> None:
    data = write_sheet("xlsx", COLUMNS, ROWS)
    assert read_sheet(data, "a.xlsx") == ROWS
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet and b't="n"' not in sheet
    assert sheet.count(b't="s"') + sheet.count(b't="inlineStr"') == 6


def test_equal_rows_give_equal_bytes() -> None:
    assert write_sheet("xlsx", COLUMNS, ROWS) == write_sheet("xlsx", COLUMNS, ROWS)
    assert write_sheet("xlsx", COLUMNS, ROWS) != write_sheet("xlsx", COLUMNS, ROWS[:1])


def test_a_csv_file_keeps_texts_and_refuses_a_formula() -> None:
    data = write_sheet("csv", COLUMNS, ROWS[:1])
    assert data.startswith(b"\xef\xbb\xbf") and read_sheet(data, "a.csv") == ROWS[:1]
    for text in ("=1", "+1", "-1", "@a"):
        with pytest.raises(ConfigError) as refused:
            write_sheet("csv", COLUMNS, [{"编号": text, "姓名": ""}])
        assert refused.value.code == "filing.unsafe_cell"


def test_numbers_of_a_hand_made_receipt_are_read_as_texts() -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["key", "amount"], ["a", 2.0], ["b", 2.5], [None, None]):
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    assert read_sheet(data.getvalue(), "a.xlsx") == [{"key": "a", "amount": "2"}, {"key": "b", "amount": "2.5"}]


@pytest.mark.parametrize(("name", "data"), [("a.xlsx", b"PK"), ("a.csv", b""), ("a.csv", b'"a'), ("a.xlsx", b"")])
def test_files_that_are_none_are_refused(name: str, data: bytes) -> None:
    with pytest.raises(PeerViolation):
        read_sheet(data, name)


def test_a_packed_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "UNPACKED_MAX_BYTES", 1_000)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 1_001)
    with pytest.raises(PeerViolation, match="unpacks"):
        read_sheet(data.getvalue(), "a.xlsx")


def test_entities_of_a_foreign_workbook_are_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(write_sheet("xlsx", COLUMNS, ROWS))) as old, zipfile.ZipFile(packed, "w") as new:
        for item in old.namelist():
            body = old.read(item)
            if item == "xl/workbook.xml":
                body = b'<!DOCTYPE x [<!ENTITY a "b">]>' + body[body.find(b"?>") + 2 if b"?>" in body else 0 :]
            new.writestr(item, body)
    with pytest.raises(PeerViolation, match="document type"):
        read_sheet(packed.getvalue(), "a.xlsx")
