"""The ``Outbox`` port on JSON-lines files.

A line is written only after a signed checkpoint covers its record. After a crash a line may be in the file although the
store does not know it yet, so start-up reads the files before it writes again. A consumer identifies a line by session
and minute: two lines with the same key are the same line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from zaichang.adapters.posix.folder import DataFolder, storage_error, sync_dir
from zaichang.core.civil import date_text
from zaichang.core.enums import OutboxLine
from zaichang.core.ids import InstitutionId, LearnerId

_TAIL_BYTES: Final = 131_072
"""More than a line can have: a crash spoils the last line only."""


class PosixOutbox:
    """Outbox files, one for each day in China."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the outbox folder of ``folder``."""
        self._folder = folder.outbox

    def append(self, lines: Sequence[bytes], at_ms: int) -> None:
        """Write whole lines durably.

        Args:
            lines: The lines, each with its newline.
            at_ms: Server time; its day in China selects the file.

        Raises:
            StorageError: ``storage.disk_full``, ``storage.not_writable`` or ``storage.io``; no partial line is left.
        """
        if not lines:
            return
        path = self._folder / f"{date_text(at_ms)}.jsonl"
        try:
            new = not path.exists()
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                size = os.fstat(fd).st_size
                _write_all(fd, b"".join(lines), size)
                os.fsync(fd)
            finally:
                os.close(fd)
            if new:
                sync_dir(self._folder)
        except OSError as error:
            raise storage_error(error, path) from error

    def repair(self) -> None:
        """Cut off a half-written last line that a crash left."""
        for path in self._files():
            with path.open("r+b") as stream:
                size = stream.seek(0, os.SEEK_END)
                start = max(0, size - _TAIL_BYTES)
                stream.seek(start)
                tail = stream.read()
                whole = start + tail.rfind(b"\n") + 1
                if whole != size:
                    stream.truncate(whole)
                    os.fsync(stream.fileno())

    def holds(self, wanted: Iterable[tuple[str, int]], kind: OutboxLine = OutboxLine.MINUTE) -> set[tuple[str, int]]:
        """Return those of the wanted keys that have a line already.

        Args:
            wanted: Pairs of session and minute; of session and leaf for ``amendment``.
            kind: The kind of lines.
        """
        left = set(wanted)
        found: set[tuple[str, int]] = set()
        if not left:
            return found
        for path in reversed(self._files()):
            with path.open("rb") as stream:
                for line in stream:
                    value = json.loads(line)
                    if value["t"] != kind:
                        continue
                    key = (str(value["session"]), int(value["minute" if kind is OutboxLine.MINUTE else "leaf"]))
                    if key in left:
                        found.add(key)
        return found

    def mask(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """See the port: no consumer's position changes."""
        needle = f'"learner":"{learner_id}"'.encode("ascii")
        owner = f'"institution":"{institution_id}"'.encode("ascii")
        masked = f'"learner":"{"-" * len(learner_id)}"'.encode("ascii")
        for path in self._files():
            try:
                with path.open("r+b") as stream:
                    position = 0
                    for line in stream.readlines():
                        if needle in line and owner in line:
                            stream.seek(position)
                            stream.write(line.replace(needle, masked))
                        position += len(line)
                    stream.flush()
                    os.fsync(stream.fileno())
            except OSError as error:
                raise storage_error(error, path) from error

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.jsonl"))


def _write_all(fd: int, data: bytes, size: int) -> None:
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
    except OSError:
        os.ftruncate(fd, size)
        raise
