"""The tables of docs/simulation.md, made from the format's own types, so that page and loader cannot differ.

``python -m zaichang_simulation.format.reference docs/simulation.md`` rewrites what stands between
``<!-- fields: NAME -->`` and ``<!-- end fields -->``.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect as types

from zaichang_simulation.format import actions, camera, cheats, network, passkeys, scenario
from zaichang_simulation.format.types import Table

_BLOCK = re.compile(r"<!-- fields: (\w+) -->\n.*?<!-- end fields -->", re.DOTALL)
_UNIONS: dict[str, Any] = {
    "camera": camera.CameraEntry,
    "transforms": camera.Transform,
    "player": actions.PlayerAction,
    "network": network.NetworkEntry,
    "cheat": cheats.CheatEntry,
    "server": actions.ServerEntry,
}
_TABLES: dict[str, type[Table]] = {
    "scenario": scenario.Scenario,
    "session": scenario.SessionTable,
    "question": scenario.QuestionTable,
    "client": scenario.ClientTable,
    "challenge": actions.ChallengeRule,
    "passkey": passkeys.PasskeyTable,
    "clock": network.ClockEntry,
    "expect": scenario.ExpectTable,
    "expect_session": scenario.ExpectSession,
    "expect_period": scenario.ExpectPeriod,
}
_LISTS = frozenset({*_UNIONS, "question", "client", "challenge", "passkey", "clock", "expect_session", "expect_period"})


def render(page: str) -> str:
    """Return the page with every table made anew.

    Raises:
        KeyError: For a table that the format does not have.
    """
    return _BLOCK.sub(lambda match: f"<!-- fields: {match[1]} -->\n{_fields(match[1])}<!-- end fields -->", page)


def _fields(name: str) -> str:
    if name in _TABLES:
        return _table(
            _TABLES[name], skip=frozenset(_LISTS | {"session", "policy", "expect"} if name == "scenario" else ())
        )
    members: tuple[type[Table], ...] = _UNIONS[name].__args__
    shared = frozenset.intersection(*(frozenset(_names(member)) for member in members))
    tag_field = members[0].__struct_config__.tag_field
    text = ""
    if shared:
        text += f"Every `{name}` entry has:\n\n" + _table(members[0], only=shared)
        text += "\n"
    text += f"| `{tag_field} =` | what it means | its own fields |\n|---|---|---|\n"
    for member in members:
        own = "; ".join(_one_line(member, field, shared) for field in _names(member) if _shown(member, field, shared))
        text += f"| `{member.__struct_config__.tag}` | {_summary(member)} | {own} |\n"
    return text


def _names(table: type[Table]) -> tuple[str, ...]:
    return table.__struct_fields__


def _shown(table: type[Table], field: str, shared: frozenset[str]) -> bool:
    if field not in shared:
        return True
    return field in inspect.get_annotations(table)  # says the same field with another default


def _one_line(table: type[Table], field: str, shared: frozenset[str]) -> str:
    about = _about(table, field)
    meaning = "" if field in shared else _meaning(table, field)
    allowed = _allowed(about.type)
    return f"`{field}` ({allowed}{_default(about)})" + (f": {meaning}" if meaning else "")


def _table(table: type[Table], *, only: frozenset[str] | None = None, skip: frozenset[str] = frozenset()) -> str:
    text = "| field | what it may be | default | meaning |\n|---|---|---|---|\n"
    for field in _names(table):
        if field in skip or (only is not None and field not in only):
            continue
        about = _about(table, field)
        default = _default(about).removeprefix(", ").removeprefix("default ")
        text += f"| `{field}` | {_allowed(about.type)} | {default} | {_meaning(table, field)} |\n"
    return text


def _about(table: type[Table], field: str) -> types.Field:
    info = types.type_info(table)
    if not isinstance(info, types.StructType):
        raise TypeError(f"{table} is not a table")
    return next(each for each in info.fields if each.name == field)


def _default(about: types.Field) -> str:
    if about.required:
        return ", must be given"
    value = about.default_factory() if about.default is msgspec.NODEFAULT else about.default
    if value is None:
        return ", default not given"
    if isinstance(value, bool):
        return f", default `{str(value).lower()}`"
    if isinstance(value, str):
        return f', default `"{value}"`'
    if isinstance(value, tuple | dict):
        return ", default `[" + ", ".join(f'"{item}"' for item in value) + "]`"
    return f", default `{value:g}`"


def _allowed(of: types.Type) -> str:
    match of:
        case types.BoolType():
            return "true or false"
        case types.IntType() | types.FloatType():
            kind = "whole number" if isinstance(of, types.IntType) else "number"
            return f"{kind} {_bounds(of)}".strip()
        case types.StrType(pattern=pattern, max_length=longest):
            if pattern:
                return "text like `" + pattern.strip("^$").replace("|", "\\|") + "`"
            return f"text, at most {longest} characters" if longest else "text"
        case types.LiteralType(values=values):
            return "one of " + ", ".join(f'`"{value}"`' for value in values)
        case types.UnionType():
            return " or ".join(_allowed(each) for each in of.types if not isinstance(each, types.NoneType))
        case types.VarTupleType(item_type=item):
            return "list of " + ("tables, see below" if isinstance(item, types.UnionType) else _allowed(item))
        case types.TupleType():
            return "pair of " + _allowed(of.item_types[0])
        case _:
            return "table"


def _bounds(of: types.IntType | types.FloatType) -> str:
    low = f"{of.ge:g}" if of.ge is not None else (f"above {of.gt:g}" if of.gt is not None else "")
    high = f"{of.le:g}" if of.le is not None else (f"below {of.lt:g}" if of.lt is not None else "")
    return f"{low} to {high}" if low and high else low or high


def _summary(table: type[Table]) -> str:
    return _cell(inspect.getdoc(table).split("Attributes:")[0])  # type: ignore[union-attr]  # every table has a docstring


def _meaning(table: type[Table], field: str) -> str:
    for cls in table.__mro__:
        doc = cls.__dict__.get("__doc__") or ""
        found = re.search(rf"^\s+{field}: (.*?)(?=^\s+\w+: |\Z)", inspect.cleandoc(doc), re.MULTILINE | re.DOTALL)
        if "Attributes:" in doc and found:
            return _cell(found[1])
    return ""


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("``", "`").strip()


def main() -> int:
    """Rewrite the page named on the command line."""
    path = Path(sys.argv[1])
    path.write_text(render(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
