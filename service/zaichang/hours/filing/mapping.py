"""Mapping files: the columns of a platform's document, where each value comes from, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from zaichang.core.errors import ConfigError
from zaichang.hours.cases import read_toml
from zaichang.ledger.filing.formats import AMOUNTS, DAYS
from zaichang.ledger.filing.rows import RowState

FORMAT: Final = "zaichang-filing-mapping@1"
ROW_SOURCES: Final = (
    "row.key", "row.replaces", "row.operation", "row.amount", "row.unit", "row.category", "row.course", "row.year",
    "row.first", "row.last", "row.statement", "batch.id", "batch.number", "batch.institution", "course.code",
    "course.title", "text",
)  # fmt: skip
"""Where a value may come from; ``person.NAME`` is a column of the file of people."""
FORMATS: Final = ("text", "code", "id_number", *AMOUNTS, *DAYS)
_COLUMN_KEYS: Final = ("name", "source", "format", "required", "codes", "value", "clause")
_FILE_KEYS: Final = ("format", "title", "column", "receipt", "listing")
_AMOUNT, _DAY_SOURCES = "row.amount", ("row.first", "row.last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: Its heading.
        source: One of ``ROW_SOURCES`` or ``person.NAME``.
        format: One of ``FORMATS``.
        required: Whether a row without a value is refused on our side.
        codes: The platform's code for each of our words.
        value: The text of a column with the source ``text``.
    """

    name: str
    source: str
    format: str
    required: bool = False
    codes: Mapping[str, str] = field(default_factory=dict)
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """Headings of a platform's receipt or list.

    Attributes:
        key: Column with our key.
        state: Column with the state; empty for a list.
        code: Column with the refusal's code, or empty.
        message: Column with its words, or empty.
        amount: Column with the amount, for a list.
        states: Our state for each of the platform's words.
    """

    key: str
    state: str = ""
    code: str = ""
    message: str = ""
    amount: str = ""
    states: Mapping[str, RowState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingMapping:
    """The mapping of one platform."""

    columns: tuple[Column, ...]
    receipt: Headings
    listing: Headings

    @property
    def amount_style(self) -> str:
        """How the platform's column writes amounts."""
        return next((column.format for column in self.columns if column.source == _AMOUNT), "exact")


def read_mapping(path: str) -> FilingMapping:
    """Return the mapping of a file.

    Raises:
        ConfigError: ``hours.not_found``, ``hours.unreadable``; ``filing.mapping`` naming the column and the fault.
    """
    tables = read_toml(path)
    if tables.get("format") != FORMAT:
        raise ConfigError("filing.mapping", f"{path} has the format {tables.get('format')!r}, not {FORMAT!r}.")
    _known(path, tables, _FILE_KEYS)
    columns = tuple(_column(path, each) for each in _tables(path, tables.get("column")))
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            _fault(path, name, "stands twice")
    if not any(column.source == "row.key" for column in columns):
        _fault(path, "row.key", "is the source of no column; an answer could not be joined")
    if not any(column.source == _AMOUNT for column in columns):
        _fault(path, _AMOUNT, "is the source of no column")
    return FilingMapping(
        columns=columns,
        receipt=_headings(path, "receipt", tables.get("receipt", {}), ("key", "state")),
        listing=_headings(path, "listing", tables.get("listing", {}), ("key", "amount")),
    )


def _column(path: str, table: Mapping[str, Any]) -> Column:
    name = str(table.get("name", ""))
    _known(path, table, _COLUMN_KEYS)
    source, written = table.get("source"), table.get("format", "text")
    if not name or not isinstance(source, str):
        _fault(path, name or "a column", "needs a name and a source")
    if source not in ROW_SOURCES and not (source.startswith("person.") and len(source) > len("person.")):
        _fault(path, name, f"has the unknown source {source!r}")
    if written not in FORMATS:
        _fault(path, name, f"has the unknown format {written!r}; known: {', '.join(FORMATS)}")
    if (source == _AMOUNT) != (written in AMOUNTS) or (source in _DAY_SOURCES) != (written in DAYS):
        _fault(path, name, f"writes {source} as {written}")
    codes = table.get("codes", {})
    if (written == "code") != bool(codes) or not _texts(codes):
        _fault(path, name, "needs codes, a table of texts, exactly where its format is code")
    if (source == "text") != ("value" in table):
        _fault(path, name, "needs a value exactly where its source is text")
    return Column(
        name=name,
        source=source,
        format=written,
        required=table.get("required", False) is True,
        codes=codes,
        value=str(table.get("value", "")),
    )


def _headings(path: str, place: str, table: Mapping[str, Any], needed: tuple[str, ...]) -> Headings:
    _known(path, table, ("key", "state", "code", "message", "amount", "states"))
    for name in needed:
        if not isinstance(table.get(name), str):
            _fault(path, place, f"names no heading for {name}")
    states: dict[str, RowState] = {}
    for word, state in table.get("states", {}).items():
        if state not in list(RowState):
            _fault(path, place, f"has the unknown state {state!r}")
        states[word] = RowState(state)
    if "state" in needed and RowState.REFUSED not in states.values():
        _fault(path, place, "has no word for refused, so a refusal could not be seen")
    texts = {name: str(table.get(name, "")) for name in ("key", "state", "code", "message", "amount")}
    return Headings(**texts, states=states)


def _tables(path: str, value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
        _fault(path, "column", "must be a list of tables, written [[column]]")
    return list(value)


def _known(path: str, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in table:
        if key not in keys:
            _fault(path, str(table.get("name", "the file")), f"has the unknown key {key!r}")


def _texts(table: object) -> bool:
    return isinstance(table, dict) and all(isinstance(value, str) for value in table.values())


def _fault(path: str, name: str, what: str) -> NoReturn:
    raise ConfigError("filing.mapping", f"{path}: {name} {what}.")
