"""A second copy of a log, that trusts the first for nothing: a regulator's, or an institution's own elsewhere.

Entries are fetched as they are; tiles are not fetched but computed anew, and only what gives the root that the log has
signed becomes part of the copy. What the copy holds already is the beginning that the log must still have. An
interrupted run goes on where it was: fetched bundles wait in ``incoming`` and are checked before use like all others.
"""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from zaichang.adapters.posix.folder import write_durably
from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.core.errors import ConfigError, EvidenceError, StorageError
from zaichang.log.witness_client import WITNESSED
from zaichang.tlog.checkpoint import SignedCheckpoint
from zaichang.tlog.plan import TreeState, load_state, plan_batch
from zaichang.tlog.tiles import CHECKPOINT_PATH, ENTRIES, MAX_ENTRY_BYTES, WIDTH, TileId, decode_bundle, tile_at
from zaichang.tlog.trust import Trust

CHUNK_BUNDLES: Final = 64
"""Bundles that are put into the tree at once: bounds the memory, not the size of the log."""

MAX_OBJECT_BYTES: Final = WIDTH * (MAX_ENTRY_BYTES + 2)
_TIMEOUT_S: Final = 20


class Source(Protocol):
    """Where a log is copied from."""

    def get(self, name: str) -> bytes | None:
        """Return a published object's bytes, or None if there is none.

        Raises:
            StorageError: ``mirror.source`` if it cannot be asked.
        """


class FolderSource:
    """A log's folder, or its ``public`` folder: on a disk that was sent, or a share."""

    def __init__(self, root: Path) -> None:
        """Find the checkpoint."""
        self._root = next((p for p in (root / "public", root) if (p / CHECKPOINT_PATH).is_file()), root)

    def get(self, name: str) -> bytes | None:
        """See ``Source``."""
        path = self._root / name
        try:
            if not path.is_file():
                return None
            if path.stat().st_size > MAX_OBJECT_BYTES:
                raise StorageError("mirror.source", f"{name} is longer than any object of a log.")
            return path.read_bytes()
        except OSError as error:
            raise StorageError("mirror.source", f"{name} cannot be read ({error.strerror}).") from error


