"""Differences between two statements, as corrections that turn the old one into the new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

Document: TypeAlias = "Mapping[str, Any]"


class Correction(NamedTuple):
    """One field or one line that changes.

    Attributes:
        place: Name of the field, or ``lines/ENTRY/ITEM/CATEGORY``.
        old: Its value before; None where there was none.
        new: Its value after; None where it goes.
    """

    place: str
    old: Any
    new: Any


def diff(old: Document, new: Document) -> list[Correction]:
    """Return the corrections from one statement document to another, by place."""
    before, after = flat(old), flat(new)
    places = sorted({*before, *after})
    return [
        Correction(place, before.get(place), after.get(place))
        for place in places
        if before.get(place) != after.get(place)
    ]


def flat(document: Document) -> dict[str, Any]:
    """Return the fields of a statement document and each of its lines, by place."""
    values = {name: value for name, value in document.items() if name != "lines"}
    for line in document.get("lines", []):
        place = f"lines/{line['entry']}/{line['item']}/{line.get('category', '')}"
        while place in values:
            place += "+"
        values[place] = line
    return values
