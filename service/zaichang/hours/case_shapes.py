"""The shape of a worked case, checked before it is counted: tables, lists, ids that exist, spans in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from typing import Any, Final

from zaichang.core.civil import parse_moment
from zaichang.core.errors import ConfigError, UnreadableInput
from zaichang.hours.case_words import check_words

DELIVERIES_MAX: Final = 100
"""How often one entry may be delivered again."""
_TEXTS: Final = ("entries", "of", "evidence")
_SIMPLE: Final = (str, int, float)
_LISTS: Final = {"notices", "pending", "pending_credits", "reported_not_recognised", "recognised", "years_met",
                 "institution_struck"}  # fmt: skip


def check_case(case: Mapping[str, Any]) -> None:
    """Refuse a case whose parts do not have the shape of the format.

    Raises:
        ConfigError: ``hours.invalid`` or ``hours.unknown_word``, with the key.
    """
    for key, of, wanted in (
        ("settings", dict, "a table"), ("learner", dict, "a table"), ("published", dict, "a table"),
        ("entry", list, "a list of tables"), ("period", list, "a list of years"), ("expect", dict, "a table"),
    ):  # fmt: skip
        if key in case and not isinstance(case[key], of):
            raise ConfigError("hours.invalid", f"{key} must be {wanted}, got {case[key]!r:.60}.")
    for name, value in case.get("settings", {}).items():
        if not isinstance(value, _SIMPLE):
            raise ConfigError("hours.invalid", f"settings.{name} must be a word or a number, got {value!r:.60}.")
    for institution, spans in case.get("published", {}).items():
        several = isinstance(spans, list) and spans and isinstance(spans[0], list)
        for span in spans if several else [spans]:
            check_span(span, f"published.{institution}", least=1)
    for entry in case.get("entry", []):
        if not isinstance(entry, dict):
            raise ConfigError("hours.invalid", f"entry must be a list of tables, got {entry!r:.60}.")
        _check_entry(entry)


def check_ids(case: Mapping[str, Any]) -> None:
    """Refuse ids that stand twice, ids that no entry has, and an expectation that is absent or of another shape.

    Raises:
        ConfigError: ``hours.invalid`` or ``hours.unknown_word``.
    """
    ids = [entry["id"] for entry in case.get("entry", [])]
    known = set(ids)
    if len(known) < len(ids):
        twice = next(name for name, times in Counter(ids).items() if times > 1)
        raise ConfigError("hours.invalid", f"Two entries have the id {twice!r}.")
    for entry in case.get("entry", []):
        for key in ("entries", "of"):
            named = entry.get(key, ())
            for name in (named,) if isinstance(named, str) else named:
                if name not in known:
                    raise ConfigError(
                        "hours.unknown_word", f"Entry {entry['id']!r}: {key} has the unknown id {name!r}."
                    )
    expect = case.get("expect")
    if not expect:
        raise ConfigError("hours.invalid", "The case has no expect.")
    if not isinstance(case.get("id"), str) or not case["id"]:
        raise ConfigError("hours.invalid", f"The case's id must be a text, got {case.get('id')!r}.")
    _check_expect(expect, known)


def _check_expect(expect: Mapping[str, Any], ids: Set[str]) -> None:
    for key in ("lines", "caps"):
        tables = expect.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise ConfigError("hours.invalid", f"expect.{key} must be a list of tables, got {tables!r:.60}.")
    for line in expect.get("lines", []):
        if line.get("entry") not in ids:
            raise ConfigError("hours.unknown_word", f"expect.lines has the unknown id {line.get('entry')!r}.")
    for key in _LISTS & expect.keys():
        parts = expect[key] if isinstance(expect[key], list) else []
        if not all(isinstance(part, str) for part in parts) or isinstance(expect[key], dict):
            raise ConfigError("hours.invalid", f"expect.{key} must be a list of texts, got {expect[key]!r:.60}.")
    if not isinstance(expect.get("notices", []), str | list):
        raise ConfigError("hours.invalid", f"expect.notices must be a list of texts, got {expect['notices']!r:.60}.")
    if not isinstance(expect.get("credits_by_unit", {}), dict):
        raise ConfigError("hours.invalid", "expect.credits_by_unit must be a table.")


def _check_entry(entry: Mapping[str, Any]) -> None:
    name = entry.get("id")
    if not isinstance(name, str) or not name:
        raise ConfigError("hours.invalid", f"Entry {name!r}: id must be a text, got {name!r}.")
    for key, value in entry.items():
        where = f"Entry {name!r}: {key}"
        if key in _TEXTS:
            listed = value if isinstance(value, list) else [value]
            if not all(isinstance(part, str) for part in listed) or (key == "evidence" and not isinstance(value, list)):
                raise ConfigError("hours.invalid", f"{where} must be a list of texts, got {value!r:.60}.")
            if key != "evidence" and not all(listed or [""]):
                raise ConfigError("hours.invalid", f"{where} names no entry.")
        elif key == "within":
            check_span(value, where, least=2)
        elif key == "days":
            if not isinstance(value, list) or not all(isinstance(day, list) and len(day) == 2 for day in value):
                raise ConfigError("hours.invalid", f"{where} must be a list of [date, hours], got {value!r:.60}.")
        elif key == "amounts":
            if not isinstance(value, dict) or not value:
                raise ConfigError("hours.invalid", f"{where} must be a table of amounts, got {value!r:.60}.")
        elif key == "delivered_again":
            if not isinstance(value, int) or not 0 <= value <= DELIVERIES_MAX:
                raise ConfigError("hours.invalid", f"{where} must be yes, no or at most {DELIVERIES_MAX}.")
        elif key not in ("runs", "clause", "note", "title", "id", "kind") and isinstance(value, list | dict):
            raise ConfigError("hours.invalid", f"{where} must be one value, got {value!r:.60}.")
    if "from" in entry and "to" in entry:
        check_span([entry["from"], entry["to"]], f"Entry {name!r}: from and to", least=2)
    check_words(entry)


def check_span(value: object, where: str, *, least: int) -> None:
    """Refuse a span that is no list of one or two dates in their order.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    if not isinstance(value, list) or not least <= len(value) <= 2:
        raise ConfigError("hours.invalid", f"{where} must be a list [from, to], got {value!r:.60}.")
    try:
        moments = [parse_moment(str(part)) for part in value]
    except UnreadableInput as error:
        raise ConfigError("hours.invalid", f"{where}: {error.message}") from None
    if moments[0].ms > moments[-1].ms:
        raise ConfigError("hours.invalid", f"{where} ends before it begins: {value!r:.60}.")
