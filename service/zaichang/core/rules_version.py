"""The version of the rules: three numbers, for the session's rules, active liveness and hours.

A number moves when a record made by the new code would not be replayed to the same result by the release before:
a constant or a judgement changed, or a policy schema was added. A policy's digest covers its fields, not the code, so
only this number tells a verifier whether its own rules are those of the record. CONTRIBUTING.md says who moves it.

A record that names no version was made before versions were named: it has version 1 of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesVersion:
    """The versions of the three sets of rules that a session is judged by.

    Attributes:
        session: Of the session's rules (``session``).
        liveness: Of active liveness (``liveness``).
        hours: Of the hour rules (``ledger``).
    """

    session: int = 1
    liveness: int = 1
    hours: int = 1

    def parts(self) -> dict[str, int]:
        """Return the numbers by name."""
        return {"session": self.session, "liveness": self.liveness, "hours": self.hours}


FIRST: Final = RulesVersion()
"""The version of records that name none."""

CURRENT: Final = RulesVersion(session=8, liveness=1, hours=1)
"""The version that this release records under."""

OLDEST: Final = RulesVersion()
"""The oldest version that this release replays. Code that differs between versions asks the session's start."""

RELEASES: Final[Mapping[tuple[str, int], str]] = MappingProxyType({})
"""The last release that replays a version which this one no longer does, by set of rules and number."""


def rules_from(value: object) -> RulesVersion | None:
    """Return the version that a leaf's field or a bundle's line states; None where it is malformed.

    Args:
        value: The field; None for a record that names no version.
    """
    if value is None:
        return FIRST
    if not isinstance(value, dict) or value.keys() != FIRST.parts().keys():
        return None
    if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 1 for n in value.values()):
        return None
    return RulesVersion(**value)


def cannot_replay(recorded: RulesVersion, release: str = "") -> str | None:
    """Return why this release cannot replay a record, and which one can; None if it can.

    Args:
        recorded: The version that the record was made under.
        release: The release that the record itself names for its version, empty for none.
    """
    oldest, current = OLDEST.parts(), CURRENT.parts()
    for name, number in recorded.parts().items():
        if oldest[name] <= number <= current[name]:
            continue
        use = release or RELEASES.get((name, number)) or "the release that recorded it"
        known = f"{oldest[name]}" if oldest[name] == current[name] else f"{oldest[name]} to {current[name]}"
        return f"Recorded under {name} rules {number}, this release replays {known}. Verify again with {use}."
    return None
