"""Reads hour rules from the tables of a pack: unknown keys are refused, and each number says where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Final, TypeVar

from zaichang.core.errors import ConfigError
from zaichang.ledger.readings import Readings, with_settings
from zaichang.ledger.rules import Gate, HourRules, Item, Measure, Need, Per

_TEXTS: Final = ("name", "version", "title_zh", "title_en", "basis", "text_sha256", "valid_from", "valid_to", "unit")
_PACK: Final = (*_TEXTS, "example", "year_starts", "measures", "audit_by", "required_after_qualification", "makeup",
                "notices", "home", "public_share", "public_advice")  # fmt: skip
_NEED: Final = ("measure", "at_least", "share", "cite")
_ITEM: Final = ("name", "per", "unit", "category", "rates", "steps_min", "short_from_min", "short", "cap_day",
                "cap_each", "cap_year", "once_per_activity", "fixed_category", "ranks", "whole_months", "whole",
                "whole_passed", "gates", "cite")  # fmt: skip
_CITED: Final = ("year_starts", "audit_by", "required_after_qualification", "makeup", "notices", "home",
                 "public_share", "public_advice")  # fmt: skip
_Word = TypeVar("_Word", bound=StrEnum)
Table = Mapping[str, object]


def read_rules(tables: Table, source: str) -> HourRules:
    """Check a pack and return its rules.

    Args:
        tables: ``pack``, ``readings``, ``need``, ``item`` and ``cite``, as a TOML file has them.
        source: Names the file in messages.

    Raises:
        ConfigError: ``hours.unknown_key``, ``hours.unknown_word`` or ``hours.invalid``, naming the place.
    """
    _only(tables, ("pack", "readings", "need", "item", "cite"), source)
    pack, settings, cite = (_table(tables, name, source) for name in ("pack", "readings", "cite"))
    _only(pack, _PACK, f"{source} [pack]")
    for name in (*settings, *(name for name in pack if name in _CITED)):
        if name not in cite:
            raise ConfigError(
                "hours.invalid",
                f"{source} sets {name} without saying why.",
                "Name the clause in [cite], or our choice.",
            )
    _only(cite, (*settings, *_CITED), f"{source} [cite]")
    texts = {name: _text(pack, name, source) for name in _TEXTS}
    items = tuple(_item(table, source) for table in _tables(tables, "item", source))
    return HourRules(
        **texts,
        example=pack.get("example") is True,
        year_starts=_day(pack, "year_starts", source) or (1, 1),
        measures=_words(Measure, pack, "measures", source),
        needs=tuple(_need(table, source) for table in _tables(tables, "need", source)),
        items=items,
        readings=with_settings(Readings(), settings),
        public_share=_number(pack, "public_share", source),
        public_advice=_number(pack, "public_advice", source),
        audit_by=_day(pack, "audit_by", source),
        required_after_qualification=pack.get("required_after_qualification") is True,
        makeup=pack.get("makeup") is True,
        notices=tuple(sorted(_list(pack, "notices", source))),
        home=tuple(_list(pack, "home", source)),
        cites=tuple((name, _text(cite, name, source)) for name in cite),
    )


def _need(table: Table, source: str) -> Need:
    _only(table, _NEED, f"{source} [[need]]")
    at_least = _number(table, "at_least", source)
    if at_least is None:
        raise ConfigError("hours.invalid", f"{source} has a need without at_least.")
    return Need(
        measure=_word(Measure, table, "measure", source),
        at_least=at_least,
        share=_number(table, "share", source),
        cite=_text(table, "cite", source),
    )


def _item(table: Table, source: str) -> Item:
    name = _text(table, "name", source)
    where = f"{source} [[item]] {name}"
    _only(table, _ITEM, where)
    months = table.get("whole_months")
    if months is not None and (type(months) is not int or months < 1):
        raise ConfigError("hours.invalid", f"{where}: whole_months must be a whole number above zero.")
    return Item(
        name=name,
        per=_word(Per, table, "per", where),
        unit=_text(table, "unit", where),
        category=_text(table, "category", where) if "category" in table else "",
        rates=_pairs(table, "rates", where),
        steps_min=_pairs(table, "steps_min", where),
        short_from_min=_number(table, "short_from_min", where),
        short=_pairs(table, "short", where),
        cap_day=_number(table, "cap_day", where),
        cap_each=_number(table, "cap_each", where),
        cap_year=_number(table, "cap_year", where),
        fixed_category=table.get("fixed_category") is True,
        once_per_activity=table.get("once_per_activity") is True,
        ranks=frozenset(_list(table, "ranks", where)),
        whole_months=months,
        whole=_number(table, "whole", where),
        whole_passed=table.get("whole_passed") is True,
        gates=tuple(gate for gate in Gate if gate in _words(Gate, table, "gates", where)),
        cite=_text(table, "cite", where),
    )


def _only(table: Table, known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(
                "hours.unknown_key", f"{where} has the unknown key {key!r}.", f"Known: {', '.join(known)}."
            )


def _table(tables: Table, name: str, source: str) -> Table:
    table = tables.get(name)
    if not isinstance(table, Mapping):
        raise ConfigError("hours.invalid", f"{source} lacks the table [{name}].")
    return table


def _tables(tables: Table, name: str, source: str) -> list[Table]:
    found = tables.get(name)
    if not isinstance(found, list) or not all(isinstance(table, Mapping) for table in found):
        raise ConfigError("hours.invalid", f"{source} lacks the tables [[{name}]].")
    return found


def _text(table: Table, name: str, where: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 600:
        raise ConfigError("hours.invalid", f"{where}: {name} must be a text of 1 to 600 characters.")
    return value


def _list(table: Table, name: str, where: str) -> list[str]:
    value = table.get(name, [])
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise ConfigError("hours.invalid", f"{where}: {name} must be a list of texts.")
    return value


def _exact(value: object, name: str, where: str) -> Fraction:
    try:
        number = Fraction(value) if isinstance(value, str) else Fraction(-1)
    except (ValueError, ZeroDivisionError):
        number = Fraction(-1)
    if number < 0:
        raise ConfigError("hours.invalid", f'{where}: {name} must be a number as a text, such as "60", got {value!r}.')
    return number


def _number(table: Table, name: str, where: str) -> Fraction | None:
    return _exact(table[name], name, where) if name in table else None


def _pairs(table: Table, name: str, where: str) -> tuple[tuple[str, Fraction], ...]:
    value = table.get(name, {})
    if not isinstance(value, Mapping):
        raise ConfigError("hours.invalid", f"{where}: {name} must be a table of role and number.")
    return tuple((role, _exact(number, name, where)) for role, number in value.items())


def _day(table: Table, name: str, where: str) -> tuple[int, int] | None:
    if name not in table:
        return None
    month, _, day = _text(table, name, where).partition("-")
    if not (
        month.isdigit() and day.isdigit() and 1 <= int(month) <= 12 and 1 <= int(day) <= 28 + (name == "audit_by") * 3
    ):
        raise ConfigError("hours.invalid", f"{where}: {name} must be month and day, such as 11-01.")
    return int(month), int(day)


def _word(words: type[_Word], table: Table, name: str, where: str) -> _Word:
    return _known(words, table.get(name), name, where)


def _words(words: type[_Word], table: Table, name: str, where: str) -> tuple[_Word, ...]:
    return tuple(_known(words, value, name, where) for value in _list(table, name, where))


def _known(words: type[_Word], value: object, name: str, where: str) -> _Word:
    for word in words:
        if word == value:
            return word
    raise ConfigError(
        "hours.unknown_word", f"{where}: {name} has the unknown word {value!r}.", f"Known: {', '.join(words)}."
    )
