"""A checked copy of another log: a regulator's, or an institution's own copy on another machine.

Theory. The copy does not trust the log. It fetches the entries, computes the tiles itself, and accepts them only if
they
give the root that the log has signed. The log must still begin with the copy's own entries, so a log that changed its
past is detected. An interrupted run continues where it stopped: fetched bundles wait in the copy's staging area, and
are
checked like all others before use.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from zaichang.audit.history import first_sight_line, history_line, parse_history
from zaichang.audit.whole.stamps import parse_stamps, stamp_line
from zaichang.core.errors import EvidenceError
from zaichang.log.fetch_guard import FetchGuard, Limits
from zaichang.ports.log.side_files import SideFile, SideFiles
from zaichang.ports.log.store import LogStore
from zaichang.tlog.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint, parse_checkpoint
from zaichang.tlog.note import parse_note
from zaichang.tlog.plan import TreeState, load_state, plan_batch
from zaichang.tlog.tiles import CHECKPOINT_PATH, ENTRIES, WIDTH, TileId, decode_bundle, tile_at
from zaichang.tlog.trust import Trust

CHUNK_BUNDLES: Final = 64
"""Bundles that are added to the tree at once. This bounds the memory, not the size of the log."""


class Source(Protocol):
    """The log that is copied."""

    def get(self, name: str) -> bytes | None:
        """Return a published object's bytes, or None if there is none.

        Raises:
            StorageError: ``mirror.source`` if the source does not answer.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """The result of a run of the mirror.

    Attributes:
        origin: The log.
        before: The copy's size before the run.
        size: The copy's size now.
        fetched: Number of fetched bundles.
    """

    origin: str
    before: int
    size: int
    fetched: int


