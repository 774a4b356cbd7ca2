"""Opens a data folder's store, master key and eraser for commands. It does not need the web stack."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from zaichang.adapters.in_process.clock import ServerClock
from zaichang.adapters.keys.vault import Vault, load_key
from zaichang.adapters.posix.blobs import PosixBlobs
from zaichang.adapters.posix.erasure import PosixLegalHolds, PosixPendingErasures
from zaichang.adapters.posix.evidence_files import PosixEvidenceFiles
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.posix.outbox import PosixOutbox
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.errors import ConfigError, FatalLogError, StorageError
from zaichang.ports.blobs import Blobs
from zaichang.ports.clock import Clock
from zaichang.ports.erasure import LegalHolds
from zaichang.ports.log.open_logs import OpenLogs
from zaichang.review.erasure import Eraser, ErasurePorts
from zaichang.settings import Settings


@contextmanager
def open_store(settings: Settings) -> Iterator[SqliteStore]:
    """Open the store for reading; this works beside a running service.

    Raises:
        StorageError: ``storage.missing``, ``storage.corrupt``, ``storage.not_writable``.
    """
    store = SqliteStore(DataFolder(settings.data), read_only=True)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_locked_store(settings: Settings) -> Iterator[SqliteStore]:
    """Open the store to write, where no service runs on the data folder.

    Raises:
        StorageError: ``storage.locked`` beside a running service; as ``open_store`` else.
    """
    folder = DataFolder(settings.data)
    folder.prepare()
    folder.lock()
    try:
        store = SqliteStore(folder)
        try:
            yield store
        finally:
            store.close()
    finally:
        folder.unlock()


@contextmanager
def open_kept(data: Path) -> Iterator[tuple[SqliteStore, PosixBlobs] | None]:
    """Open a data folder's store and its kept captures for reading; return None where the folder holds only logs.

    Raises:
        StorageError: As ``open_store``.
    """
    folder = DataFolder(data)
    if not folder.database.is_file():
        yield None
        return
    store = SqliteStore(folder, read_only=True)
    try:
        yield store, PosixBlobs(folder)
    finally:
        store.close()


def open_blobs(settings: Settings) -> Blobs:
    """Return the kept captures of a data folder."""
    return PosixBlobs(DataFolder(settings.data))


def open_vault(settings: Settings) -> Vault:
    """Return the vault of a data folder that has a master key.

    Raises:
        ConfigError: ``key.missing``, ``key.invalid``, ``key.command`` or ``key.mode``.
    """
    return Vault(master_key(settings, create=False))


def vault_if_any(settings: Settings) -> Vault | None:
    """Return the vault of a data folder; None where its master key is not at hand.

    Raises:
        ConfigError: ``key.invalid``, ``key.command`` or ``key.mode``.
    """
    try:
        return open_vault(settings)
    except ConfigError as error:
        if error.code != "key.missing":
            raise
        return None


def master_key(settings: Settings, *, create: bool) -> bytes:
    """Return the master key: from the settings, a command or the data folder.

    Args:
        settings: From ``load_settings``.
        create: Whether to make a key file where there is none.

    Raises:
        ConfigError: ``key.missing``, ``key.invalid``, ``key.command`` or ``key.mode``.
    """
    return load_key(
        DataFolder(settings.data),
        "master.key",
        value=settings.master_key.get_secret_value(),
        command=settings.master_key_command,
        create=create,
    )


async def vault_of(settings: Settings, store: SqliteStore) -> Vault:
    """Return the vault of a service's data folder. Only a new folder gets a new master key.

    A new key in place of a lost one could not decrypt the stored data. It would encrypt the data keys of new learners,
    and
    then no single key could open the whole folder.

    Args:
        settings: From ``load_settings``.
        store: The folder's store, open for writing.

    Raises:
        ConfigError: ``key.missing`` where the folder has data and no key; ``key.invalid``, ``key.command`` or
            ``key.mode``.
        StorageError: ``storage.master_key`` where the folder was made with another key.
    """
    check = await store.key_check()
    learner = await store.learner_with_key()
    try:
        vault = Vault(master_key(settings, create=check is None and learner is None))
    except ConfigError as error:
        if error.code != "key.missing":
            raise
        raise ConfigError(
            "key.missing",
            f"{settings.data} holds data, and its master key is missing.",
            "Put the key back from its own backup (docs/operations.md); a new key would open nothing that is stored.",
        ) from error
    if check is not None and not hmac.compare_digest(check, vault.check_value):
        raise StorageError(
            "storage.master_key",
            f"{settings.data} was made with another master key.",
            "Start with the master key that the data folder was made with.",
        )
    if check is None:
        if learner is not None:
            vault.unlock(learner)
        await store.keep_key_check(vault.check_value)
    return vault


def legal_holds(settings: Settings) -> LegalHolds:
    """Return the legal holds of a data folder."""
    return PosixLegalHolds(DataFolder(settings.data))


@asynccontextmanager
async def open_eraser(settings: Settings) -> AsyncIterator[Eraser]:
    """Lock the data folder and open the ports of erasure.

    Raises:
        StorageError: ``storage.locked`` while a service runs on it; or the store's own.
    """
    from zaichang.main.log_writing import open_logs

    folder = DataFolder(settings.data)
    folder.lock()
    try:
        store = SqliteStore(folder)
        try:
            failures: list[FatalLogError] = []
            clock = ServerClock(await store.last_at_ms())
            logs = open_logs(settings, folder, clock, failures.append)
            try:
                yield eraser_of(folder, store, clock, logs, await vault_of(settings, store), secrets.token_hex)
            finally:
                await logs.close()
        finally:
            store.close()
    finally:
        folder.unlock()


def eraser_of(
    folder: DataFolder, store: SqliteStore, clock: Clock, logs: OpenLogs, vault: Vault, token_hex: Callable[[int], str]
) -> Eraser:
    """Return the eraser of a data folder."""
    return Eraser(
        ErasurePorts(
            clock=clock,
            store=store,
            captures=store,
            blobs=PosixBlobs(folder),
            evidence=PosixEvidenceFiles(folder),
            outbox=PosixOutbox(folder),
            holds=PosixLegalHolds(folder),
            pending=PosixPendingErasures(folder),
            logs=logs,
            learners=store,
            vault=vault,
            token_hex=token_hex,
        )
    )
