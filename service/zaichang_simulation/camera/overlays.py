"""Camera entries that are shown over the others: in answer to an event, or in cycles."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang_simulation.format.camera import CameraEntry
from zaichang_simulation.format.types import to_ms


@dataclass(frozen=True, slots=True)
class _Shown:
    from_ms: int
    until_ms: int
    entry: CameraEntry


def is_overlay(entry: CameraEntry) -> bool:
    """Return whether an entry answers events or comes in cycles."""
    return bool(entry.on or entry.every_s)


class Overlays:
    """The overlays of one camera; the one that began last is shown."""

    def __init__(self, entries: tuple[CameraEntry, ...]) -> None:
        """Take the entries for which ``is_overlay`` holds."""
        self._cycles = tuple(entry for entry in entries if entry.every_s)
        self._reactions = tuple(entry for entry in entries if entry.on)
        self._counts = [0] * len(self._reactions)
        self._shown: list[_Shown] = []

    def happened(self, event: str, now_ms: int) -> None:
        """An event happened: entries that answer it are shown after their time."""
        for number, entry in enumerate(self._reactions):
            used_up = 0 < entry.first <= self._counts[number]
            if entry.on != event or now_ms < to_ms(entry.at_s) or used_up:
                continue
            self._counts[number] += 1
            from_ms = now_ms + to_ms(entry.after_s)
            until_ms = from_ms + to_ms(entry.for_s) if entry.for_s else 1 << 62
            self._shown.append(_Shown(from_ms, until_ms, entry))

    def at(self, time_ms: int) -> CameraEntry | None:
        """Return the overlay that is shown, if one is."""
        found: tuple[int, CameraEntry] | None = None
        for each in self._shown:
            if each.from_ms <= time_ms and (found is None or each.from_ms >= found[0]):
                # One that is over still ends an endless one before it.
                found = (each.from_ms, each.entry) if time_ms < each.until_ms else None
        for entry in self._cycles:
            since_ms = time_ms - to_ms(entry.at_s)
            into_ms = since_ms % to_ms(entry.every_s)
            if since_ms >= 0 and into_ms < to_ms(entry.for_s) and (found is None or time_ms - into_ms >= found[0]):
                found = (time_ms - into_ms, entry)
        return None if found is None else found[1]