class Mirror:
    """One copy.

    Args:
        source: The log.
        store: The copy.
        publish_key: Shows the log's verifier key beside the copy.
        side_files: Of the copy: takes the log's cosigned checkpoints, and the times at which the copy saw them.
        now_ms: The copy's own clock.
        limits: Of each run.
        trust: The log keys that are believed, and the witnesses that are required.
    """

    def __init__(
        self,
        source: Source,
        store: LogStore,
        publish_key: Callable[[str], None],
        side_files: SideFiles,
        trust: Trust,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
    ) -> None:
        """Remember the parts."""
        self._side_files = side_files
        self._now_ms = now_ms
        self._limits = limits
        self._newest_size = 0
        self._source = source
        self._store = store
        self._publish_key = publish_key
        self._trust = trust

    def run(self, progress: Callable[[int, int], None] = lambda done, total: None) -> Mirrored:
        """Bring the copy up to the log's newest checkpoint. A run that fails changes nothing in the copy.

        Raises:
            EvidenceError: ``E_NOTE_SIG``, ``E_QUORUM``, ``E_KEY``; ``E_FORK``, ``E_CONSISTENCY`` if the log is no
                longer the one that was copied; ``E_TILE`` if its entries do not give the root that it signed.
            StorageError: ``mirror.source``, ``mirror.max_bytes``, ``mirror.disk_full``; ``log.*`` from the copy's
                storage.
        """
        # (1) The log's newest checkpoint, and the copy's.
        signed = self._newest()
        held = self._store.published()
        old = None if held is None else self._trust.open_checkpoint(held, signed.checkpoint.origin).checkpoint
        before = 0 if old is None else old.size
        new = signed.checkpoint
        if new.size < before:
            raise EvidenceError("E_CONSISTENCY", f"The log shrank: the copy has {before} leaves, it shows {new.size}.")
        if old is not None and new.size == before and new.root != old.root:
            raise EvidenceError("E_FORK", f"Two roots are signed for size {before}: keep both checkpoints as evidence.")
        # (2) The copy itself must be sound.
        state = TreeState() if old is None else load_state(before, self._read)
        if old is not None and state.root() != old.root:
            raise EvidenceError("E_TILE", "The copy itself is damaged: check it with zaichang verify.")
        # (3) Fetch, and compute the root without writing.
        guard = FetchGuard(new, self._object, self._limits)
        try:
            fetched = self._fetch(before, new.size, guard, progress)
        except EvidenceError as error:
            if error.code != "E_INCLUSION":
                raise
            self._store.clear_staging(new.size)
            message = "The log hands out entries that are not under the root that it signed."
            raise EvidenceError("E_CONSISTENCY" if before else "E_TILE", message) from error
        if self._grow(state, new.size, apply=False).root() != new.root:
            self._store.clear_staging(new.size)
            cause = "its beginning is not what was copied, or " if before else ""
            message = f"The log's entries do not give the root that it signed: {cause}an entry was changed."
            raise EvidenceError("E_CONSISTENCY" if before else "E_TILE", message)
        # (4) Write the tiles, and publish.
        self._grow(state, new.size, apply=True)
        self._store.publish(signed.note, new.size)
        self._store.clear_staging(new.size)
        # (5) The witnesses' times and the copy's own: they date the log's leaves.
        if new.size != before:
            self._side_files.append_line(SideFile.FIRST_SIGHT, first_sight_line(signed.note, self._now_ms()))
        self._take_history(new)
        self._take_stamps(new)
        self._publish_key(next((key.vkey for key in self._trust.logs if key.name == new.origin), ""))
        return Mirrored(origin=new.origin, before=before, size=new.size, fetched=fetched)

    def _newest(self) -> SignedCheckpoint:
        problem: EvidenceError | None = None
        # A trust that requires witnesses accepts only the cosigned checkpoint, which is a little older than the newest.
        for name in (CHECKPOINT_PATH, SideFile.WITNESSED.value):
            note = self._source.get(name)
            if note is None:
                continue
            with suppress(EvidenceError):
                self._newest_size = max(self._newest_size, parse_checkpoint(parse_note(note).text).size)
            try:
                return self._trust.open_checkpoint(note)
            except EvidenceError as error:
                problem = problem or error
        raise problem or EvidenceError("E_FORMAT", "There is no checkpoint there.")

    def _take_history(self, new: Checkpoint) -> None:
        """Add the log's kept checkpoints that the copy does not have yet. The copy never loses a line."""
        held = {entry.note for entry in parse_history(self._side_files.read(SideFile.HISTORY) or b"")}
        for entry in parse_history(self._source.get(SideFile.HISTORY.value) or b""):
            if entry.note in held or entry.size > new.size:
                continue
            with suppress(EvidenceError):
                self._trust.open_checkpoint(entry.note, new.origin)
                self._side_files.append_line(SideFile.HISTORY, history_line(entry.note))

    def _take_stamps(self, new: Checkpoint) -> None:
        """Add the log's time stamps that the copy lacks. Which authority to believe is the reader's choice."""
        held = {stamp.response for stamp in parse_stamps(self._side_files.read(SideFile.TIMESTAMPS) or b"")}
        for stamp in parse_stamps(self._source.get(SideFile.TIMESTAMPS.value) or b""):
            if stamp.response in held:
                continue
            with suppress(EvidenceError):
                signed = open_checkpoint(stamp.note, self._trust.verifiers(), new.origin)
                if signed.checkpoint.size <= new.size:
                    self._side_files.append_line(SideFile.TIMESTAMPS, stamp_line(stamp))

    def _fetch(self, before: int, size: int, guard: FetchGuard, progress: Callable[[int, int], None]) -> int:
        count = 0
        for number in range(before // WIDTH, -(-size // WIDTH)):
            tile = tile_at(ENTRIES, number, size)
            if self._store.staged(_staged_name(tile)) is None:
                data = self._object(tile)
                guard.spend(len(data))
                guard.check(number, _first_entries(data, tile.width))  # a bundle that was cut off is not staged
                self._store.stage(_staged_name(tile), data)
                count += 1
            progress(min((number + 1) * WIDTH, size), size)
        return count

    def _object(self, tile: TileId) -> bytes:
        # A partial bundle is deleted once the full one exists. The full one begins with the same entries.
        grown = tile_at(tile.level, tile.index, max(self._newest_size, tile.index * WIDTH + tile.width))
        for wanted in dict.fromkeys((tile, tile.full(), grown)):
            data = self._source.get(wanted.path())
            if data is not None:
                return data
        raise EvidenceError("E_TILE", f"The log does not hand out {tile.path()}.")

    def _entries(self, state: TreeState, size: int) -> Iterator[list[bytes]]:
        chunk: list[bytes] = []
        first = state.size // WIDTH
        for number in range(first, -(-size // WIDTH)):
            tile = tile_at(ENTRIES, number, size)
            try:
                entries = _first_entries(self._store.staged(_staged_name(tile)) or b"", tile.width)
            except EvidenceError:
                self._store.clear_staging(size)
                raise
            chunk += entries[state.size % WIDTH :] if number == first else entries
            if (number + 1) % CHUNK_BUNDLES == 0:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _grow(self, state: TreeState, size: int, *, apply: bool) -> TreeState:
        for entries in self._entries(state, size):
            if not entries:
                continue
            plan = plan_batch(state, entries)
            if apply:
                self._store.put(plan.objects)
                self._store.discard(plan.obsolete)
            state = plan.state
        return state

    def _read(self, tile: TileId) -> bytes:
        data = self._store.get(tile.path())
        if data is None:
            raise EvidenceError("E_TILE", f"The copy's {tile.path()} is missing: check it with zaichang verify.")
        return data


def _first_entries(data: bytes, width: int) -> list[bytes]:
    """Return a bundle's first entries; the bundle may hold more.

    Raises:
        EvidenceError: ``E_TILE`` if it holds fewer.
    """
    position = 0
    for _ in range(width):
        position += 2 + int.from_bytes(data[position : position + 2], "big")
    if position > len(data):
        raise EvidenceError("E_TILE", "A bundle of entries was cut off on its way.")
    return list(decode_bundle(data[:position], width))


def _staged_name(tile: TileId) -> str:
    """Return the bundle's name in the staging area, which begins with the size that the bundle reaches."""
    return f"{tile.index * WIDTH + tile.width}-entries"
