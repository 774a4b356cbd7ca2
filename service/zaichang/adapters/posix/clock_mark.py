"""Refuses a start whose wall clock was set while the machine ran, or lies behind the last stored event.

Server time is the wall time at the start, so a wrong clock dates records wrong for ever. A start leaves a mark: the
machine's boot and the wall time that its boot clock began at. The boot clock never steps. Where the two disagree at a
later start of the same boot, the wall clock was set. A long stop of the service alone changes neither.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from zaichang.adapters.posix.folder import DataFolder, storage_error, write_durably
from zaichang.core.errors import StorageError

TOLERANCE_MS: Final = 300_000
"""Wall clock and expectation may differ by this much: NTP's slow corrections over months of one boot stay below it."""
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


def check_clock(
    folder: DataFolder,
    floor_ms: int,
    *,
    accepted: bool = False,
    wall_ns: Callable[[], int] = time.time_ns,
    boot: Callable[[], Boot] = this_boot,
) -> None:
    """Compare the wall clock with the last stored event and with the last start, then leave this start's mark.

    Args:
        folder: The data folder, locked.
        floor_ms: The latest server time that storage holds; 0 for none.
        accepted: Whether an operator says that the clock is right: nothing is refused.
        wall_ns: Wall clock in nanoseconds.
        boot: Returns the running boot.

    Raises:
        StorageError: ``clock.behind`` or ``clock.jumped``; no mark is left. Or the mark could not be written.
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
        known_id, began_ms = _read(folder)
        jump_ms = wall_ms - up_ms - began_ms
        if boot_id and known_id == boot_id and abs(jump_ms) > TOLERANCE_MS:
            raise StorageError(
                "clock.jumped",
                f"The machine's clock was set by {jump_ms // 60_000} minutes since the service started last.",
                _WAY_OUT,
            )
    try:
        write_durably(_path(folder), json.dumps({"boot": boot_id, "began_ms": wall_ms - up_ms}).encode())
    except OSError as error:
        raise storage_error(error, _path(folder)) from error


def _path(folder: DataFolder) -> Path:
    return folder.root / "clock.json"


def _read(folder: DataFolder) -> tuple[str, int]:
    """Return the last start's boot and the wall time of that boot; an empty boot where no mark can be read."""
    try:
        mark = json.loads(_path(folder).read_bytes())
        return str(mark["boot"]), int(mark["began_ms"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", 0
