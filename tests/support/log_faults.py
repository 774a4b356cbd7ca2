"""A log in a folder whose storage can be told to fail, for the tests of the sequencer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.core.errors import FatalLogError, StorageError
from zaichang.log.writer import LogWriter
from zaichang.ports.log import Head, Submission, SubmissionKey
from zaichang.tlog.checkpoint import parse_checkpoint
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.note import parse_note
from zaichang.tlog.tiles import ENTRIES, TileTree, decode_bundle, tiles_of

ORIGIN = "hours.example.org/log/2026"
SIGNER = Ed25519Signer(ORIGIN, b"\x07" * 32)


class Faults:
    """Which step fails next, once: ``stage``, ``swap``, ``put``, ``publish``; with ``-after`` it fails having acted."""

    def __init__(self) -> None:
        self.step = ""
        self.fatal = False
        self.hits = 0

    def at(self, step: str) -> None:
        if self.step == step:
            self.step = ""
            self.hits += 1
            if self.fatal:
                raise FatalLogError("log.fsync", "Injected.")
            raise StorageError("log.io", "Injected.")


class FaultyStore(PosixLogStore):
    def __init__(self, root: Path, faults: Faults) -> None:
        super().__init__(root)
        self._faults = faults

    def stage(self, name: str, data: bytes) -> None:
        self._faults.at("stage")
        super().stage(name, data)
        self._faults.at("stage-after")

    def put(self, objects: Iterable[tuple[str, bytes]]) -> None:
        self._faults.at("put")
        for number, entry in enumerate(objects):
            super().put([entry])
            if number == 0:
                self._faults.at("put-partly")
        self._faults.at("put-after")

    def publish(self, note: bytes, size: int) -> None:
        self._faults.at("publish")
        super().publish(note, size)
        self._faults.at("publish-after")


class FaultyHeads(SqliteHeadStore):
    def __init__(self, path: Path, faults: Faults) -> None:
        super().__init__(path)
        self._faults = faults

    def swap(self, origin: str, old: bytes | None, new: Head, submissions: Sequence[Submission]) -> bool:
        self._faults.at("swap")
        result = super().swap(origin, old, new, submissions)
        self._faults.at("swap-after")
        return result

    def find(self, origin: str, keys: Iterable[SubmissionKey]) -> Mapping[SubmissionKey, Submission]:
        self._faults.at("find")
        return super().find(origin, keys)


class Clock:
    def __init__(self) -> None:
        self.ms = 1_790_000_000_000

    def __call__(self) -> int:
        self.ms += 1
        return self.ms


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def open_writer(root: Path, faults: Faults | None = None, clock: Clock | None = None, known: int = 0) -> LogWriter:
    faults = faults or Faults()
    root.mkdir(parents=True, exist_ok=True)
    store, heads = FaultyStore(root, faults), FaultyHeads(root / "head.sqlite3", faults)
    return LogWriter(ORIGIN, [SIGNER], store, heads, clock or wall_ms, lambda: known)


def check_log(root: Path) -> list[bytes]:
    """Check every tile of the published checkpoint, and return the entries."""
    store = PosixLogStore(root)
    note = store.published()
    assert note is not None
    checkpoint = parse_checkpoint(parse_note(note).text)

    def read(path: str) -> bytes:
        data = store.get(path)
        assert data is not None, path
        return data

    tree = TileTree(checkpoint.size, lambda tile: read(tile.path()))
    assert tree.root() == checkpoint.root
    entries: list[bytes] = []
    for tile in tiles_of(checkpoint.size):
        data = read(tile.path())
        if tile.level == ENTRIES:
            entries += decode_bundle(data, tile.width)
    return entries
