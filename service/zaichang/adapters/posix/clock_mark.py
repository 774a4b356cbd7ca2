"""Refuses a start whose wall clock was set while the machine ran, or lies behind the last stored event.

Server time is the wall time at the start, so a wrong clock dates records wrong for ever. A start leaves a mark: the
machine's boot and the wall time that its boot clock began at. The boot clock never steps. Where the two disagree at a
later start of the same boot, the wall clock was set. A long stop of the service alone changes neither.

Another boot has another boot clock. While the service runs, it renews the mark with the time at which it was last
there. A wall clock far beyond that is a long stop of the machine or a clock that was set; where the kernel says that no
time service has set it, a person must say which.
"""

from __future__ import annotations

import ctypes
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from zaichang.adapters.posix.folder import DataFolder, storage_error, write_durably
from zaichang.core.errors import StorageError

TOLERANCE_MS: Final = 300_000
"""Wall clock and expectation may differ by this much: NTP's slow corrections over months of one boot stay below it."""
SILENT_MAX_MS: Final = 3_600_000
"""After a reboot, a clock that no time service has set is believed up to so long after the service was last there."""
_TIME_ERROR: Final = 5
_TIMEX_BYTES: Final = 512
"""More than ``struct timex`` has on any system (adjtimex(2)); zeros ask and change nothing."""
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_WAY_OUT: Final = (
    "Set the clock right (NTP) and start again; if it is right, start once with: zaichang serve --accept-clock"
)
Boot = tuple[str, int]
"""A machine's boot: its id, empty where the system tells none, and the milliseconds since it."""


def this_boot() -> Boot:
    """Return the running boot."""
    try:
        boot_id = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        boot_id = ""
    return boot_id, time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)) // 1_000_000


def synchronised() -> bool | None:
    """Return whether the kernel says that a time service has set the clock; None where the system does not tell."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def check_clock(
    folder: DataFolder,
    floor_ms: int,
    *,
    accepted: bool = False,
    wall_ns: Callable[[], int] = time.time_ns,
    boot: Callable[[], Boot] = this_boot,
    synced: Callable[[], bool | None] = synchronised,
) -> None:
    """Compare the wall clock with the last stored event and with the last start, then leave this start's mark.

    Args:
        folder: The data folder, locked.
        floor_ms: The latest server time that storage holds; 0 for none.
        accepted: Whether an operator says that the clock is right: nothing is refused.
        wall_ns: Wall clock in nanoseconds.
        boot: Returns the running boot.
        synced: Returns whether a time service has set the clock.

    Raises:
        StorageError: ``clock.behind``, ``clock.jumped`` or ``clock.unsure``; no mark is left. Or the mark could not be
            written.
    """
    wall_ms = wall_ns() // 1_000_000
    boot_id, up_ms = boot()
    if not accepted:
        if floor_ms - wall_ms > TOLERANCE_MS:
            raise StorageError(
                "clock.behind",
                f"The machine's clock is {(floor_ms - wall_ms) // 60_000} minutes behind the last stored event.",
                _WAY_OUT,
            )
        known_id, began_ms, seen_ms = _read(folder)
        jump_ms = wall_ms - up_ms - began_ms
        silent_ms = wall_ms - max(seen_ms, floor_ms)
        if boot_id and known_id == boot_id and abs(jump_ms) > TOLERANCE_MS:
            raise StorageError(
                "clock.jumped",
                f"The machine's clock was set by {jump_ms // 60_000} minutes since the service started last.",
                _WAY_OUT,
            )
        if boot_id and seen_ms and known_id != boot_id and silent_ms > SILENT_MAX_MS and synced() is False:
            raise StorageError(
                "clock.unsure",
                f"The machine was started anew, no time service has set its clock, and by it the service was last"
                f" there {silent_ms // 60_000} minutes ago.",
                _WAY_OUT,
            )
    _write(folder, boot_id, wall_ms - up_ms, wall_ms)


def renew_mark(folder: DataFolder, *, boot: Callable[[], Boot] = this_boot) -> None:
    """Note that the service is there now, by the boot clock: a wall clock that was set meanwhile changes nothing.

    Args:
        folder: The data folder, locked.
        boot: Returns the running boot.

    Raises:
        StorageError: The mark could not be written.
    """
    boot_id, up_ms = boot()
    known_id, began_ms, _ = _read(folder)
    if boot_id and known_id == boot_id:
        _write(folder, boot_id, began_ms, began_ms + up_ms)


def _write(folder: DataFolder, boot_id: str, began_ms: int, seen_ms: int) -> None:
    mark = {"boot": boot_id, "began_ms": began_ms, "seen_ms": seen_ms}
    try:
        write_durably(_path(folder), json.dumps(mark).encode())
    except OSError as error:
        raise storage_error(error, _path(folder)) from error


def _path(folder: DataFolder) -> Path:
    return folder.root / "clock.json"


def _read(folder: DataFolder) -> tuple[str, int, int]:
    """Return the last start's boot, the wall time of that boot and when the service was last there; zeros without."""
    try:
        mark = json.loads(_path(folder).read_bytes())
        return str(mark["boot"]), int(mark["began_ms"]), int(mark.get("seen_ms", 0))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "", 0, 0
