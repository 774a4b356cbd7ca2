"""The cosigned checkpoints that a log kept from its past (``checkpoint.history``), one every few minutes.

JSON lines, canonical ``{"note": ...}``, oldest first. They show by when each leaf had entered the log. Losing them
loses no leaf and no proof, only the witnesses' statements of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import parse_checkpoint
from zaichang.tlog.note import parse_note

HISTORY: Final = "checkpoint.history"
WITNESSED: Final = "checkpoint.witnessed"
"""The newest cosigned checkpoint, beside the newest one, which waits for its cosignatures for some seconds."""
FIRST_SIGHT: Final = "first-sight"
"""Beside a mirror's ``public`` folder: when it first saw which checkpoint, by its own clock."""

MAX_HISTORY_BYTES: Final = 256_000_000
MAX_LINE_BYTES: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A kept checkpoint, not checked.

    Attributes:
        size: Its size.
        note: The signed checkpoint.
    """

    size: int
    note: bytes


def parse_history(data: bytes) -> list[Kept]:
    """Return the kept checkpoints, oldest first. A line cut off by a crash is left out."""
    found = []
    for line in data.split(b"\n"):
        try:
            note = str(parse_canonical_object(line, MAX_LINE_BYTES)["note"]).encode("utf-8")
            found.append(Kept(size=parse_checkpoint(parse_note(note).text).size, note=note))
        except (EvidenceError, KeyError):
            continue
    return found


def parse_first_sights(data: bytes) -> list[tuple[Kept, int]]:
    """Return the checkpoints that a mirror saw, each with the time by the mirror's own clock, in milliseconds."""
    found = []
    for line in data.split(b"\n"):
        try:
            value = parse_canonical_object(line, MAX_LINE_BYTES)
            note, at_ms = str(value["note"]).encode("utf-8"), value["at_ms"]
            size = parse_checkpoint(parse_note(note).text).size
        except (EvidenceError, KeyError):
            continue
        if isinstance(at_ms, int):
            found.append((Kept(size=size, note=note), at_ms))
    return found


def first_sight_line(note: bytes, at_ms: int) -> bytes:
    """Return the line, without its newline, that states when a mirror first saw a checkpoint."""
    return canonical_bytes({"note": note.decode("utf-8"), "at_ms": at_ms}, MAX_LINE_BYTES)


def history_line(note: bytes) -> bytes:
    """Return the line, without its newline, that keeps a checkpoint."""
    return canonical_bytes({"note": note.decode("utf-8")}, MAX_LINE_BYTES)
