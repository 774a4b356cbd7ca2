"""The nightly scrub: old entries are read back and hashed, a shard each night, so that decay is found in time.

A step takes a few bundles (256 leaves each, some milliseconds); between two steps the service goes about its work, so a
log of a million leaves never stands in its way.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zaichang.adapters.posix.folder import write_durably
from zaichang.core.errors import EvidenceError, NotFound, StorageError, ZaichangError
from zaichang.log.reader import LogReader
from zaichang.tlog.merkle import leaf_hash, verify_inclusion
from zaichang.tlog.tiles import WIDTH

NIGHTS: Final = 30
"""A whole log is scrubbed in so many nights."""

STEP_BUNDLES: Final = 4
PAUSE_S: Final = 0.5
_HOURS: Final = range(1, 5)
_CHINA: Final = datetime.timezone(datetime.timedelta(hours=8))
_STATE: Final = "scrub.json"
_log = logging.getLogger("zaichang.log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """An entry that is not what was signed.

    Attributes:
        index: Its index, or that of its bundle's first entry.
        message: What is wrong.
    """

    index: int
    message: str


def scrub_bundles(reader: LogReader, first: int, count: int) -> list[Damage]:
    """Hash the entries of some bundles, and prove them to the signed root.

    Args:
        reader: Of the log.
        first: Number of the first bundle.
        count: How many.
    """
    found = []
    checkpoint = reader.checkpoint.checkpoint
    for number in range(first, min(first + count, -(-reader.size // WIDTH))):
        start = number * WIDTH
        for index in range(start, min(start + WIDTH, reader.size)):
            try:
                # Tile hashes are what the proof is made of, so one wrong hash in the tile fails it too.
                digest = leaf_hash(reader.entry(index))
                verify_inclusion(digest, index, reader.size, reader.prove(index), checkpoint.root)
            except EvidenceError as error:
                found.append(Damage(index=index, message=f"{error.code}: {error.message}"))
                break
    return found


class Scrub:
    """Goes through one log, night after night.

    Args:
        root: The log's folder.
    """

    def __init__(self, root: Path) -> None:
        """Go on where the last night ended."""
        self._root = root
        self._path = root / _STATE

    def step(self, date: str, bundles: int = STEP_BUNDLES) -> Sequence[Damage] | None:
        """Scrub a few bundles of tonight's shard; return what is damaged, or None when the shard is done.

        Args:
            date: Tonight's, as YYYY-MM-DD.
            bundles: How many.

        Raises:
            NotFound: ``log.none``.
            EvidenceError: The checkpoint itself is damaged.
            StorageError: ``scrub.state``.
        """
        state = self._state()
        reader = LogReader(self._root)
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
            value = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def _keep(self, state: dict[str, object]) -> None:
        try:
            write_durably(self._path, json.dumps(state, sort_keys=True).encode())
        except OSError as error:
            raise StorageError("scrub.state", f"The scrub's place cannot be kept ({error.strerror}).") from error


class NightlyScrub:
    """Scrubs all logs of a data folder at night, until cancelled.

    Args:
        logs: The folder of all logs (``<institution>/<year>``).
        now_ms: Server time.
        pause_s: Between two steps.
    """

    def __init__(self, logs: Path, now_ms: Callable[[], int], pause_s: float = PAUSE_S) -> None:
        """Remember where."""
        self._logs = logs
        self._now_ms = now_ms
        self._pause_s = pause_s

    async def run(self) -> None:
        """Make a step for each log, pause, and so on; by day only pause."""
        while True:
            now = datetime.datetime.fromtimestamp(self._now_ms() / 1000, _CHINA)
            busy = False
            if now.hour in _HOURS:
                for root in sorted(path.parent for path in self._logs.glob("*/*/vkey")):
                    busy |= await asyncio.to_thread(self._step, root, now.date().isoformat())
            await asyncio.sleep(self._pause_s if busy else 60.0)

    @staticmethod
    def _step(root: Path, date: str) -> bool:
        try:
            found = Scrub(root).step(date)
        except (ZaichangError, OSError) as error:
            level = logging.INFO if isinstance(error, NotFound) else logging.ERROR
            _log.log(level, "scrub of %s/%s: %s", root.parent.name, root.name, error)
            return False
        for damage in found or ():
            _log.error(
                "scrub of %s/%s: entry %d is damaged (%s); restore it from a copy, then run zaichang log fsck",
                root.parent.name, root.name, damage.index, damage.message,
            )  # fmt: skip
        return found is not None
