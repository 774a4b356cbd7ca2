"""Stores cosigned checkpoints of the past beside a log (``audit.history``), and selects those that date some leaves."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from zaichang.audit.bundle import Seen
from zaichang.audit.history import Kept, history_line, parse_history
from zaichang.core.errors import StorageError
from zaichang.log.reader import LogReader
from zaichang.ports.log.side_files import SideFile, SideFiles
from zaichang.tlog.checkpoint import parse_checkpoint
from zaichang.tlog.note import parse_note

SPACING_MS: Final = 300_000
"""At most one checkpoint is stored in this time. A leaf should be witnessed within ten minutes, so this is enough."""


def read_history(side_files: SideFiles) -> list[Kept]:
    """Return the stored checkpoints, oldest first, without a line that a crash cut off.

    Raises:
        StorageError: ``witness.history`` if they cannot be read.
    """
    try:
        return parse_history(side_files.read(SideFile.HISTORY) or b"")
    except StorageError as error:
        raise StorageError("witness.history", f"The history cannot be read ({error.message}).") from error


class HistoryKeeper:
    """Stores cosigned checkpoints of one log, at most one in ``SPACING_MS``.

    Args:
        side_files: Of the log.
    """

    def __init__(self, side_files: SideFiles) -> None:
        """Begin; the first checkpoint is stored whenever it comes."""
        self._side_files = side_files
        self._kept_ms: int | None = None

    def keep(self, note: bytes, at_ms: int) -> bool:
        """Store a checkpoint if the last one was stored long enough ago; return whether it was stored.

        Args:
            note: Cosigned checkpoint.
            at_ms: Time now, on any clock that does not jump.

        Raises:
            StorageError: ``witness.history``.
        """
        if self._kept_ms is not None and 0 <= at_ms - self._kept_ms < SPACING_MS:
            return False
        try:
            self._side_files.append_line(SideFile.HISTORY, history_line(note))
        except StorageError as error:
            raise StorageError("witness.history", f"The history cannot be kept ({error.message}).") from error
        self._kept_ms = at_ms
        return True


def seen_for(
    side_files: SideFiles,
    reader: LogReader,
    places: Iterable[tuple[int, int | None]],
    more: Iterable[bytes] = (),
) -> tuple[Seen, ...]:
    """Return the stored checkpoints that date some leaves, each with its consistency proof to the reader's checkpoint.

    Args:
        side_files: Of the log.
        reader: At the checkpoint that the bundle will have.
        places: For each leaf its index, and the size that its anchor names.
        more: Further cosigned checkpoints to include.

    Raises:
        StorageError: ``witness.history``.
    """
    kept = [entry for entry in read_history(side_files) if entry.size <= reader.size]
    sizes = sorted({entry.size for entry in kept})
    wanted: set[int] = set()
    known = set(sizes)
    for index, anchor in places:
        place = bisect_right(sizes, index)
        first = sizes[place] if place < len(sizes) else None
        last = sizes[place - 1] if place else None  # from when the log stood still, where it did
        wanted |= {size for size in (first, anchor, last) if size is not None and size in known}
    by_size: dict[int, Kept] = {}
    for entry in kept:
        by_size.setdefault(entry.size, entry)
    for note in more:
        size = parse_checkpoint(parse_note(note).text).size
        if size <= reader.size:
            by_size[size] = Kept(size=size, note=note)
            wanted.add(size)
    return tuple(
        Seen(note=by_size[size].note, proof=tuple(reader.tree.consistency_proof(size)) if size else ())
        for size in sorted(wanted)
    )
