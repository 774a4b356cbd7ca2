"""A start whose wall clock was set, or lies behind the stored events, is refused until an operator accepts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.adapters.posix import clock_mark
from zaichang.adapters.posix.clock_mark import (
    SILENT_MAX_MS,
    TOLERANCE_MS,
    check_clock,
    renew_mark,
    synchronised,
    this_boot,
)
from zaichang.adapters.posix.folder import DataFolder
from zaichang.core.errors import StorageError

NOON_MS = 1_767_225_600_000
HOUR_MS = 3_600_000


class Machine:
    """A machine: its boot, the time since it, and its wall clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = DataFolder(folder)
        self.folder.prepare()
        self.boot_id, self.up_ms, self.set_ms = "boot-1", 60_000, 0
        self.synced: bool | None = True

    def run(self, ms: int) -> None:
        self.up_ms += ms

    def start(self, floor_ms: int = 0, *, accepted: bool = False) -> None:
        wall_ms = NOON_MS + self.up_ms + self.set_ms
        boot = (self.boot_id, self.up_ms)
        check_clock(
            self.folder, floor_ms, accepted=accepted, wall_ns=lambda: wall_ms * 1_000_000, boot=lambda: boot,
            synced=lambda: self.synced,
        )  # fmt: skip

    def reboot(self, after_ms: int) -> None:
        """Start the machine anew; its wall clock goes on, and so many milliseconds pass."""
        self.boot_id, self.set_ms, self.up_ms = f"{self.boot_id}+", self.set_ms + self.up_ms + after_ms, 0


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("by_ms", [2 * HOUR_MS, -2 * HOUR_MS, TOLERANCE_MS + 1])
def test_a_clock_that_was_set_between_two_starts_is_refused_until_it_is_accepted(machine: Machine, by_ms: int) -> None:
    machine.start()
    machine.run(HOUR_MS)
    machine.set_ms = by_ms
    for _ in range(2):
        with pytest.raises(StorageError, match=r"clock\.jumped.*--accept-clock"):
            machine.start()
    machine.start(accepted=True)
    machine.run(HOUR_MS)
    machine.start()


def test_a_clock_set_right_again_starts_as_before(machine: Machine) -> None:
    machine.start()
    machine.set_ms = 2 * HOUR_MS
    with pytest.raises(StorageError):
        machine.start()
    machine.set_ms = TOLERANCE_MS
    machine.start()


def test_a_long_stop_is_no_jump_and_after_a_reboot_only_the_events_bound_the_clock(machine: Machine) -> None:
    machine.start()
    machine.run(100 * HOUR_MS)
    machine.start(floor_ms=NOON_MS)
    machine.boot_id, machine.up_ms, machine.set_ms = "boot-2", 5_000, 300 * HOUR_MS
    machine.start(floor_ms=NOON_MS)
    machine.boot_id, machine.up_ms, machine.set_ms = "", 5_000, 0
    machine.start()
    machine.set_ms = 2 * HOUR_MS
    machine.start()  # this system tells no boot


def test_a_clock_behind_the_last_stored_event_is_refused(machine: Machine) -> None:
    now_ms = NOON_MS + machine.up_ms
    machine.start(floor_ms=now_ms + TOLERANCE_MS)
    with pytest.raises(StorageError, match=r"clock\.behind.*120 minutes"):
        machine.start(floor_ms=now_ms + 2 * HOUR_MS)
    machine.start(floor_ms=now_ms + 2 * HOUR_MS, accepted=True)


@pytest.mark.parametrize(("synced", "refused"), [(False, True), (True, False), (None, False)])
def test_after_a_reboot_a_clock_far_ahead_is_believed_only_where_a_time_service_has_set_it(
    machine: Machine, synced: bool | None, refused: bool
) -> None:
    machine.start()
    machine.run(5 * HOUR_MS)
    renew_mark(machine.folder, boot=lambda: (machine.boot_id, machine.up_ms))
    machine.synced = False
    machine.reboot(SILENT_MAX_MS)
    machine.start()
    machine.reboot(SILENT_MAX_MS + 1)
    machine.synced = synced
    if refused:
        with pytest.raises(StorageError, match=r"clock\.unsure.*60 minutes.*--accept-clock"):
            machine.start()
        machine.start(floor_ms=NOON_MS + machine.set_ms - 1)  # an event was stored lately
    machine.start(accepted=True)
    machine.start()


def test_renewing_keeps_the_evidence_of_a_clock_that_was_set_and_makes_no_mark_of_its_own(machine: Machine) -> None:
    renew_mark(machine.folder, boot=lambda: (machine.boot_id, machine.up_ms))
    assert not (machine.folder.root / "clock.json").exists()
    machine.start()
    machine.set_ms = 2 * HOUR_MS
    renew_mark(machine.folder, boot=lambda: (machine.boot_id, machine.up_ms))
    with pytest.raises(StorageError, match=r"clock\.jumped"):
        machine.start()


def test_the_kernel_is_asked_without_changing_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    assert synchronised() in (True, False, None)

    class Library:
        def __init__(self, _: None, state: int = 0) -> None:
            self.state = state

        def adjtimex(self, buffer: object) -> int:
            assert bytes(buffer) == bytes(512)  # type: ignore[call-overload]  # a buffer
            return self.state

    for state, said in ((0, True), (5, False), (-1, None)):
        monkeypatch.setattr(clock_mark.ctypes, "CDLL", lambda name, state=state: Library(name, state))
        assert synchronised() is said
    monkeypatch.setattr(clock_mark.ctypes, "CDLL", lambda name: object())
    assert synchronised() is None


@pytest.mark.parametrize("damaged", [b"", b"[]", b"{}", b'{"boot": "boot-1", "began_ms": null}'])
def test_a_damaged_mark_is_none(machine: Machine, damaged: bytes) -> None:
    machine.start()
    (machine.folder.root / "clock.json").write_bytes(damaged)
    machine.set_ms = 2 * HOUR_MS
    machine.start()


def test_a_mark_that_cannot_be_written_stops_the_start(machine: Machine) -> None:
    (machine.folder.root / "clock.json").mkdir()
    with pytest.raises(StorageError, match=r"storage\."):
        machine.start()


def test_the_running_boot_goes_on() -> None:
    (first, before_ms), (second, after_ms) = this_boot(), this_boot()
    assert first == second and 0 < before_ms <= after_ms