class HttpSource:
    """A log's prefix on a web server.

    Args:
        url: Address in front of ``/checkpoint``.

    Raises:
        ConfigError: ``mirror.url``.
    """

    def __init__(self, url: str) -> None:
        """Connect when first asked."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ConfigError("mirror.url", "A log's address begins with http:// or https://.")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._prefix = parts.path.rstrip("/")
        self._open: Callable[[], http.client.HTTPConnection] = lambda: kind(
            str(parts.hostname), parts.port, timeout=_TIMEOUT_S
        )
        self._connection: http.client.HTTPConnection | None = None

    def get(self, name: str) -> bytes | None:
        """See ``Source``; a connection that the server closed in between is opened again."""
        for attempt in (1, 2):
            connection = self._connection = self._connection or self._open()
            try:
                connection.request("GET", f"{self._prefix}/{name}")
                answer = connection.getresponse()
                data = answer.read(MAX_OBJECT_BYTES + 1)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._connection = None
                if attempt == 2:
                    raise StorageError(
                        "mirror.source", f"The log's server does not answer ({type(error).__name__}).", "Run it again."
                    ) from error
                continue
            if answer.status == 404:
                return None
            if answer.status == 200 and len(data) <= MAX_OBJECT_BYTES:
                return data
            self.close()
            raise StorageError(
                "mirror.source", f"The log's server answers {answer.status} for {name}.", "Run it again."
            )
        return None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """What a run did.

    Attributes:
        origin: The log.
        before: Size of the copy before.
        size: Its size now.
        fetched: Bundles that came over.
    """

    origin: str
    before: int
    size: int
    fetched: int


class Mirror:
    """One copy.

    Args:
        source: The log.
        root: The copy's folder; made if absent.
        trust: Whom to believe, and whose cosignatures to ask for.
    """

    def __init__(self, source: Source, root: Path, trust: Trust) -> None:
        """Open the copy."""
        self._source = source
        self._root = root
        self._trust = trust
        self._store = PosixLogStore(root)
        self._incoming = root / "incoming"

    def run(self, progress: Callable[[int, int], None] = lambda done, total: None) -> Mirrored:
        """Bring the copy up to the log's newest checkpoint.

        Raises:
            EvidenceError: ``E_NOTE_SIG``, ``E_QUORUM``, ``E_KEY``; ``E_FORK``, ``E_CONSISTENCY`` if the log is no
                longer the one that was copied; ``E_TILE`` if its entries do not give the root that it signed.
                Nothing was taken then.
            StorageError: ``mirror.source``; ``log.*`` from the copy's disk.
        """
        signed = self._newest()
        held = self._store.published()
        old = None if held is None else self._trust.open_checkpoint(held, signed.checkpoint.origin).checkpoint
        before = 0 if old is None else old.size
        new = signed.checkpoint
        if new.size < before:
            raise EvidenceError("E_CONSISTENCY", f"The log shrank: the copy has {before} leaves, it shows {new.size}.")
        if old is not None and new.size == before and new.root != old.root:
            raise EvidenceError("E_FORK", f"Two roots are signed for size {before}: keep both checkpoints as evidence.")
        state = TreeState() if old is None else load_state(before, self._read)
        if old is not None and state.root() != old.root:
            raise EvidenceError("E_TILE", "The copy itself is damaged: check it with zaichang verify.")
        fetched = self._fetch(before, new.size, progress)
        if self._grow(state, new.size, apply=False).root() != new.root:
            shutil.rmtree(self._incoming, ignore_errors=True)
            what = "its beginning is not what was copied, or " if before else ""
            message = f"The log's entries do not give the root that it signed: {what}an entry was changed."
            raise EvidenceError("E_CONSISTENCY" if before else "E_TILE", message)
        self._grow(state, new.size, apply=True)
        self._store.publish(signed.note, new.size)
        shutil.rmtree(self._incoming, ignore_errors=True)
        own = next((key.vkey for key in self._trust.logs if key.name == new.origin), "")
        (self._root / "vkey").write_text(own + "\n", encoding="ascii")
        return Mirrored(origin=new.origin, before=before, size=new.size, fetched=fetched)

    def _newest(self) -> SignedCheckpoint:
        problem: EvidenceError | None = None
        # The cosigned one is a little older than the newest; it is what a trust file with witnesses asks for.
        for name in (CHECKPOINT_PATH, WITNESSED):
            note = self._source.get(name)
            if note is None:
                continue
            try:
                return self._trust.open_checkpoint(note)
            except EvidenceError as error:
                problem = problem or error
        raise problem or EvidenceError("E_FORMAT", "There is no checkpoint there.")

    def _fetch(self, before: int, size: int, progress: Callable[[int, int], None]) -> int:
        self._incoming.mkdir(exist_ok=True)
        first, count = before // WIDTH, 0
        for number in range(first, -(-size // WIDTH)):
            place = self._place(number, size)
            if not place.is_file():
                write_durably(place, self._object(tile_at(ENTRIES, number, size)), 0o644)
                count += 1
            progress(min((number + 1) * WIDTH, size), size)
        return count

    def _place(self, number: int, size: int) -> Path:
        return self._incoming / f"{number}-{tile_at(ENTRIES, number, size).width}"

    def _object(self, tile: TileId) -> bytes:
        # A partial bundle goes when the full one is there; the full one then begins with what it held.
        for wanted in dict.fromkeys((tile, tile.full())):
            data = self._source.get(wanted.path())
            if data is not None:
                return data
        raise EvidenceError("E_TILE", f"The log does not hand out {tile.path()}.")

    def _entries(self, state: TreeState, size: int) -> Iterator[list[bytes]]:
        chunk: list[bytes] = []
        first = state.size // WIDTH
        for number in range(first, -(-size // WIDTH)):
            width = tile_at(ENTRIES, number, size).width
            try:
                entries = _prefix(self._place(number, size).read_bytes(), width)
            except EvidenceError:
                self._place(number, size).unlink(missing_ok=True)
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


def _prefix(data: bytes, width: int) -> list[bytes]:
    """Return a bundle's first entries, from a file that may hold more."""
    position = 0
    for _ in range(width):
        position += 2 + int.from_bytes(data[position : position + 2], "big")
    if position > len(data):
        raise EvidenceError("E_TILE", "A bundle of entries was cut off on its way.")
    return list(decode_bundle(data[:position], width))
