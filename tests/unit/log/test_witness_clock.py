"""A server's clock far ahead of the witnesses' signs nothing."""

from __future__ import annotations

import pytest

from zaichang.core.errors import StorageError
from zaichang.log.witness_clock import AHEAD_MS, WitnessClock


def test_a_clock_is_bounded_by_the_newest_witness_time_and_the_time_since() -> None:
    now = [1_000]
    clock = WitnessClock(lambda: now[0])
    clock.check(10**15)  # no witness has stated a time
    clock.note(500_000)
    clock.check(500_000 + AHEAD_MS)
    with pytest.raises(StorageError) as caught:
        clock.check(500_001 + AHEAD_MS)
    assert caught.value.code == "log.clock_ahead"
    now[0] += 60_000
    clock.check(560_000 + AHEAD_MS)
    clock.note(1)
    clock.check(560_000 + AHEAD_MS)
    clock.check(0)
