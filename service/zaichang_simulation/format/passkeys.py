"""Where a learner's passkey is, and who opens it there."""

from __future__ import annotations

from typing import Literal

from zaichang_simulation.format.types import Moment, Name, Span, Table

Device = Literal["own", "shared", "new", "lost", "far", "none", "unsupported"]
HERE: frozenset[Device] = frozenset({"own", "shared", "new"})
"""Devices that are at the page."""
BEFORE: frozenset[Device] = frozenset({"own", "shared", "new", "lost", "far"})
"""Devices whose passkey is registered before the scenario, where it begins with them."""


class PasskeyTable(Table, frozen=True, kw_only=True):
    """``[[passkey]]``: where a client's passkey is from a moment on.

    Attributes:
        client: Whose page.
        from_s: From when on; the last entry that has begun counts.
        device: Which device holds it (below).
        supervised: Whether it was registered under the institution's eyes. A ``new`` one always is.
        relay_s: ``far``: the owner signs what the page is sent, so long after; 0: no one signs there.
    """

    client: Name = "main"
    from_s: Moment = 0.0
    device: Device = "own"
    supervised: bool = False
    relay_s: Span = 0.0


def device_at(entries: tuple[PasskeyTable, ...], at_s: float) -> PasskeyTable:
    """Return where a client's passkey is at a moment; by default on the learner's own device, at the page."""
    begun = [entry for entry in entries if entry.from_s <= at_s]
    return max(begun, key=lambda entry: entry.from_s) if begun else PasskeyTable()
