"""Where a fresh player begins."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from zaichang_client import first_missing_ms


@pytest.mark.parametrize(
    ("counted", "begins_ms"),
    [((), 0), (("0-100",), 100), (("5-100",), 0), (("0-100", "100-150", "200-300"), 150), (("0-100", "200-300"), 100)],
)
def test_a_fresh_player_begins_at_the_first_missing_position(counted: Sequence[str], begins_ms: int) -> None:
    assert first_missing_ms(counted) == begins_ms
