"""The media on which the log's tests run: POSIX with SQLite, and memory. A new medium joins by one more class here.

A ``LogMedium`` outlives the stores that are opened on it, as a disk outlives a process, and lets a test damage it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from zaichang.adapters.keys.log_key_files import LogKeyFiles
from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.adapters.posix.published_log import PosixPublishedLog
from zaichang.adapters.posix.side_files import PosixSideFiles
from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.core.errors import FatalLogError
from zaichang.ports.log.places import LogPlace
from zaichang.ports.log.side_files import SideFile
from zaichang.ports.log.store import Head, HeadStore, Submission, SubmissionKey
from zaichang.tlog.checkpoint import parse_checkpoint, parse_size
from zaichang.tlog.keys import Ed25519Signer, Signer
from zaichang.tlog.note import parse_note
from zaichang.tlog.tiles import CHECKPOINT_PATH

INSTITUTION, YEAR = "inst-1", 2026


class LogMedium(Protocol):
    """One log's storage, with means to look at it and to damage it."""

    place: LogPlace

    def paths(self) -> list[str]:
        """Return the paths of all public objects, the checkpoint's among them."""

    def write(self, path: str, data: bytes) -> None:
        """Overwrite a public object behind the store's back."""

    def delete(self, path: str) -> None:
        """Delete a public object behind the store's back."""

    def staged(self) -> list[str]:
        """Return the names in the staging area."""

    def lose_staging(self) -> None:
        """Delete everything in the staging area."""

    def lose_head(self) -> None:
        """Delete the head store's data."""


