"""Worked cases: a learner's history and the statement that must come out (``zaichang-ledger-cases@1``)."""

from __future__ import annotations

import datetime
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from zaichang.core.civil import parse_moment
from zaichang.core.errors import ConfigError, UnreadableInput, ZaichangError
from zaichang.hours.case_shapes import check_case, check_ids
from zaichang.hours.comparison import Difference, differences
from zaichang.hours.packs import load_rules
from zaichang.ledger.count import count
from zaichang.ledger.entries.kinds import facts_of, learner, publications
from zaichang.ledger.facts import Fact
from zaichang.ledger.readings import names, with_settings
from zaichang.ledger.rules import HourRules
from zaichang.ledger.statement import Statement
from zaichang.ledger.window import FAR_MS

FORMAT: Final = "zaichang-ledger-cases@1"
_FILE_KEYS: Final = ("format", "timezone", "case", "title", "note")
_CASE_KEYS: Final = (
    "id pack year title clause note as_of settings published learner period entry expect".split()
)  # fmt: skip
FILE_MAX_BYTES: Final = 16_777_216
_ZONES: Final = ("+08:00", "Asia/Shanghai", "Asia/Chongqing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came out of one case.

    Attributes:
        case: Its id.
        differences: The fields that differ.
        unknown: The word that the command does not know; None where it knows all.
    """

    case: str
    differences: tuple[Difference, ...] = ()
    unknown: str | None = None

    @property
    def ok(self) -> bool:
        """Whether all that the case expects came out."""
        return self.unknown is None and not self.differences


def read_cases(path: str) -> list[dict[str, Any]]:
    """Return the cases of a file.

    Raises:
        ConfigError: ``hours.not_found``, ``hours.unreadable`` or ``hours.unknown_word``.
    """
    tables = read_toml(path)
    for key in tables:
        if key not in _FILE_KEYS:
            raise ConfigError("hours.unknown_word", f"{path} has the unknown key {key!r}.")
    if tables.get("format") != FORMAT:
        raise ConfigError("hours.unknown_word", f"{path} has the format {tables.get('format')!r}, not {FORMAT!r}.")
    if tables.get("timezone", "+08:00") not in _ZONES:
        raise ConfigError("hours.unknown_word", f"{path} has the time zone {tables['timezone']!r}; China's is +08:00.")
    cases: list[dict[str, Any]] = tables.get("case", [])
    if not _are_tables(cases):
        raise ConfigError("hours.invalid", f"{path}: case must be a list of tables, written [[case]].")
    ids = [case["id"] for case in cases if isinstance(case.get("id"), str)]
    if len(set(ids)) < len(ids):
        twice = next(name for name, times in Counter(ids).items() if times > 1)
        raise ConfigError("hours.invalid", f"{path}: two cases have the id {twice!r}.")
    return cases


def _are_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(part, dict) for part in value)


def read_toml(path: str) -> dict[str, Any]:
    """Return a TOML file's tables, dates and times as texts.

    Raises:
        ConfigError: ``hours.not_found`` or ``hours.unreadable``.
    """
    try:
        if Path(path).stat().st_size > FILE_MAX_BYTES:
            raise ConfigError("hours.unreadable", f"{path} has more than {FILE_MAX_BYTES} bytes.")
        found: dict[str, Any] = _texts(tomllib.loads(Path(path).read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise ConfigError("hours.not_found", f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError("hours.unreadable", f"{path} is not TOML: {error}.") from None
    return found


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _texts(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_texts(part) for part in value]
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else value


def run_case(case: Mapping[str, Any]) -> Result:
    """Count one case and compare."""
    name = str(case.get("id", "?"))
    try:
        rules, statements = statements_of(case)
        check_ids(case)
        found = differences(case["expect"], case.get("entry", []), rules, statements)
    except ZaichangError as error:
        return Result(case=name, unknown=f"{error.message} {error.hint}".strip())
    return Result(case=name, differences=tuple(found))


def statements_of(case: Mapping[str, Any]) -> tuple[HourRules, dict[int, Statement]]:
    """Return the rules and the statements of a case: the year's first, then those of its period.

    Raises:
        ConfigError: ``hours.unknown_word``, ``hours.invalid`` or ``hours.not_found``.
        EvidenceError: ``hours.fact_conflict``.
    """
    for key in case:
        if key not in _CASE_KEYS:
            raise ConfigError("hours.unknown_word", f"The case has the unknown key {key!r}.")
    check_case(case)
    rules = load_rules(str(case.get("pack")))
    foreign = sorted(case.get("settings", {}).keys() & set(names()) - {name for name, _ in rules.cites})
    if foreign:
        raise ConfigError("hours.unknown_word", f"The pack {rules.name} has no reading {foreign[0]!r}.")
    rules = replace(rules, readings=with_settings(rules.readings, case.get("settings", {})))
    facts = facts_of_case(case)
    known_ms = FAR_MS
    if "as_of" in case:
        try:
            known_ms = parse_moment(str(case["as_of"])).end_ms
        except UnreadableInput as error:
            raise ConfigError("hours.invalid", error.message) from None
    years = [_year(case.get("year")), *(_year(label) for label in case.get("period", []))]
    return rules, {year: count(facts, rules, year, known_ms) for year in dict.fromkeys(years)}


def facts_of_case(case: Mapping[str, Any]) -> list[Fact]:
    """Return the facts of a case, or of a file of facts: entries, publications and the learner's dates.

    Raises:
        ConfigError: ``hours.unknown_word`` or ``hours.invalid``.
    """
    return [
        *facts_of(case.get("entry", [])),
        *publications(case.get("published", {})),
        *learner(case.get("learner", {})),
    ]


def _year(label: object) -> int:
    text = str(label)
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise ConfigError("hours.invalid", f"The year must be a label such as 2026, got {label!r}.")
    return int(text)
