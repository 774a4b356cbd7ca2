"""Policy packs: TOML files with the rules, their basis, and a citation for every rule that they set.

A pack takes every rule that it does not set from its base: the shipped pack that ``base`` names, else ``default``.
Only a pack that says ``schema = 1`` or ``2`` and names no base takes the fields' own defaults, as it did when it was
written: its text keeps its digest.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Final

from zaichang.core.appeal_terms import DAYS_MAX, AppealTerms
from zaichang.core.civil import is_day
from zaichang.core.errors import ConfigError
from zaichang.session.policy import Policy, policy_from_mapping, policy_to_mapping

PACK_MAX_BYTES = 65_536
DEFAULT = "default"
"""The pack whose rules the others inherit where they name no base."""
INHERITS_SINCE_SCHEMA = 3
"""A pack that names an older schema and no base inherits nothing."""
OUR_CHOICE: Final = "Our choice: no clause names it."
_PACK_NUMBERS: Final = ("appeal_hours", "answer_working_days")
_NAMES: Final = ("name", "version", "schema")
_TEXTS = ("name", "version", "title_zh", "title_en", "basis")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A policy with its name and description.

    Attributes:
        policy: The rules.
        title_zh: Title in Chinese.
        title_en: Title in English.
        basis: The regulation behind it, or that it is our own choice.
        comparable: Whether it only imitates the rules of another field.
        appeal_hours: How long a learner may appeal after a decision.
        answer_working_days: Within how many working days an appeal is answered.
        rest: Days from Monday to Friday that are no working days.
        work: Saturdays and Sundays that are worked.
        cite: ``(field, clause or "our choice")`` for every rule that the pack or its base sets.
        base: The shipped pack that the rules which this one leaves out come from; empty: the fields' own defaults.
    """

    policy: Policy
    title_zh: str
    title_en: str
    basis: str
    comparable: bool
    appeal_hours: int
    answer_working_days: int
    cite: tuple[tuple[str, str], ...]
    base: str
    rest: tuple[str, ...] = ()
    work: tuple[str, ...] = ()

    @property
    def appeals(self) -> AppealTerms:
        """The promise about appeals that the service keeps."""
        return AppealTerms(
            hours=self.appeal_hours, working_days=self.answer_working_days, rest=self.rest, work=self.work
        )

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """``(field, clause or "our choice")`` for every value in force, also those that equal the fields' defaults."""
        cited = dict(self.cite)
        names = (*(spec.name for spec in fields(Policy) if spec.name not in _NAMES), *_PACK_NUMBERS)
        return tuple((name, cited.get(name, OUR_CHOICE)) for name in names)


def shipped_packs() -> tuple[str, ...]:
    """Return the names of the packs that come with the package."""
    folder = resources.files("zaichang") / "policies"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_pack(name_or_path: str) -> Pack:
    """Load a shipped pack by name, or any pack by its path (anything with a ``/`` or ending in ``.toml``).

    Raises:
        ConfigError: ``policy.not_found``, ``policy.unreadable``, ``policy.unknown_key`` or ``policy.invalid``.
    """
    return parse_pack(pack_bytes(name_or_path), name_or_path)


def pack_bytes(name_or_path: str) -> bytes:
    """Return a pack's file as it is; ``name_or_path`` as in ``load_pack``.

    Raises:
        ConfigError: ``policy.not_found``.
    """
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        try:
            return Path(name_or_path).read_bytes()
        except OSError as error:
            raise ConfigError("policy.not_found", f"{name_or_path} cannot be read: {error.strerror}.") from None
    if name_or_path in shipped_packs():
        return (resources.files("zaichang") / "policies" / f"{name_or_path}.toml").read_bytes()
    raise ConfigError(
        "policy.not_found",
        f"There is no policy pack {name_or_path!r}.",
        f"Shipped: {', '.join(shipped_packs())}; or give the path of a .toml file.",
    )


def parse_pack(data: bytes, source: str) -> Pack:
    """Parse and check one pack; ``source`` names it in messages.

    Raises:
        ConfigError: ``policy.unreadable``, ``policy.unknown_key``, ``policy.not_found`` or ``policy.invalid``.
    """
    return read_pack(pack_tables(data, source), source)


def pack_tables(data: bytes, source: str) -> dict[str, object]:
    """Return a pack's tables without a check of their content; ``source`` names the pack in messages.

    Raises:
        ConfigError: ``policy.unreadable``.
    """
    if len(data) > PACK_MAX_BYTES:
        raise ConfigError("policy.unreadable", f"{source} has {len(data)} bytes, more than {PACK_MAX_BYTES}.")
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError("policy.unreadable", f"{source} is not TOML: {error}.") from None


