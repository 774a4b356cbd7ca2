"""Server time never goes backwards, whatever the machine's clock does."""

from __future__ import annotations

from zaichang.adapters.in_process.clock import ServerClock


class _Machine:
    def __init__(self, wall_ms: int) -> None:
        self.wall_ns = wall_ms * 1_000_000
        self.monotonic_ns = 5_000_000_000

    def clock(self, floor_ms: int = 0) -> ServerClock:
        return ServerClock(floor_ms, wall_ns=lambda: self.wall_ns, monotonic_ns=lambda: self.monotonic_ns)


def test_time_follows_the_monotonic_clock() -> None:
    machine = _Machine(1_000_000)
    clock = machine.clock()
    assert clock.now_ms() == 1_000_000
    machine.monotonic_ns += 2_500_000_000
    assert clock.now_ms() == 1_002_500


def test_setting_the_machines_clock_moves_nothing() -> None:
    machine = _Machine(1_000_000)
    clock = machine.clock()
    for wall_ms in (0, 10**12):
        machine.wall_ns = wall_ms * 1_000_000
        assert clock.now_ms() == 1_000_000


def test_a_start_before_the_last_event_goes_on_from_it() -> None:
    machine = _Machine(1_000_000)
    clock = machine.clock(floor_ms=9_000_000)
    assert clock.now_ms() == 9_000_000
    machine.monotonic_ns += 1_000_000
    assert clock.now_ms() == 9_000_001
