"""Opens logs for writing with the signers and witnesses of the settings: for the service, and for commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from zaichang.adapters.in_process.clock import ServerClock
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.posix.record_spool import PosixRecordSpool
from zaichang.core.errors import ConfigError, FatalLogError, NotFound, StorageError
from zaichang.core.ids import InstitutionId
from zaichang.log.command_records import log_waiting_records
from zaichang.log.key_rotation import Rotation
from zaichang.log.reader import LogReader
from zaichang.log.shelf import LogShelf, log_origin, log_year
from zaichang.log.signing import SigningConfig
from zaichang.log.stamps.keeper import Authority, connect
from zaichang.log.stamps.tokens import load_roots
from zaichang.log.witnessing import StartRule, largest_known, last_round, parse_peer
from zaichang.main.logs import FolderLogs
from zaichang.ports.clock import Clock
from zaichang.ports.log.command_records import RecordSpool
from zaichang.ports.log.places import LogPlace
from zaichang.ports.log.store import Head
from zaichang.settings import Settings


def open_logs(settings: Settings, folder: DataFolder, clock: Clock, fatal: Callable[[FatalLogError], None]) -> LogShelf:
    """Return the logs of a data folder, with the signers and witnesses of the settings. The caller closes them.

    Args:
        settings: From ``load_settings``.
        folder: The data folder, locked by the caller.
        clock: Server time.
        fatal: Called once a log has stopped for good.

    Raises:
        ConfigError: ``witness.peer``, ``tsa.*``, ``install.tsa_missing``.
    """
    return LogShelf(
        FolderLogs(folder),
        settings.log_domain,
        clock,
        fatal,
        settings.log_flush_ms,
        [parse_peer(text) for text in settings.log_witnesses],
        signing_config(settings),
        StartRule(settings.log_witness_start),
        hold_back=settings.log_hold_back,
        authority=authority_of(settings),
    )


def authority_of(settings: Settings) -> Authority | None:
    """Return the time-stamping authority of the settings; None where they name none.

    Raises:
        ConfigError: ``tsa.certificates``, ``tsa.address``, ``install.tsa_missing``.
    """
    if not settings.log_tsa:
        return None
    if settings.log_tsa_certificates is None:
        raise ConfigError(
            "tsa.certificates",
            "log_tsa is set and log_tsa_certificates is not: no answer could be checked.",
            "Ask the time-stamping authority for the certificate of its root.",
        )
    connect(settings.log_tsa)  # refuses a wrong address at the start, not an hour later
    return Authority(url=settings.log_tsa, roots=load_roots(settings.log_tsa_certificates))


def signing_config(settings: Settings) -> SigningConfig:
    """Return the signers that the settings ask for."""
    return SigningConfig(command=settings.log_signer_command, ml_dsa=settings.log_ml_dsa, sm2=settings.log_sm2)


def open_spool(folder: DataFolder) -> RecordSpool:
    """Return the records that commands left for the log."""
    return PosixRecordSpool(folder)


@contextmanager
def locked_rotation(
    settings: Settings, institution_id: InstitutionId, year: int | None, now_ms: Callable[[], int]
) -> Iterator[tuple[Rotation, str]]:
    """Lock the data folder and open a log to change its key. Yields the rotation and the present key's id.

    Args:
        settings: From ``load_settings``.
        institution_id: The log's institution.
        year: The log's year; None takes the present one.
        now_ms: Server time.

    Raises:
        NotFound: ``log.none``.
        ConfigError: ``witness.peer``.
        StorageError: ``storage.locked`` while the service runs; or the log cannot be used.
    """
    folder = DataFolder(settings.data)
    folder.lock()
    try:
        year = year or log_year(now_ms())
        origin = log_origin(settings.log_domain, institution_id, year)
        place = FolderLogs(folder).place(institution_id, year)
        vkey = place.published.verifier_key()
        if vkey is None:
            raise NotFound("log.none", f"There is no log {origin} in this data folder.")
        peers = [parse_peer(text) for text in settings.log_witnesses]
        rule = StartRule(settings.log_witness_start)
        rotation = Rotation(
            origin=origin,
            keys=place.keys,
            config=signing_config(settings),
            store=place.open_store(),
            heads=place.open_heads(),
            now_ms=now_ms,
            known_size=lambda: largest_known(place, peers, rule),
        )
        try:
            yield rotation, vkey.split("+")[1]
        finally:
            rotation.heads.close()
    finally:
        folder.unlock()


async def ask_now(settings: Settings, place: LogPlace) -> None:
    """Have a log's published checkpoint cosigned, beside the service that may run.

    Raises:
        StorageError: ``witness.none_answered``.
        ConfigError: ``witness.peer``.
    """
    peers = [parse_peer(text) for text in settings.log_witnesses]
    if not peers or await last_round(place, peers) is None:
        raise StorageError(
            "witness.none_answered", "No witness has cosigned the log now.", "Set log_witnesses, or ask again later."
        )


def reset_head_time(
    settings: Settings, institution_id: InstitutionId, year: int | None, now_ms: int, *, apply: bool
) -> int:
    """Return how far a log's last signature is ahead of the clock, in milliseconds; set it back where asked to.

    Args:
        settings: From ``load_settings``.
        institution_id: Whose log.
        year: Of which year; None takes the present one.
        now_ms: The corrected time.
        apply: Whether to set it back.

    Raises:
        NotFound: ``log.none``.
        StorageError: ``storage.locked`` while the service runs.
    """
    folder = DataFolder(settings.data)
    folder.lock()
    try:
        year = year or log_year(now_ms)
        origin = log_origin(settings.log_domain, institution_id, year)
        heads = FolderLogs(folder).place(institution_id, year).open_heads()
        try:
            head = heads.load(origin)
            if head is None:
                raise NotFound("log.none", f"There is no log {origin} in this data folder.")
            ahead_ms = max(0, head.at_ms - now_ms)
            if apply and ahead_ms:
                heads.swap(origin, head.note, Head(note=head.note, at_ms=now_ms), ())
            return ahead_ms
        finally:
            heads.close()
    finally:
        folder.unlock()


def size_of_log(settings: Settings, institution_id: InstitutionId, year: int) -> int:
    """Return how many entries a log's published checkpoint covers; this works beside a running service.

    Raises:
        ConfigError: ``log.no_data``.
        NotFound: ``log.none``.
        EvidenceError, StorageError: The log cannot be read.
    """
    folder = DataFolder(settings.data)
    _check_folder(folder)
    return LogReader(FolderLogs(folder).place(institution_id, year).published).size


async def log_or_leave(settings: Settings, institution_id: InstitutionId, leaf: bytes) -> tuple[str, int | None]:
    """Log a record. Where a running service holds the data folder, leave the record for the service to log.

    Args:
        settings: From ``load_settings``.
        institution_id: The log's institution.
        leaf: The record's bytes.

    Returns:
        The record's name, and its index in the log; the index is None where the service will log it.

    Raises:
        ConfigError: ``log.no_data``.
        StorageError, FatalLogError: The record can neither be stored nor logged.
    """
    folder = DataFolder(settings.data)
    _check_folder(folder)
    spool = open_spool(folder)
    record = spool.put(institution_id, leaf)
    try:
        folder.lock()
    except StorageError as error:
        if error.code != "storage.locked":
            raise
        return record.name, None
    failures: list[FatalLogError] = []
    try:
        logs = open_logs(settings, folder, ServerClock(0), failures.append)
        try:
            done = await log_waiting_records(spool, logs)
        finally:
            await logs.close()
    finally:
        folder.unlock()
    return record.name, next((index for entry, index in done if entry.name == record.name), None)


def _check_folder(folder: DataFolder) -> None:
    if not folder.root.is_dir():
        raise ConfigError("log.no_data", f"{folder.root} is no data folder.", "Name it with --data.")
