"""Rows of an import: a CSV file in UTF-8 or GB18030, each row one activity; faults are named in both languages."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zaichang.core.errors import PeerViolation
from zaichang.ledger.entries.kinds import KEYS

IMPORT_MAX_BYTES: Final = 4_000_000
ROWS_MAX: Final = 2_000
_CELL_MAX_CHARS: Final = 2_000
NAMES: Final = {
    "编号": "ref", "学员代号": "learner", "项目": "item", "标题": "title", "用人单位": "unit", "纸质材料": "papers",
}  # fmt: skip
"""Chinese names of columns."""
OWN: Final = ("ref", "learner", "item", "title", "unit", "papers")
ERRORS: Final = ("错误", "error")
"""Columns that the corrected file may still have; they are passed over."""
_NEEDED: Final = ("ref", "learner", "item")
_YES: Final = {"是": True, "yes": True, "true": True, "否": False, "no": False, "false": False}
_ANSWERS: Final = frozenset(("passed", "paper", "registered_nationally", "filed", "audited", "recognised", "entered"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the file.

    Attributes:
        line: The line of the file at which it begins, from 1.
        cells: Its cells as they stand.
        values: Value by column name, without empty ones.
    """

    line: int
    cells: tuple[str, ...]
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of one row.

    Attributes:
        line: The row's line in the file.
        code: Stable code.
        zh: The fault in Chinese.
        en: The fault in English.
    """

    line: int
    code: str
    zh: str
    en: str


def read_rows(data: bytes) -> tuple[tuple[str, ...], list[Row]]:
    """Return the header and the rows of a file.

    Raises:
        PeerViolation: ``import.encoding``, ``import.header``, ``import.too_large``.
    """
    lines = _lines(_text(data))
    if not lines:
        raise PeerViolation("import.header", "The file is empty.", "Its first line names the columns.")
    if len(lines) - 1 > ROWS_MAX:
        raise PeerViolation("import.too_large", f"The file has more than {ROWS_MAX} rows.", "Send it in parts.")
    header = tuple(cell.strip() for cell in lines[0][1])
    names = [NAMES.get(name, name) for name in header]
    known = {*OWN, *ERRORS, *KEYS}
    unknown = next((name for name in names if name not in known), None)
    missing = next((name for name in _NEEDED if name not in names), None)
    if unknown is not None or missing is not None or len(set(names)) < len(names):
        wrong = f"has the unknown column {unknown[:40]!r}" if unknown is not None else f"lacks the column {missing}"
        if unknown is None and missing is None:
            wrong = "names a column twice"
        raise PeerViolation("import.header", f"The first line {wrong}.", "See docs/hours.md for the columns.")
    rows = []
    for line, cells in lines[1:]:
        values = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
        rows.append(Row(line=line, cells=tuple(cells), values={k: v for k, v in values.items() if k not in ERRORS}))
    return header, rows


def fault_of(row: Row, width: int) -> Fault | None:
    """Return the fault of a row's shape; None where it has none.

    Args:
        row: The row.
        width: How many columns the header has.
    """
    if len(row.cells) > width:
        return Fault(
            line=row.line, code="import.cells", zh="单元格比表头多。", en="The row has more cells than the header."
        )
    if any(len(cell) > _CELL_MAX_CHARS for cell in row.cells):
        return Fault(line=row.line, code="import.cells", zh="单元格内容过长。", en="A cell is too long.")
    for name in _NEEDED:
        if name not in row.values:
            zh = next(key for key, value in NAMES.items() if value == name)
            return Fault(line=row.line, code="import.missing", zh=f"缺少“{zh}”。", en=f"{name} is missing.")
    return None


def details_of(row: Row) -> dict[str, Any]:
    """Return the details of a row: words, yes or no, and days as ``2026-05-01=6;2026-05-02=8``."""
    details: dict[str, Any] = {}
    for name, value in row.values.items():
        if name in OWN:
            continue
        if name == "days":
            details[name] = [part.strip().split("=", 1) for part in value.split(";") if part.strip()]
        elif name in _ANSWERS and value.lower() in _YES:
            details[name] = _YES[value.lower()]
        else:
            details[name] = value
    return details


def papers_of(row: Row) -> dict[str, str]:
    """Return the papers of a row, written as ``diploma=A-12;chsi=A-13``."""
    parts = [part.strip().partition("=") for part in row.values.get("papers", "").split(";") if part.strip()]
    return {name.strip(): number.strip() for name, _, number in parts}


def correction(header: Sequence[str], rows: Sequence[Row], faults: Sequence[Fault]) -> str:
    """Return the faulty rows as a file to correct and send again: the same columns, with the faults behind them.

    Args:
        header: As it stood in the file.
        rows: All rows of the file.
        faults: The faults.
    """
    kept = [number for number, name in enumerate(header) if name not in ERRORS]
    by_line = {fault.line: fault for fault in faults}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*(header[number] for number in kept), *ERRORS])
    for row in rows:
        fault = by_line.get(row.line)
        if fault is not None:
            cells = [row.cells[number] if number < len(row.cells) else "" for number in kept]
            writer.writerow([*cells, fault.zh, fault.en])
    return out.getvalue()


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not blank, each with the line of the file at which it begins, from 1."""
    found, reader, before = [], csv.reader(io.StringIO(text, newline=""), strict=False), 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as error:
        raise PeerViolation(
            "import.header", f"Line {before + 1} is no CSV: {error}.", "Save it as CSV UTF-8."
        ) from None
    return found


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PeerViolation("import.encoding", "The file is neither UTF-8 nor GB18030.", "Save it as CSV UTF-8.")
