"""Finding a changed byte: where a text fails its hash, search for the single change that would make it pass.

A hash shows *that* a text changed, not where. For a change of one byte the original can be found by trying. This is
cheap for texts of this size, and only done for a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 4_096
"""Longer texts are not searched: about a million tries is the budget."""

_KEY = re.compile(rb'"([A-Za-z0-9_]{1,48})":')


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The one byte that differs.

    Attributes:
        offset: Where.
        original: The byte that was hashed.
        found: The byte that is there now.
        field: The JSON field it lies in, empty if in none.
        value: That field's original text, at most 80 characters.
    """

    offset: int
    original: int
    found: int
    field: str
    value: str

    def sentence(self) -> str:
        """Return the change in words."""
        return f"byte {self.offset} reads {chr(self.found)!r} and was {chr(self.original)!r}"


def locate_change(data: bytes, matches: Callable[[bytes], bool]) -> Change | None:
    """Return the single changed byte after whose repair ``matches`` holds, or None if there is no such byte."""
    if len(data) > MAX_BYTES:
        return None
    candidate = bytearray(data)
    # Canonical JSON is mostly printable ASCII: try that first, everything else after.
    order = [*range(0x20, 0x7F), *range(0x20), *range(0x7F, 0x100)]
    for values in (order[:95], order[95:]):
        for offset, found in enumerate(data):
            for value in values:
                if value == found:
                    continue
                candidate[offset] = value
                repaired = bytes(candidate)
                if matches(repaired):
                    field, text = _field_at(repaired, offset)
                    return Change(offset=offset, original=value, found=found, field=field, value=text)
            candidate[offset] = found
    return None


def _field_at(data: bytes, offset: int) -> tuple[str, str]:
    name, start = "", 0
    for match in _KEY.finditer(data):
        if match.start() > offset:
            break
        name, start = match[1].decode("ascii"), match.end()
    end = start
    if data[start : start + 1] == b'"':
        end = data.find(b'"', start + 1) + 1
    while end < len(data) and end > 0 and data[end : end + 1] not in b",}]":
        end += 1
    return name, data[start:end].decode("utf-8", "replace")[:80]
