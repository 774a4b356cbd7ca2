"""Packs of hour rules: shipped TOML files, or a file of one's own."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path

from zaichang.core.errors import ConfigError
from zaichang.ledger.rules import HourRules
from zaichang.ledger.rules_reading import read_rules

PACK_MAX_BYTES = 131_072


def shipped_rules() -> tuple[str, ...]:
    """Return the names of the packs of hour rules that come with the package."""
    folder = resources.files("zaichang") / "policies" / "hours"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_rules(name_or_path: str) -> HourRules:
    """Load a shipped pack by name, or any by its path (anything with a ``/`` or ending in ``.toml``).

    Raises:
        ConfigError: ``hours.not_found``, ``hours.unreadable``, ``hours.unknown_key``, ``hours.unknown_word`` or
            ``hours.invalid``.
    """
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        try:
            with Path(name_or_path).open("rb") as file:
                data = file.read(PACK_MAX_BYTES + 1)
        except OSError as error:
            raise ConfigError("hours.not_found", f"{name_or_path} cannot be read: {error.strerror}.") from None
        return parse_rules(data, name_or_path)
    return _shipped(name_or_path)


@cache
def _shipped(name: str) -> HourRules:
    if name not in shipped_rules():
        raise ConfigError(
            "hours.not_found",
            f"There are no hour rules {name!r}.",
            f"Shipped: {', '.join(shipped_rules())}; or give the path of a .toml file.",
        )
    return parse_rules((resources.files("zaichang") / "policies" / "hours" / f"{name}.toml").read_bytes(), name)


def parse_rules(data: bytes, source: str) -> HourRules:
    """Parse and check one pack; ``source`` names it in messages.

    Raises:
        ConfigError: ``hours.unreadable``, ``hours.unknown_key``, ``hours.unknown_word`` or ``hours.invalid``.
    """
    if len(data) > PACK_MAX_BYTES:
        raise ConfigError("hours.unreadable", f"{source} has more bytes than {PACK_MAX_BYTES}.")
    try:
        tables = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError("hours.unreadable", f"{source} is not TOML: {error}.") from None
    return read_rules(tables, source)
