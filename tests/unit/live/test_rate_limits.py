"""Buckets refill with the clock, are apart for everybody, and stay bounded."""

from __future__ import annotations

import pytest

from support.study import ManualClock
from zaichang.live import rate_limits as module
from zaichang.live.rate_limits import RateExceeded, RateLimits, Rates


def test_a_burst_passes_then_the_minute_counts() -> None:
    clock = ManualClock()
    rates = Rates(clock.now_ms, RateLimits())
    for _ in range(6):
        rates.spend("photos", "t", 6)
    with pytest.raises(RateExceeded) as refused:
        rates.spend("photos", "t", 6)
    assert refused.value.retry_after_s == 10 and refused.value.http_status == 429
    clock.at_ms += 9_999
    with pytest.raises(RateExceeded):
        rates.spend("photos", "t", 6)
    clock.at_ms += 1
    rates.spend("photos", "t", 6)
    clock.at_ms += 3_600_000
    for _ in range(6):
        rates.spend("photos", "t", 6)
    with pytest.raises(RateExceeded):
        rates.spend("photos", "t", 6)


def test_each_has_a_bucket_of_their_own_and_zero_is_no_limit() -> None:
    rates = Rates(ManualClock().now_ms, RateLimits())
    rates.spend("photos", "a", 1)
    rates.spend("photos", "b", 1)
    rates.spend("appeals", "a", 1)
    with pytest.raises(RateExceeded):
        rates.spend("photos", "a", 1)
    for _ in range(1_000):
        rates.spend("photos", "a", 0)
        rates.spend("photos", "", 1)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    clock = ManualClock()
    rates = Rates(clock.now_ms, RateLimits())
    rates.spend("x", "a", 1)
    clock.at_ms -= 600_000
    with pytest.raises(RateExceeded):
        rates.spend("x", "a", 1)


def test_a_flood_of_names_does_not_grow_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUCKETS_MAX", 100)
    rates = Rates(ManualClock().now_ms, RateLimits())
    for n in range(1_000):
        rates.spend("x", str(n), 5)
    assert len(rates) == 100