def read_pack(tables: Mapping[str, object], source: str) -> Pack:
    """Check one pack given as its tables; ``source`` names it in messages.

    Args:
        tables: ``pack``, ``rules``, ``cite`` and ``calendar``, as a TOML file has them.
        source: Where they came from.

    Raises:
        ConfigError: ``policy.unknown_key``, ``policy.not_found`` (its base) or ``policy.invalid``.
    """
    _only(tables, ("pack", "rules", "cite", "calendar"), source)
    calendar = _table(tables, "calendar", source) if "calendar" in tables else {}
    _only(calendar, ("rest", "work"), f"{source} [calendar]")
    pack, rules, cite = (_table(tables, name, source) for name in ("pack", "rules", "cite"))
    _only(pack, (*_TEXTS, "base", "schema", "comparable", *_PACK_NUMBERS), f"{source} [pack]")
    if bad := {"name", "version", "base", "schema"} & set(rules):
        raise ConfigError("policy.invalid", f"{source}: {sorted(bad)[0]} belongs into [pack], not into [rules].")
    _only(cite, (*(spec.name for spec in fields(Policy)), *_PACK_NUMBERS), f"{source} [cite]")
    uncited = [name for name in rules if name not in cite]
    if uncited:
        raise ConfigError(
            "policy.invalid",
            f"{source} sets {uncited[0]} without saying why.",
            "Name the clause in [cite], or write that it is your own choice.",
        )
    texts = {name: _text(pack, name, source) for name in _TEXTS}
    base = _base(pack, source)
    inherited = {} if base is None else policy_to_mapping(base.policy)
    schema = {name: pack[name] for name in ("schema",) if name in pack}
    named = {"name": texts["name"], "version": texts["version"], **schema}
    clauses = {name: _text(cite, name, source) for name in cite}
    return Pack(
        policy=policy_from_mapping({**inherited, **named, **rules}),
        title_zh=texts["title_zh"],
        title_en=texts["title_en"],
        basis=texts["basis"],
        comparable=pack.get("comparable") is True,
        appeal_hours=_whole(pack, "appeal_hours", 1, 8_760, source),
        answer_working_days=_whole(pack, "answer_working_days", 1, 90, source),
        cite=tuple(({**dict(base.cite), **clauses} if base else clauses).items()),
        base="" if base is None else base.policy.name,
        rest=_days(calendar, "rest", source),
        work=_days(calendar, "work", source),
    )


def _days(calendar: Mapping[str, object], name: str, source: str) -> tuple[str, ...]:
    found = calendar.get(name, [])
    days = [str(day) for day in found] if isinstance(found, list) and len(found) <= DAYS_MAX else [""]
    if not all(is_day(day) for day in days):
        raise ConfigError(
            "policy.invalid", f"{source} [calendar] {name} is a list of at most {DAYS_MAX} days, YYYY-MM-DD."
        )
    return tuple(days)


def _base(pack: Mapping[str, object], source: str) -> Pack | None:
    """Return the shipped pack whose rules this one takes over where it sets none; None: the fields' own defaults."""
    named, schema = pack.get("base"), pack.get("schema")
    if named is None:
        old = type(schema) is int and schema < INHERITS_SINCE_SCHEMA
        return None if old or pack.get("name") == DEFAULT else load_pack(DEFAULT)
    if named not in shipped_packs():
        raise ConfigError(
            "policy.not_found",
            f"{source}: base {named!r} is no shipped pack.",
            f"Shipped: {', '.join(shipped_packs())}.",
        )
    if named == pack.get("name"):
        raise ConfigError("policy.invalid", f"{source}: a pack with a base needs a name of its own.")
    return load_pack(str(named))


def _table(tables: Mapping[str, object], name: str, source: str) -> dict[str, object]:
    table = tables.get(name)
    if not isinstance(table, dict):
        raise ConfigError("policy.invalid", f"{source} lacks the table [{name}].")
    return table


def _only(table: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(
                "policy.unknown_key", f"{where} has the unknown key {key!r}.", f"Known: {', '.join(known)}."
            )


def _text(table: dict[str, object], name: str, source: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 400:
        raise ConfigError("policy.invalid", f"{source}: {name} must be a text of 1 to 400 characters.")
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in value):
        raise ConfigError("policy.invalid", f"{source}: {name} has characters that cannot be shown.")
    return value


def _whole(table: dict[str, object], name: str, low: int, high: int, source: str) -> int:
    value = table.get(name)
    if type(value) is not int or not low <= value <= high:
        raise ConfigError("policy.invalid", f"{source}: {name} must be an integer from {low} to {high}.")
    return value
