"""By when the log holds a decision, as answers state it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from zaichang.api.parts import ApiParts
from zaichang.core.units import ROUND_MS


@pytest.mark.parametrize(
    ("holds_back", "now_ms", "decided_ms", "by_ms"),
    [
        (True, ROUND_MS + 9, ROUND_MS + 5, 3 * ROUND_MS),
        (True, 3 * ROUND_MS, ROUND_MS + 5, None),
        (True, 9, None, None),
        (False, 9, 5, None),
    ],
)
def test_a_decision_waits_only_where_the_log_holds_records_back(
    holds_back: bool, now_ms: int, decided_ms: int | None, by_ms: int | None
) -> None:
    ports = SimpleNamespace(clock=SimpleNamespace(now_ms=lambda: now_ms))
    parts = cast(ApiParts, SimpleNamespace(holds_back=holds_back, ports=ports))
    assert ApiParts.in_log_by_ms(parts, decided_ms) == by_ms
