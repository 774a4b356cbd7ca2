"""XLSX and CSV, written and read. Every cell is text: a name that begins with ``=`` is never a formula."""

from __future__ import annotations

import csv
import importlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Final

from zaichang.core.errors import ConfigError, PeerViolation
from zaichang.hours.filing.joining import FORMULA
from zaichang.hours.filing.people import decoded

KINDS: Final = ("xlsx", "csv")
READ_MAX_BYTES: Final = 32 * 1024 * 1024
UNPACKED_MAX_BYTES: Final = 256 * 1024 * 1024
ROWS_MAX: Final = 200_000
_DATED: Final = (1980, 1, 1, 0, 0, 0)


def write_sheet(kind: str, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """Return a sheet; equal rows give equal bytes.

    Args:
        kind: ``xlsx`` or ``csv`` (UTF-8 with a mark, as spreadsheets want it).
        columns: Headings.
        rows: Texts by heading.

    Raises:
        ConfigError: ``filing.unsafe_cell`` where a text of a CSV file would be taken for a formula;
            ``install.filing_missing``.
    """
    return _xlsx(columns, rows) if kind == "xlsx" else _csv(columns, rows)


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for number, row in enumerate(rows, 2):
        cells = [row[name] for name in columns]
        for name, cell in zip(columns, cells, strict=True):
            if cell.startswith(FORMULA):
                raise ConfigError(
                    "filing.unsafe_cell",
                    f"Line {number}, column {name}: a spreadsheet would take the text for a formula.",
                    "Correct the file of people, or file as xlsx, whose cells are marked as text.",
                )
        writer.writerow(cells)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    openpyxl = _openpyxl()
    book = openpyxl.Workbook()
    sheet = book.active
    for number, cells in enumerate([columns, *([row[name] for name in columns] for row in rows)], 1):
        for place, text in enumerate(cells, 1):
            cell = sheet.cell(number, place)
            cell.value = text
            cell.data_type = "s"  # not "f", also where the text begins like a formula
            cell.number_format = "@"
    data = io.BytesIO()
    book.save(data)
    return _undated(data.getvalue())


def _undated(data: bytes) -> bytes:
    """Return a workbook without the time of its making."""
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as new:
        for item in sorted(old.namelist()):
            if item == "docProps/core.xml":
                continue
            body = old.read(item)
            if item in ("[Content_Types].xml", "_rels/.rels"):
                body = _without_core(body)
            new.writestr(zipfile.ZipInfo(item, _DATED), body)
    return found.getvalue()


def _without_core(body: bytes) -> bytes:
    """Drop the element that names docProps/core.xml, which holds the time."""
    place = body.find(b"docProps/core.xml")
    return body if place < 0 else body[: body.rfind(b"<", 0, place)] + body[body.find(b"/>", place) + 2 :]


def read_sheet(data: bytes, name: str) -> list[dict[str, str]]:
    """Return the rows of an XLSX or CSV file as texts by heading.

    Args:
        data: The file.
        name: Its name; its ending tells the kind.

    Raises:
        PeerViolation: ``filing.answer`` where it is none, or too large.
        ConfigError: ``filing.encoding``, ``install.filing_missing``.
    """
    if len(data) > READ_MAX_BYTES:
        raise PeerViolation("filing.answer", f"{name} has more than {READ_MAX_BYTES} bytes.")
    rows = _read_xlsx(data, name) if name.endswith(".xlsx") else _read_csv(data, name)
    if not rows:
        raise PeerViolation("filing.answer", f"{name} has no head.")
    head = rows[0]
    return [
        dict(zip(head, [*row, *[""] * (len(head) - len(row))], strict=False)) for row in rows[1:] if any(row)
    ]  # fmt: skip


def _read_csv(data: bytes, name: str) -> list[list[str]]:
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(decoded(data, name)), strict=True)]
    except csv.Error as error:
        raise PeerViolation("filing.answer", f"{name} is no CSV ({error}).") from None


def _read_xlsx(data: bytes, name: str) -> list[list[str]]:
    openpyxl = _openpyxl()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            _check_parts(packed, name)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        found = [[_cell(cell) for cell in row] for row in book.active.iter_rows(max_row=ROWS_MAX, values_only=True)]
    except PeerViolation:
        raise
    except Exception as error:
        raise PeerViolation("filing.answer", f"{name} is no workbook ({type(error).__name__}).") from None
    return found


def _check_parts(packed: zipfile.ZipFile, name: str) -> None:
    """Refuse a workbook that unpacks too far, or whose XML declares entities, before a parser sees it."""
    if sum(item.file_size for item in packed.infolist()) > UNPACKED_MAX_BYTES:
        raise PeerViolation("filing.answer", f"{name} unpacks to more than {UNPACKED_MAX_BYTES} bytes.")
    for item in packed.namelist():
        if item.endswith((".xml", ".rels")):
            body = packed.read(item)
            if b"<!DOCTYPE" in body or b"<!ENTITY" in body or b"\x00" in body:
                raise PeerViolation("filing.answer", f"{name} has a document type in {item[:60]!r}.")


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _openpyxl() -> Any:
    """Return the module, which an optional extra installs.

    Raises:
        ConfigError: ``install.filing_missing``.
    """
    try:
        return importlib.import_module("openpyxl")
    except ImportError as error:
        raise ConfigError(
            "install.filing_missing",
            f"XLSX needs parts that are not installed ({error.name}).",
            "Install them: pip install 'zaichang[filing]'.",
        ) from error
