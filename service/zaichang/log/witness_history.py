"""Keeping cosigned checkpoints beside a log (``audit.history``), and taking those that bound some leaves in time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from zaichang.adapters.posix.log_store import PUBLIC
from zaichang.audit.bundle import Seen
from zaichang.audit.history import HISTORY, Kept, history_line, parse_history
from zaichang.core.errors import StorageError
from zaichang.log.reader import LogReader
from zaichang.tlog.checkpoint import parse_checkpoint
from zaichang.tlog.note import parse_note

SPACING_MS: Final = 300_000
"""No more than one is kept in so long: far below the ten minutes within which a leaf should have been seen."""


def read_history(public: Path) -> list[Kept]:
    """Return what is kept, oldest first; a line that a crash cut off is left out.

    Raises:
        StorageError: ``witness.history`` if the file cannot be read.
    """
    try:
        return parse_history((public / HISTORY).read_bytes())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError("witness.history", f"The history cannot be read ({error.strerror}).") from error


class HistoryKeeper:
    """Keeps cosigned checkpoints of one log, not too many.

    Args:
        root: The log's folder.
    """

    def __init__(self, root: Path) -> None:
        """Remember where; nothing is kept yet."""
        self._path = root / PUBLIC / HISTORY
        self._kept_ms: int | None = None

    def keep(self, note: bytes, at_ms: int) -> bool:
        """Keep a checkpoint if the last one was kept long enough ago; return whether it was.

        Args:
            note: Cosigned checkpoint.
            at_ms: Now.

        Raises:
            StorageError: ``witness.history``.
        """
        if self._kept_ms is not None and 0 <= at_ms - self._kept_ms < SPACING_MS:
            return False
        line = history_line(note)
        try:
            with self._path.open("ab") as stream:
                # A line that was cut off by a crash ends here.
                stream.write((b"\n" if stream.tell() else b"") + line)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise StorageError("witness.history", f"The history cannot be kept ({error.strerror}).") from error
        self._kept_ms = at_ms
        return True


def seen_for(
    root: Path, reader: LogReader, places: Iterable[tuple[int, int | None]], more: Iterable[bytes] = ()
) -> tuple[Seen, ...]:
    """Return the kept checkpoints that bound some leaves in time, with their proofs to the reader's checkpoint.

    Args:
        root: The log's folder.
        reader: Of the checkpoint that a bundle will have.
        places: For each leaf its index, and the size that its anchor names.
        more: Further cosigned checkpoints to take.

    Raises:
        StorageError: ``witness.history``.
    """
    kept = [entry for entry in read_history(root / PUBLIC) if entry.size <= reader.size]
    sizes = sorted({entry.size for entry in kept})
    wanted: set[int] = set()
    for index, anchor in places:
        first = next((size for size in sizes if size > index), None)
        wanted |= {size for size in (first, anchor) if size is not None and size in sizes}
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
