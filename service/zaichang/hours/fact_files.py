"""Files of facts (``zaichang-facts@1``): the entries of worked cases, and their statements."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from zaichang.core.civil import parse_moment
from zaichang.core.errors import ConfigError, UnreadableInput
from zaichang.hours.case_shapes import check_case
from zaichang.hours.cases import facts_of_case, read_toml
from zaichang.hours.packs import load_rules
from zaichang.ledger.count import count
from zaichang.ledger.digest import facts_digest
from zaichang.ledger.facts import Fact
from zaichang.ledger.readings import with_settings
from zaichang.ledger.rules import HourRules, rules_digest
from zaichang.ledger.statement import Statement, document
from zaichang.ledger.window import FAR_MS

FORMAT: Final = "zaichang-facts@1"
_KEYS: Final = ("format", "timezone", "learner", "published", "settings", "entry")


def read_facts(path: str) -> tuple[list[Fact], dict[str, Any]]:
    """Return the facts of a file and the readings that it sets.

    Raises:
        ConfigError: ``hours.not_found``, ``hours.unreadable``, ``hours.unknown_word`` or ``hours.invalid``.
    """
    tables = read_json(path) if path.endswith(".json") else read_toml(path)
    for key in tables:
        if key not in _KEYS:
            raise ConfigError("hours.unknown_word", f"{path} has the unknown key {key!r}.")
    if tables.get("format") != FORMAT:
        raise ConfigError("hours.unknown_word", f"{path} has the format {tables.get('format')!r}, not {FORMAT!r}.")
    check_case(tables)
    return facts_of_case(tables), tables.get("settings", {})


def read_json(path: str) -> dict[str, Any]:
    """Return the object of a JSON file.

    Raises:
        ConfigError: ``hours.not_found`` or ``hours.unreadable``.
    """
    try:
        value = json.loads(Path(path).read_text())
    except OSError as error:
        raise ConfigError("hours.not_found", f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError("hours.unreadable", f"{path} is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise ConfigError("hours.unreadable", f"{path} holds no JSON object.")
    return value


def rules_with(pack: str, settings: dict[str, Any]) -> HourRules:
    """Return a pack's rules with some readings set anew.

    Raises:
        ConfigError: ``hours.not_found``, ``hours.unknown_word`` or ``hours.invalid``.
    """
    rules = load_rules(pack)
    return replace(rules, readings=with_settings(rules.readings, settings))


def known_until(as_of: str | None) -> int:
    """Return the first moment that a statement of a day does not know.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    if as_of is None:
        return FAR_MS
    try:
        return parse_moment(as_of).end_ms
    except UnreadableInput as error:
        raise ConfigError("hours.invalid", error.message) from None


def statement_of(facts: list[Fact], rules: HourRules, year: int, as_of: str | None) -> tuple[Statement, dict[str, Any]]:
    """Return the statement and its document, which names the digests of its facts and rules.

    Raises:
        ConfigError: ``hours.invalid``.
        EvidenceError: ``hours.fact_conflict``.
    """
    statement = count(facts, rules, year, known_until(as_of))
    values: dict[str, Any] = document(statement)
    values |= {"facts_digest": facts_digest(facts), "rules_digest": rules_digest(rules)}
    return statement, values if as_of is None else values | {"as_of": as_of}
