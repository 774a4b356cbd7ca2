"""Target files: one platform, how it is reached and its terms. They stay on the institution's side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from zaichang.core.civil import is_day
from zaichang.core.errors import ConfigError, NotAllowed
from zaichang.hours.cases import read_toml
from zaichang.hours.filing.joining import Terms
from zaichang.hours.filing.mapping import FilingMapping, read_mapping
from zaichang.ports.hours.filing import Capabilities

FORMAT: Final = "zaichang-filing-target@1"
ADAPTERS: Final = ("offline", "sftp", "https", "lrs")
_KEYS: Final = (
    "format", "title", "target", "rules", "adapter", "mapping", "zone", "sandbox", "consent", "window", "course",
    "capabilities", *ADAPTERS,
)  # fmt: skip
_CONSENT: Final = ("required", "not_required")
_CAPABILITIES: Final = ("replace", "withdraw", "match", "register", "listing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One platform, as its file says.

    Attributes:
        name: A lower-case word; it is in every batch's id and log entry.
        rules: The shipped hour rules that its batches follow.
        adapter: One of ``ADAPTERS``.
        mapping: Its columns.
        sandbox: Whether it is the platform's test system: no real person is sent to it.
        terms: Consent, zone, courses.
        windows: First and last day on which a year may be filed, by the year's label.
        capabilities: Of the platform.
        options: The adapter's own table.
        folder: Folder of the file; paths in it are relative to it.
    """

    name: str
    rules: str
    adapter: str
    mapping: FilingMapping
    sandbox: bool
    terms: Terms
    windows: Mapping[int, tuple[str, str]]
    capabilities: Capabilities
    options: Mapping[str, Any]
    folder: Path

    def check_open(self, year: int, today: str) -> None:
        """Refuse a year that may not be filed on a day.

        Raises:
            NotAllowed: ``filing.window``.
        """
        window = self.windows.get(year)
        if window is None or not window[0] <= today <= window[1]:
            span = f"from {window[0]} to {window[1]}" if window else "on no day that its file names"
            raise NotAllowed("filing.window", f"{self.name} takes the year {year} {span}; today is {today}.")

    def check_real(self) -> None:
        """Refuse to send real persons to a test system.

        Raises:
            NotAllowed: ``filing.sandbox``.
        """
        if self.sandbox:
            raise NotAllowed(
                "filing.sandbox",
                f"{self.name} is a test system (sandbox = true); persons are not sent to it.",
                "Name the target file of the platform itself.",
            )


def read_target(path: Path) -> Target:
    """Return the target of a file, with its mapping.

    Raises:
        ConfigError: ``hours.not_found``, ``hours.unreadable``; ``filing.target``, ``filing.mapping`` naming the fault.
    """
    tables = read_toml(str(path))
    where = str(path)
    if tables.get("format") != FORMAT:
        _fault(where, f"has the format {tables.get('format')!r}, not {FORMAT!r}")
    for key in tables:
        if key not in _KEYS:
            _fault(where, f"has the unknown key {key!r}")
    for key in ("target", "rules", "adapter", "mapping", "consent"):
        if not isinstance(tables.get(key), str):
            _fault(where, f"names no {key}")
    name, adapter = tables["target"], tables["adapter"]
    if not (name.isascii() and name.replace("-", "").isalnum() and name == name.lower() and len(name) <= 32):
        _fault(where, f"names the target {name!r}, which is no lower-case word")
    if adapter not in ADAPTERS or not isinstance(tables.get(adapter), dict):
        _fault(where, f"needs an adapter of {', '.join(ADAPTERS)}, and a table of that name")
    if tables["consent"] not in _CONSENT:
        _fault(where, f"must say consent = {' or '.join(_CONSENT)}")
    options = tables[adapter]
    return Target(
        name=name,
        rules=tables["rules"],
        adapter=adapter,
        mapping=read_mapping(str(path.parent / tables["mapping"])),
        sandbox=_flag(where, tables, "sandbox"),
        terms=Terms(
            consent=tables["consent"] == "required",
            ahead_h=_zone(where, tables.get("zone", "+08:00")),
            courses=_courses(where, tables.get("course", {})),
            no_formulas=options.get("kind") == "csv",
        ),
        windows=_windows(where, tables.get("window", {})),
        capabilities=_capabilities(where, tables.get("capabilities", {})),
        options=options,
        folder=path.parent,
    )


def _flag(where: str, tables: Mapping[str, Any], key: str) -> bool:
    value = tables.get(key, False)
    if not isinstance(value, bool):
        _fault(where, f"must say {key} = true or false")
    return bool(value)


def _zone(where: str, text: object) -> int:
    zone = str(text)
    hours = zone[1:3]
    if not (len(zone) == 6 and zone[0] in "+-" and zone[3:] == ":00" and hours.isdigit() and int(hours) <= 14):
        _fault(where, f"has the zone {zone!r}; write whole hours, such as +08:00")
    return int(zone[0] + hours)


def _courses(where: str, table: object) -> dict[str, dict[str, str]]:
    if not isinstance(table, dict):
        _fault(where, "must write courses as [course.ID]")
    found: dict[str, dict[str, str]] = {}
    for course, values in dict(table).items():
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            _fault(where, f"course {course} must be a table of texts")
        found[course] = dict(values)
    return found


def _windows(where: str, table: object) -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    for year, span in (dict(table) if isinstance(table, dict) else {}).items():
        fits = isinstance(span, list) and len(span) == 2 and all(is_day(str(day)) for day in span)
        if not (str(year).isdigit() and len(str(year)) == 4 and fits and span[0] <= span[1]):
            _fault(where, f'window.{year} must be two days: {year} = ["2026-01-01", "2027-01-31"]')
        found[int(year)] = (span[0], span[1])
    return found


def _capabilities(where: str, table: object) -> Capabilities:
    values = dict(table) if isinstance(table, dict) else {}
    for key, value in values.items():
        if key not in _CAPABILITIES or not isinstance(value, bool):
            _fault(where, f"capabilities.{key} must be one of {', '.join(_CAPABILITIES)}, true or false")
    return Capabilities(**values)


def _fault(where: str, what: str) -> NoReturn:
    raise ConfigError("filing.target", f"{where} {what}.")
