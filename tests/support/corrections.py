"""What the corrections of a statement say: applied to the old document, they give the new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zaichang.ledger.diff import Correction, Document, flat


def corrected(old: Document, corrections: Sequence[Correction] = ()) -> dict[str, Any]:
    """Return the statement document after the corrections, its lines by place."""
    values = flat(old)
    for correction in corrections:
        if correction.new is None:
            values.pop(correction.place, None)
        else:
            values[correction.place] = correction.new
    lines = [values[place] for place in sorted(values) if place.startswith("lines/")]
    return {place: value for place, value in values.items() if not place.startswith("lines/")} | {"lines": lines}