class PosixMedium:
    """A folder, with the head in SQLite beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._heads = root / "head.sqlite3"
        self.place = LogPlace(
            institution_id=INSTITUTION,
            year=YEAR,
            published=PosixPublishedLog(root),
            side_files=PosixSideFiles(root),
            keys=LogKeyFiles(root / "keys", "log", root),
            open_store=lambda: PosixLogStore(root),
            open_heads=self._open_heads,
        )

    def _open_heads(self) -> HeadStore:
        self.root.mkdir(parents=True, exist_ok=True)
        return SqliteHeadStore(self._heads)

    def paths(self) -> list[str]:
        public = self.root / "public"
        return [str(path.relative_to(public)) for path in public.rglob("*") if path.is_file()]

    def write(self, path: str, data: bytes) -> None:
        (self.root / "public" / path).write_bytes(data)

    def delete(self, path: str) -> None:
        (self.root / "public" / path).unlink()

    def staged(self) -> list[str]:
        return [path.name for path in (self.root / "staging").iterdir()]

    def lose_staging(self) -> None:
        for path in (self.root / "staging").iterdir():
            path.unlink()

    def lose_head(self) -> None:
        self._heads.unlink()


@dataclass
class MemoryMedium:
    """Dictionaries: what a key-value store with compare-and-swap would hold."""

    objects: dict[str, bytes] = field(default_factory=dict)
    staging: dict[str, bytes] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    submissions: dict[tuple[str, SubmissionKey], Submission] = field(default_factory=dict)
    side: dict[SideFile, bytes] = field(default_factory=dict)
    key_lines: list[str] = field(default_factory=list)
    vkey: str | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        self.place = LogPlace(
            institution_id=INSTITUTION,
            year=YEAR,
            published=MemoryPublishedLog(self),
            side_files=MemorySideFiles(self),
            keys=MemoryKeys(self),
            open_store=lambda: MemoryLogStore(self),
            open_heads=lambda: MemoryHeadStore(self),
        )

    def paths(self) -> list[str]:
        return list(self.objects)

    def write(self, path: str, data: bytes) -> None:
        self.objects[path] = data

    def delete(self, path: str) -> None:
        del self.objects[path]

    def staged(self) -> list[str]:
        return list(self.staging)

    def lose_staging(self) -> None:
        self.staging.clear()

    def lose_head(self) -> None:
        self.heads.clear()
        self.submissions.clear()


@dataclass
class MemoryPublishedLog:
    medium: MemoryMedium

    @property
    def name(self) -> str:
        return "memory"

    def get(self, path: str) -> bytes | None:
        side = next((file for file in SideFile if file.value == path), None)
        return self.medium.objects.get(path) if side is None else self.medium.side.get(side)

    def verifier_key(self) -> str | None:
        return self.medium.vkey


@dataclass
class MemoryLogStore:
    medium: MemoryMedium

    def stage(self, name: str, data: bytes) -> None:
        self.medium.staging[name] = data

    def staged(self, name: str) -> bytes | None:
        return self.medium.staging.get(name)

    def clear_staging(self, size: int) -> None:
        for name in list(self.medium.staging):
            staged = parse_size(name.partition("-")[0])
            if staged is None or staged <= size:
                del self.medium.staging[name]

    def put(self, objects: Iterable[tuple[str, bytes]]) -> None:
        for path, data in objects:
            if self.medium.objects.setdefault(path, data) != data:
                raise FatalLogError("log.immutable", f"{path} exists with other bytes.")

    def get(self, path: str) -> bytes | None:
        return self.medium.objects.get(path)

    def publish(self, note: bytes, size: int) -> None:
        present = self.published()
        if present is None or parse_checkpoint(parse_note(present).text).size <= size:
            self.medium.objects[CHECKPOINT_PATH] = note

    def published(self) -> bytes | None:
        return self.medium.objects.get(CHECKPOINT_PATH)

    def discard(self, prefixes: Iterable[str]) -> None:
        for prefix in prefixes:
            for path in [path for path in self.medium.objects if path.startswith(prefix + "/")]:
                del self.medium.objects[path]


@dataclass
class MemoryHeadStore:
    medium: MemoryMedium

    def load(self, origin: str) -> Head | None:
        return self.medium.heads.get(origin)

    def swap(self, origin: str, old: bytes | None, new: Head, submissions: Sequence[Submission]) -> bool:
        present = self.medium.heads.get(origin)
        if (None if present is None else present.note) != old:
            return False
        if any((origin, entry.key) in self.medium.submissions for entry in submissions):
            raise FatalLogError("log.head_unknown", "A submission key is taken.")
        self.medium.heads[origin] = new
        self.medium.submissions |= {(origin, entry.key): entry for entry in submissions}
        return True

    def find(self, origin: str, keys: Iterable[SubmissionKey]) -> Mapping[SubmissionKey, Submission]:
        found = self.medium.submissions
        return {key: found[origin, key] for key in keys if (origin, key) in found}

    def close(self) -> None:
        """Hold nothing."""


@dataclass
class MemorySideFiles:
    medium: MemoryMedium

    def read(self, file: SideFile) -> bytes | None:
        return self.medium.side.get(file)

    def replace(self, file: SideFile, data: bytes) -> None:
        self.medium.side[file] = data

    def append_line(self, file: SideFile, line: bytes) -> None:
        present = self.medium.side.get(file)
        self.medium.side[file] = line if not present else present + b"\n" + line


@dataclass
class MemoryKeys:
    medium: MemoryMedium

    def own_signer(self, origin: str) -> Signer:
        return Ed25519Signer(origin, bytes([self.medium.seed]) * 32)

    def next_signer(self, origin: str) -> Signer:
        return Ed25519Signer(origin, bytes([self.medium.seed + 1]) * 32)

    def complete_rotation(self, old_key_id: int) -> None:
        self.medium.seed += 1

    def command_signer(self, command: str, origin: str) -> Signer:
        raise NotImplementedError(command)

    def ml_dsa_secret(self) -> bytes:
        return b"\x0a" * 32

    def sm2_signer(self, name: str) -> Signer:
        from zaichang.adapters.keys.sm2_signer import Sm2Signer

        return Sm2Signer(name, b"\x0b" * 32)

    def publish(self, vkey: str) -> None:
        self.medium.vkey = vkey

    def listed(self) -> list[str]:
        return list(self.medium.key_lines)

    def replace_list(self, lines: Sequence[str]) -> None:
        self.medium.key_lines = list(lines)


def open_media(tmp_path: Path) -> dict[str, Callable[[str], LogMedium]]:
    """Return, by the medium's name, a function that makes a new log on it under some name."""
    return {"posix": lambda name: PosixMedium(tmp_path / name), "memory": lambda name: MemoryMedium()}
