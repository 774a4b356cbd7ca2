"""The search benchmark times a call by itself."""

from __future__ import annotations

from benchmarks.accuracy import search


def test_a_call_is_timed_by_itself() -> None:
    cpu_ms, wall_ms = search.call_ms(lambda: sum(range(200_000)), 10)
    assert 0.1 < wall_ms < 1_000 and 0.1 < cpu_ms < 1_000
