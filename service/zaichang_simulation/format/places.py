"""Names the line of an error in a scenario file, and the word that was probably meant."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from zaichang_simulation.format.types import Table

_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*\"?([A-Za-z0-9_-]+)\"?\s*(?:\.|=)")
_PLACE = re.compile(r"^([A-Za-z_][A-Za-z0-9_-]*)(?:\[(\d+)\])?(?:\.([A-Za-z0-9_-]+))?")
_SAID = re.compile(r"^(.*?)(?: - at `(?:key in )?\$\.?(.*?)`)?$", re.DOTALL)
_FIELD = re.compile(r"^Object (contains unknown|missing required) field `(.*)`$")
_UNITS = {"_ms": "_s", "_sec": "_s", "_secs": "_s", "_seconds": "_s", "_min": "_s", "_minutes": "_s"}


def line_of(text: str, place: str) -> int | None:
    """Return the line of a place such as ``session.seed`` or ``camera[1].transforms[0].gain``, or of its table."""
    parsed = _PLACE.match(place)
    if parsed is None:
        return None
    section, index, key = parsed[1], int(parsed[2] or 0), parsed[3]
    current, counts, found = "", dict[str, int](), None
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header is not None:
            current = header[1]
            counts[current] = counts.get(current, -1) + 1
            if current == section and counts[current] == index:
                found = number
            elif key is not None and current == f"{section}.{key}" and counts.get(section, 0) == index:
                return number
            continue
        named = _KEY.match(line)
        if named is None:
            continue
        if current == "" and named[1] == section:
            return number
        if current == section and counts[current] == index and named[1] == key:
            return number
    return found


def located(text: str, place: str, message: str) -> str:
    """Return the message with its line and place before it."""
    line = line_of(text, place)
    return f"{place}: {message}" if line is None else f"Line {line}, {place}: {message}"


def explained(text: str, raw: Mapping[str, Any], root: type[Table], error: msgspec.ValidationError) -> str:
    """Return a validation error with its line, and with the keys that there are where an unknown one was used."""
    said = _SAID.match(str(error))
    message, place = (said[1], said[2] or "") if said is not None else (str(error), "")
    field = _FIELD.match(message)
    if field is None:
        if message.startswith(("Invalid enum value", "Invalid value")):
            options = sorted(_options(root, raw, place))
            message += f"; it may be {', '.join(options)}" if options else ""
        return located(text, place, f"{message}.") if place else f"{message}."
    if field[1].startswith("missing"):
        message = f"the key {field[2]} must be given."
        return located(text, place, message) if place else f"At the beginning of the file, {message}"
    known = sorted(_fields(root, raw, place))
    return located(
        text, f"{place}.{field[2]}" if place else field[2], f"there is no such key.{_meant(field[2], known)}"
    )


def _meant(key: str, known: Iterable[str]) -> str:
    options = list(known)
    for unit, seconds in _UNITS.items():
        if key.endswith(unit) and key.removesuffix(unit) + seconds in options:
            return f" Did you mean {key.removesuffix(unit)}{seconds} (times are seconds)?"
    near = difflib.get_close_matches(key, options, n=1, cutoff=0.6)
    if near:
        return f" Did you mean {near[0]}?"
    return f" There are: {', '.join(options)}." if options else ""


def _fields(root: type[Table], raw: Mapping[str, Any], place: str) -> set[str]:
    """Return the keys that the table at a place may have."""
    tables, _ = _at(root, raw, place)
    names = {field for table in tables for field in table.__struct_fields__}
    return names | {str(table.__struct_config__.tag_field) for table in tables if table.__struct_config__.tag_field}


def _options(root: type[Table], raw: Mapping[str, Any], place: str) -> set[str]:
    """Return the allowed words of a key that takes one of a few."""
    parent, _, key = place.rpartition(".")
    tables, every = _at(root, raw, parent)
    if any(table.__struct_config__.tag_field == key for table in every):
        return {str(table.__struct_config__.tag) for table in every}
    hints = [typing.get_type_hints(table).get(key.partition("[")[0]) for table in tables]
    return {word for hint in hints for word in _words_in(hint) if word}


def _at(root: type[Table], raw: Mapping[str, Any], place: str) -> tuple[list[type[Table]], list[type[Table]]]:
    """Return the tables that can stand at a place: those of the entry's own kind, and all."""
    tables: list[type[Table]] = [root]
    value: Any = raw
    for name, index in re.findall(r"([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]", place):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            value = value.get(name) if isinstance(value, Mapping) else None
            hints = {key: hint for table in tables for key, hint in typing.get_type_hints(table).items()}
            tables = _tables_in(hints.get(name))
    config = [(table, table.__struct_config__) for table in tables]
    tags = value if isinstance(value, Mapping) else {}
    mine = [table for table, each in config if each.tag_field and tags.get(each.tag_field) == each.tag]
    return mine or tables, tables


def _tables_in(hint: Any) -> list[type[Table]]:
    """Return the tables that a type names: of a tuple's items, of a union's members."""
    if isinstance(hint, type) and issubclass(hint, Table):
        return [hint]
    return [table for member in typing.get_args(hint) for table in _tables_in(member)]


def _words_in(hint: Any) -> list[str]:
    if typing.get_origin(hint) is typing.Literal:
        return [str(word) for word in typing.get_args(hint)]
    return [word for member in typing.get_args(hint) for word in _words_in(member)]
