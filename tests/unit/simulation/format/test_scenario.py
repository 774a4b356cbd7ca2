"""A scenario's tables: a client's own allowance goes before the session's."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang_simulation.format.scenario import ClientTable, Scenario, SessionTable, extra_time_pct


@pytest.mark.parametrize(("own", "common", "expected"), [(None, 50, 50), (0, 50, 0), (80, 50, 80), (None, 0, 0)])
def test_a_clients_own_allowance_holds_where_it_has_one(own: int | None, common: int, expected: int) -> None:
    values: dict[str, Any] = {"format": 1, "name": "x", "session": SessionTable(extra_time_pct=common)}
    assert extra_time_pct(Scenario(**values), ClientTable(name="a", extra_time_pct=own)) == expected
