"""A leaf whose schema was checked, as the checks of a session use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zaichang.audit.findings import About
from zaichang.core.canonical import CanonicalValue
from zaichang.tlog import leaf_dates


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLeaf:
    """A leaf whose schema was checked.

    Attributes:
        index: Its index in the log.
        data: Its bytes.
        hash: Its leaf hash.
        value: Its fields.
    """

    index: int
    data: bytes
    hash: bytes
    value: dict[str, CanonicalValue]

    @property
    def kind(self) -> str:
        """Its kind, like ``session.segment``."""
        return self.text("t")

    @property
    def sid(self) -> str:
        """Its session, empty for a leaf outside any."""
        return self.text("sid")

    @property
    def earliest_ms(self) -> int:
        """The earliest moment at which it may have been written."""
        return leaf_dates.earliest_ms(self.number("v"), self.kind, self.number("at"))

    @property
    def latest_ms(self) -> int:
        """The latest moment at which it may have been written."""
        return leaf_dates.latest_ms(self.number("v"), self.kind, self.number("at"))

    def number(self, name: str) -> int:
        """Return an integer field, -1 if it has none of that name."""
        value = self.value.get(name)
        return value if isinstance(value, int) else -1

    def delta(self, name: str) -> int:
        """Return a field that may be below zero, 0 if there is none of that name."""
        return integer_of(self.value, name)

    def text(self, name: str) -> str:
        """Return a text field, empty if it has none of that name."""
        value = self.value.get(name)
        return value if isinstance(value, str) else ""

    def about(self, origin: str, event: int | None = None) -> About:
        """Return the place of a check of this leaf."""
        segment = self.number("n") if self.kind == "session.segment" else None
        return About(origin=origin, index=self.index, sid=self.sid or None, segment=segment, event=event)


def integer_of(fields: Mapping[str, CanonicalValue], name: str) -> int:
    """Return an integer field of a leaf, 0 if it has none of that name."""
    value = fields.get(name)
    return value if isinstance(value, int) else 0
