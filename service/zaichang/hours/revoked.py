"""Takes revoked positions out of a session's facts, so that the ledger counts as if they had never been verified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zaichang.ledger.facts import Run
from zaichang.session.playhead import IntervalSet, difference, normalise


def without_revoked(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of one learner without the positions that later decisions took back, in their order.

    A decision changes what the session's entries before it state; time that is granted again after it counts.

    Args:
        entries: Bodies of stored facts: studies, and decisions with the number of their leaf in the id.
    """
    found = [{name: value for name, value in entry.items() if name != "revoked"} for entry in entries]
    for place, entry in enumerate(entries):
        if "revoked" not in entry:
            continue
        gone = normalise((low, high) for low, high in entry["revoked"])
        for other, changed in enumerate(found):
            if other != place and entry["session"] == changed.get("session") and _leaf(changed) < _leaf(entry):
                changed["runs"] = [list(part) for run in changed["runs"] for part in cut(Run(*run), gone)]
    return found


def cut(run: Run, gone: IntervalSet) -> list[Run]:
    """Return the parts of a run that stand; together they take no more server time than the run did.

    Args:
        run: Minutes that follow each other on both clocks.
        gone: Positions in the lesson that count no longer.
    """
    whole = ((run.media_from_ms, run.media_from_ms + run.media_ms * run.minutes),)
    if difference(whole, gone) == whole:
        return [run]
    parts: list[Run] = []
    for minute in range(run.minutes):
        begin_ms, media_ms = run.from_ms + minute * run.wall_ms, run.media_from_ms + minute * run.media_ms
        end_ms = begin_ms + run.wall_ms
        for low, high in difference(((media_ms, media_ms + run.media_ms),), gone):
            at_ms = min(begin_ms + low - media_ms, end_ms)
            wall_ms = min(high - low, end_ms - at_ms)
            parts.append(Run(at_ms, wall_ms, low, high - low, 1))
    return parts


def _leaf(entry: dict[str, Any]) -> int:
    """Return the number of the leaf behind an entry; the study itself comes before every decision."""
    kind, _, rest = str(entry["id"]).partition("/")
    return int(rest.rpartition("/")[2]) if kind == "amend" else -1
