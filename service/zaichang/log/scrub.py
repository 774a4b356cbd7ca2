"""The nightly scrub: reads old entries back and hashes them, a part of each log every night, to find decay in time.

A step checks a few bundles of 256 leaves, which takes some milliseconds, and is followed by a pause. So the scrub of a
log of a million leaves does not slow the service down.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.core.civil import date_text, hour_at
from zaichang.core.errors import EvidenceError, NotFound, StorageError, ZaichangError
from zaichang.log.reader import LogReader
from zaichang.ports.log.places import LogPlace, LogPlaces
from zaichang.ports.log.side_files import SideFile
from zaichang.tlog.merkle import leaf_hash, verify_inclusion
from zaichang.tlog.tiles import WIDTH

NIGHTS: Final = 30
"""Nights in which a whole log is scrubbed."""

STEP_BUNDLES: Final = 4
PAUSE_S: Final = 0.5
SCRUB_HOURS: Final = range(1, 5)
"""Of the night, China's time."""
_log = logging.getLogger("zaichang.log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """An entry whose bytes do not match the signed root.

    Attributes:
        index: Its index, or its bundle's first index where the bundle cannot be read.
        message: The finding.
    """

    index: int
    message: str


def scrub_bundles(reader: LogReader, first: int, count: int) -> list[Damage]:
    """Hash the entries of some bundles and verify their inclusion in the signed root.

    Args:
        reader: The log.
        first: Number of the first bundle.
        count: Number of bundles.
    """
    found = []
    checkpoint = reader.checkpoint.checkpoint
    for number in range(first, min(first + count, -(-reader.size // WIDTH))):
        start = number * WIDTH
        for index in range(start, min(start + WIDTH, reader.size)):
            try:
                # The proof is made of tile hashes, so a wrong hash in a tile fails it too.
                digest = leaf_hash(reader.entry(index))
                verify_inclusion(digest, index, reader.size, reader.prove(index), checkpoint.root)
            except EvidenceError as error:
                found.append(Damage(index=index, message=f"{error.code}: {error.message}"))
                break
    return found


class Scrub:
    """The scrub of one log, night after night.

    Args:
        place: The log.
    """

    def __init__(self, place: LogPlace) -> None:
        """Continue where the last night ended."""
        self._place = place

    def step(self, date: str, bundles: int = STEP_BUNDLES) -> Sequence[Damage] | None:
        """Scrub a few bundles of tonight's part; return the damage, or None when tonight's part is done.

        Args:
            date: Tonight's date, as YYYY-MM-DD.
            bundles: Number of bundles in this step.

        Raises:
            NotFound: ``log.none``.
            EvidenceError: The checkpoint itself is damaged.
            StorageError: ``scrub.state``.
        """
        state = self._state()
        reader = LogReader(self._place.published)
        total = reader.size // WIDTH  # the last, unfinished bundle is checked whenever the log is opened
        if state.get("date") != date:
            state |= {"date": date, "left": max(1, -(-total // NIGHTS)) if total else 0}
        left = state.get("left")
        if not isinstance(left, int) or left <= 0:
            self._keep(state)
            return None
        place = state.get("next")
        first = place if isinstance(place, int) and 0 <= place < total else 0
        count = min(bundles, left, total - first)
        found = scrub_bundles(reader, first, count)
        damaged = state.get("damaged")
        known = [entry for entry in damaged if isinstance(entry, int)] if isinstance(damaged, list) else []
        state |= {"next": first + count, "left": left - count}
        state["damaged"] = sorted({*known, *(damage.index for damage in found)})
        self._keep(state)
        return found

    def _state(self) -> dict[str, object]:
        try:
            value = json.loads(self._place.side_files.read(SideFile.SCRUB_STATE) or b"{}")
        except (StorageError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def _keep(self, state: dict[str, object]) -> None:
        try:
            self._place.side_files.replace(SideFile.SCRUB_STATE, json.dumps(state, sort_keys=True).encode())
        except StorageError as error:
            raise StorageError("scrub.state", f"The scrub's progress cannot be stored ({error.message}).") from error


class NightlyScrub:
    """Background task: scrubs all logs between 1 and 5 o'clock (UTC+8), until cancelled.

    Args:
        logs: All logs.
        now_ms: Server time.
        pause_s: Pause between two steps, in seconds.
    """

    def __init__(self, logs: LogPlaces, now_ms: Callable[[], int], pause_s: float = PAUSE_S) -> None:
        """Remember the logs."""
        self._logs = logs
        self._now_ms = now_ms
        self._pause_s = pause_s

    async def run(self) -> None:
        """Run until cancelled: a step for each log, then a pause; during the day only pauses."""
        while True:
            now_ms = self._now_ms()
            busy = False
            if hour_at(now_ms) in SCRUB_HOURS:
                for place in await asyncio.to_thread(self._logs.all):
                    busy |= await asyncio.to_thread(self._step, place, date_text(now_ms))
            await asyncio.sleep(self._pause_s if busy else 60.0)

    @staticmethod
    def _step(place: LogPlace, date: str) -> bool:
        try:
            found = Scrub(place).step(date)
        except (ZaichangError, OSError) as error:
            level = logging.INFO if isinstance(error, NotFound) else logging.ERROR
            _log.log(level, "scrub of %s: %s", place.name, error)
            return False
        for damage in found or ():
            _log.error(
                "scrub of %s: entry %d is damaged (%s); restore it from a copy, then run zaichang log fsck",
                place.name, damage.index, damage.message,
            )  # fmt: skip
        return found is not None
