"""Checklists: shipped TOML files beside the hour rules, one for each pack that takes activities."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from zaichang.core.errors import ConfigError, NotFound
from zaichang.ledger.activities.checklist import Checklist, Document, ListedItem
from zaichang.ledger.entries.kinds import ITEMS, KEYS, KINDS

FORMAT: Final = "zaichang-checklist@1"
_TOP: Final = frozenset(("format", "rules", "appeal_days", "appeal_cite", "item"))
_ITEM: Final = frozenset(
    "name kind zh en employer signed fixed required optional cite document".split(),
)
_DOCUMENT: Final = frozenset(("name", "zh", "en"))


def shipped_checklists() -> tuple[str, ...]:
    """Return the names of the hour rules that have a checklist."""
    folder = resources.files("zaichang") / "policies" / "checklists"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def load_checklist(rules: str) -> Checklist:
    """Load the shipped checklist of a pack of hour rules.

    Raises:
        NotFound: ``activity.rules`` where none is shipped.
    """
    if rules not in shipped_checklists():
        raise NotFound(
            "activity.rules",
            f"There is no checklist for the hour rules {rules[:40]!r}.",
            f"Shipped: {', '.join(shipped_checklists())}.",
        )
    data = (resources.files("zaichang") / "policies" / "checklists" / f"{rules}.toml").read_bytes()
    return parse_checklist(data, rules)


def parse_checklist(data: bytes, source: str) -> Checklist:
    """Parse and check a checklist.

    Args:
        data: The TOML file.
        source: Names it in messages.

    Raises:
        ConfigError: ``hours.unreadable``, ``hours.unknown_key``, ``hours.unknown_word`` or ``hours.invalid``.
    """
    try:
        tables = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("hours.unreadable", f"{source} is not TOML: {error}.") from None
    _only(tables, _TOP, source)
    if tables.get("format") != FORMAT:
        raise ConfigError("hours.unknown_word", f"{source} has the format {tables.get('format')!r}, not {FORMAT!r}.")
    items = tuple(_item(table, source) for table in tables.get("item", []))
    if len({item.name for item in items}) < len(items):
        raise ConfigError("hours.invalid", f"{source} names an item twice.")
    days = tables.get("appeal_days")
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 366:
        raise ConfigError("hours.invalid", f"{source}: appeal_days must be 1 to 366.")
    return Checklist(
        rules=_text(tables, "rules", source),
        appeal_days=days,
        appeal_cite=_text(tables, "appeal_cite", source),
        items=items,
    )


def _item(table: Mapping[str, Any], source: str) -> ListedItem:
    _only(table, _ITEM, source)
    for key in ("employer", "required", "optional", "document"):
        if key not in table:
            raise ConfigError("hours.invalid", f"{source}: an item lacks {key}.")
    name, kind, fixed = _text(table, "name", source), _text(table, "kind", source), table.get("fixed", {})
    where = f"{source} [{name}]"
    if kind not in KINDS or fixed.get("item", "paper") not in ITEMS:
        raise ConfigError("hours.unknown_word", f"{where} has an unknown kind or item.")
    listed = [part for names in (table["required"], table["optional"]) for each in names for part in each.split("|")]
    for word in (*listed, *fixed):
        if word not in KEYS:
            raise ConfigError("hours.unknown_word", f"{where} has the unknown detail {word!r}.")
    documents = table["document"]
    for document in documents:
        _only(document, _DOCUMENT, where)
    return ListedItem(
        name=name,
        kind=kind,
        zh=_text(table, "zh", where),
        en=_text(table, "en", where),
        employer=table["employer"] is True,
        signed=table.get("signed") is True,
        fixed=tuple(sorted(fixed.items())),
        required=tuple(table["required"]),
        optional=tuple(table["optional"]),
        documents=tuple(Document(**{key: _text(each, key, where) for key in _DOCUMENT}) for each in documents),
        cite=_text(table, "cite", where),
    )


def _only(table: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError("hours.unknown_key", f"{where} has the unknown key {key!r}.")


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise ConfigError("hours.invalid", f"{where}: {key} must be a text.")
    return value
