"""Opens the platform of a target file, on the institution's side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from zaichang.adapters.filing.offline import OfflinePlatform
from zaichang.adapters.filing.sheets import KINDS
from zaichang.core.errors import ConfigError
from zaichang.hours.filing.targets import Target
from zaichang.ports.hours.filing import Platform


def open_platform(target: Target) -> Platform:
    """Return the platform of a target.

    Raises:
        ConfigError: ``filing.target`` naming the option; ``install.filing_missing``.
    """
    match target.adapter:
        case "offline":
            known(target.options, ("folder", "kind"), ("folder",))
            return OfflinePlatform(
                target.mapping, path_of(target, "folder"), kind_of(target.options), target.capabilities
            )  # fmt: skip
        case _:
            fault(f"the adapter {target.adapter} does not exist in this build")


def kind_of(options: Mapping[str, Any]) -> str:
    """Return the kind of sheets."""
    kind = options.get("kind", "xlsx")
    if kind not in KINDS:
        fault(f"kind must be one of {', '.join(KINDS)}")
    return str(kind)


def path_of(target: Target, key: str) -> Path:
    """Return a path of the options, relative to the target file."""
    value = target.options.get(key)
    if not isinstance(value, str) or not value:
        fault(f"{key} must be a path")
    return target.folder / value


def known(options: Mapping[str, Any], keys: tuple[str, ...], needed: tuple[str, ...]) -> None:
    """Refuse an unknown option, and one that lacks."""
    for key in options:
        if key not in keys:
            fault(f"unknown option {key!r}; known: {', '.join(keys)}")
    for key in needed:
        if key not in options:
            fault(f"{key} is missing")


def fault(what: str) -> NoReturn:
    """Refuse the options of an adapter."""
    raise ConfigError("filing.target", f"The adapter's options: {what}.")
