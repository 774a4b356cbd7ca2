"""A whole search: what it says of its speed."""

from __future__ import annotations

from benchmarks.adversary.campaign import speed_said


def test_a_search_says_how_many_sessions_it_ran_a_second_and_would_run_in_an_hour() -> None:
    assert speed_said(1_200, 40.0, 2) == "1200 sessions in 40 s on 2 processes: 30.0 a second, 108000 an hour"
    assert speed_said(0, 0.0, 1) == "0 sessions in 0 s on 1 processes: 0.0 a second, 0 an hour"
