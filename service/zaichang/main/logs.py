"""Opens logs, copies and witnesses. It needs only the base install: neither the web stack nor the database."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from zaichang.adapters.keys.log_key_files import VKEY, LogKeyFiles
from zaichang.adapters.keys.log_keys import (
    load_or_create_beacon_key,
    load_or_create_log_key,
    load_or_create_witness_key,
)
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.adapters.posix.published_log import FolderSource, PosixPublishedLog
from zaichang.adapters.posix.side_files import PosixSideFiles
from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.adapters.sql.witness_store import WitnessStore
from zaichang.audit.check import Check
from zaichang.audit.whole.stamps import StampedMs
from zaichang.core.ids import InstitutionId
from zaichang.log.fetch_guard import Limits
from zaichang.log.http_source import HttpSource
from zaichang.log.mirror import Mirror
from zaichang.log.watch.monitor import Monitor
from zaichang.ports.log.places import LogPlace, LogPlaces
from zaichang.ports.log.side_files import SideFiles
from zaichang.ports.log.store import PublishedLog
from zaichang.ports.log.witness import WitnessMemory
from zaichang.tlog.beacon import BeaconSigner
from zaichang.tlog.keys import Ed25519Cosigner, Signer
from zaichang.tlog.trust import Trust

HEADS: Final = "log-heads.sqlite3"
"""In the data folder: the head of every log."""


class FolderLogs:
    """``LogPlaces`` in a data folder: ``log/<institution>/<year>``, heads in SQLite, secret keys in ``keys``."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the data folder; nothing is created before it is used."""
        self._folder = folder

    def place(self, institution_id: InstitutionId, year: int) -> LogPlace:
        """See ``LogPlaces``."""
        root = self._folder.log / institution_id / str(year)
        return LogPlace(
            institution_id=institution_id,
            year=year,
            published=PosixPublishedLog(root, f"{institution_id}/{year}"),
            side_files=PosixSideFiles(root),
            keys=LogKeyFiles(self._folder.keys, f"log-{institution_id}-{year}", root),
            open_store=partial(PosixLogStore, root),
            open_heads=partial(SqliteHeadStore, self._folder.root / HEADS),
        )

    def all(self) -> list[LogPlace]:
        """See ``LogPlaces``."""
        found = sorted(path.parent for path in self._folder.log.glob(f"*/*/{VKEY}"))
        return [self.place(InstitutionId(root.parent.name), int(root.name)) for root in found if root.name.isdecimal()]


def folder_logs(data: Path) -> LogPlaces:
    """Return all logs of a data folder."""
    return FolderLogs(DataFolder(data))


def open_published(root: Path) -> PublishedLog:
    """Return the log in a folder, for reading."""
    return PosixPublishedLog(root)


def open_side_files(root: Path) -> SideFiles:
    """Return the side files of the log in a folder."""
    return PosixSideFiles(root)


def open_mirror(source: str, into: Path, trust: Trust, max_bytes: int | None = None) -> Mirror:
    """Return a copy of another log.

    Args:
        source: The log's address without ``/checkpoint``, or its folder.
        into: The copy's folder; it is created where it does not exist.
        trust: The log keys to accept, and the witnesses to require.
        max_bytes: Most bytes that a run fetches; None for no limit.

    Raises:
        ConfigError: ``mirror.url``.
        StorageError: ``log.folder``.
    """
    remote = source.startswith(("http://", "https://"))
    keys = LogKeyFiles(into, "", into)  # the copy signs nothing; only the log's verifier key is shown
    return Mirror(
        HttpSource(source) if remote else FolderSource(Path(source)),
        PosixLogStore(into),
        keys.publish,
        PosixSideFiles(into),
        trust,
        limits=Limits(max_bytes=max_bytes, free=lambda: shutil.disk_usage(into).free),
    )


def open_monitor(
    source: str,
    into: Path,
    trust: Trust,
    scan: Callable[[], Sequence[Check]],
    max_age_s: int,
    beside: Callable[[], object] = lambda: None,
    stamped_ms: StampedMs | None = None,
    max_stamp_age_s: int = 7_200,
) -> Monitor:
    """Return the watch over another log.

    Args:
        source: The log's address in front of ``/checkpoint``, or its folder.
        into: The copy's folder; created if absent.
        trust: The log keys that are believed, and the witnesses that are required.
        scan: Checks the whole copy.
        max_age_s: The oldest that the newest cosignature of a growing log may be.
        beside: Returns the state of the other files that the scan reads.
        stamped_ms: Checks time stamps; None where the reader names no authority.
        max_stamp_age_s: The oldest that the newest time stamp of a growing log may be.

    Raises:
        ConfigError: ``mirror.url``.
        StorageError: ``log.folder``.
    """
    remote = source.startswith(("http://", "https://"))
    shown = HttpSource(source) if remote else FolderSource(Path(source))
    mirror = open_mirror(source, into, trust)
    return Monitor(
        shown,
        PosixLogStore(into),
        mirror,
        scan,
        trust,
        lambda: int(time.time()),
        max_age_s,
        beside,
        stamped_ms,
        max_stamp_age_s,
    )


def open_witness_memory(folder: Path) -> WitnessMemory:
    """Return the memory of the witness in a folder, which is created where missing; the caller closes the memory.

    Raises:
        StorageError: ``witness.store``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return WitnessStore(folder / "witness.sqlite3")


def witness_cosigner(folder: Path, name: str) -> Ed25519Cosigner:
    """Return the key of the witness in a folder; the first use creates it.

    Args:
        folder: The witness's folder.
        name: The key's name.

    Raises:
        StorageError, ConfigError: ``log.key_file``.
    """
    return load_or_create_witness_key(folder / "witness.key", name)


def witness_beacon_signer(folder: Path, name: str) -> BeaconSigner:
    """Return the witness's key for beacons; the first use creates it.

    Args:
        folder: The witness's folder.
        name: The key's name.

    Raises:
        StorageError, ConfigError: ``log.key_file``.
    """
    return load_or_create_beacon_key(folder / "beacon.key", name)


def signer_in(path: Path, name: str) -> Signer:
    """Return the Ed25519 signer of a key file, for example a regulator's; the first use creates the key.

    Args:
        path: The key file.
        name: The key's name.

    Raises:
        StorageError, ConfigError: ``log.key_file``.
    """
    return load_or_create_log_key(path, name)
