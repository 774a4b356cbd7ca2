"""Rows of an import: both encodings, Chinese headers, and faults of the file and of a row."""

from __future__ import annotations

import pytest

from zaichang.core.errors import PeerViolation
from zaichang.hours.activities.import_rows import (
    ROWS_MAX,
    Fault,
    correction,
    details_of,
    fault_of,
    papers_of,
    read_rows,
)

HEADER = "编号,学员代号,项目,标题,纸质材料,awarded,days,passed\n"
ROW = 'r-1,p-1,degree,"硕士, 药学",diploma=A-1;chsi=A-2,2026-06-20,2026-05-01=6; 2026-05-02=8,是\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_row_is_read_in_each_encoding(encoding: str) -> None:
    header, [row] = read_rows((HEADER + ROW + "\n,,,\n").encode(encoding))
    assert header[0] == "编号" and fault_of(row, len(header)) is None
    assert (row.line, row.values["title"], row.values["learner"]) == (2, "硕士, 药学", "p-1")
    assert papers_of(row) == {"diploma": "A-1", "chsi": "A-2"}
    assert details_of(row) == {
        "awarded": "2026-06-20", "days": [["2026-05-01", "6"], ["2026-05-02", "8"]], "passed": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "import.header"),
        (b"ref,learner\n", "import.header"),
        (b"ref,learner,item,nonsense\n", "import.header"),
        (b"ref,learner,item,item\n", "import.header"),
        (b"ref,learner,item\n\xff\xff\n", "import.encoding"),
        (b"ref,learner,item\n" + b"1,2,3\n" * (ROWS_MAX + 1), "import.too_large"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(data: bytes, code: str) -> None:
    with pytest.raises(PeerViolation) as caught:
        read_rows(data)
    assert caught.value.code == code


def test_a_row_s_shape_is_checked() -> None:
    header, rows = read_rows(b"ref,learner,item\n1,p-1,degree,more\n1,,degree\n" + b"1,p-1," + b"x" * 3_000 + b"\n")
    faults = [fault_of(row, len(header)) for row in rows]
    assert [fault and fault.code for fault in faults] == ["import.cells", "import.missing", "import.cells"]
    assert faults[1] is not None and "学员代号" in faults[1].zh and "learner" in faults[1].en


def test_the_correction_has_the_faulty_rows_and_can_be_sent_again() -> None:
    header, rows = read_rows(f"{HEADER}{ROW}{ROW}".encode())
    text = correction(header, rows, [Fault(line=3, code="x", zh="缺少", en="missing")])
    again, [row] = read_rows(text.encode())
    assert again == (*header, "错误", "error")
    assert dict(row.values) == dict(rows[1].values), "the columns of the faults are passed over"
    twice = correction(again, [row], [Fault(line=2, code="x", zh="仍缺少", en="still missing")])
    assert read_rows(twice.encode())[0] == again and "仍缺少" in twice and "缺少,missing" not in twice


def test_a_cell_beyond_all_limits_is_a_fault_of_the_file() -> None:
    with pytest.raises(PeerViolation, match=r"import\.header"):
        read_rows(b"ref,learner,item\n1,p-1," + b"x" * 140_000 + b"\n")


def test_a_row_has_the_line_at_which_it_begins_in_the_file() -> None:
    _, rows = read_rows(b'\nref,learner,item,title\n\n1,p-1,degree,"two\nlines"\n,,,\n2,p-2,degree,x\n')
    assert [(row.line, row.values["ref"]) for row in rows] == [(4, "1"), (7, "2")]
