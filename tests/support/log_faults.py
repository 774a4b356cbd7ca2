"""A log whose storage can be told to fail, on any medium, for the tests of the writer and the sequencer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from support.log_media import LogMedium
from zaichang.core.errors import FatalLogError, StorageError
from zaichang.log.writer import LogWriter
from zaichang.ports.log.store import Head, HeadStore, LogStore, Submission, SubmissionKey
from zaichang.tlog.checkpoint import parse_checkpoint
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.note import parse_note
from zaichang.tlog.tiles import ENTRIES, TileTree, decode_bundle, tiles_of

ORIGIN = "hours.example.org/log/2026"
SIGNER = Ed25519Signer(ORIGIN, b"\x07" * 32)


class Faults:
    """Which step fails next, once: ``stage``, ``swap``, ``put``, ``publish``; with ``-after`` it fails having acted.

    Attributes:
        before_swap: Called before every swap, to act as another process meanwhile.
        lies: Return value of ``get`` for some paths.
    """

    def __init__(self) -> None:
        self.step = ""
        self.fatal = False
        self.hits = 0
        self.before_swap: Callable[[], None] = lambda: None
        self.lies: dict[str, bytes] = {}

    def at(self, step: str) -> None:
        if self.step == step:
            self.step = ""
            self.hits += 1
            if self.fatal:
                raise FatalLogError("log.fsync", "Injected.")
            raise StorageError("log.io", "Injected.")


@dataclass
class FaultyStore:
    store: LogStore
    faults: Faults

    def stage(self, name: str, data: bytes) -> None:
        self.faults.at("stage")
        self.store.stage(name, data)
        self.faults.at("stage-after")

    def staged(self, name: str) -> bytes | None:
        return self.store.staged(name)

    def clear_staging(self, size: int) -> None:
        self.store.clear_staging(size)

    def put(self, objects: Iterable[tuple[str, bytes]]) -> None:
        self.faults.at("put")
        for number, entry in enumerate(objects):
            self.store.put([entry])
            if number == 0:
                self.faults.at("put-partly")
        self.faults.at("put-after")

    def get(self, path: str) -> bytes | None:
        return self.faults.lies.get(path) or self.store.get(path)

    def publish(self, note: bytes, size: int) -> None:
        self.faults.at("publish")
        self.store.publish(note, size)
        self.faults.at("publish-after")

    def published(self) -> bytes | None:
        return self.store.published()

    def discard(self, prefixes: Iterable[str]) -> None:
        self.store.discard(prefixes)


@dataclass
class FaultyHeads:
    heads: HeadStore
    faults: Faults

    def load(self, origin: str) -> Head | None:
        return self.heads.load(origin)

    def swap(self, origin: str, old: bytes | None, new: Head, submissions: Sequence[Submission]) -> bool:
        self.faults.before_swap()
        self.faults.at("swap")
        result = self.heads.swap(origin, old, new, submissions)
        self.faults.at("swap-after")
        return result

    def find(self, origin: str, keys: Iterable[SubmissionKey]) -> Mapping[SubmissionKey, Submission]:
        self.faults.at("find")
        return self.heads.find(origin, keys)

    def close(self) -> None:
        self.heads.close()


class Clock:
    def __init__(self) -> None:
        self.ms = 1_790_000_000_000

    def __call__(self) -> int:
        self.ms += 1
        return self.ms


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def open_writer(
    medium: LogMedium, faults: Faults | None = None, clock: Clock | None = None, known: int = 0
) -> LogWriter:
    faults = faults or Faults()
    store = FaultyStore(medium.place.open_store(), faults)
    heads = FaultyHeads(medium.place.open_heads(), faults)
    return LogWriter(ORIGIN, [SIGNER], store, heads, clock or wall_ms, lambda: known)


def grow(medium: LogMedium, to: int, text: str = "leaf") -> None:
    """Bring a log to a size, and show its verifier key."""
    writer = open_writer(medium)
    size = writer.recover().checkpoint.size
    while size < to:
        count = min(700, to - size)
        writer.commit([(("s", n), f"{text} {n}".encode()) for n in range(size, size + count)])
        size += count
    writer.close()
    medium.place.keys.publish(SIGNER.vkey)


def check_log(medium: LogMedium) -> list[bytes]:
    """Check every tile of the published checkpoint, and return the entries."""
    store = medium.place.open_store()
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
