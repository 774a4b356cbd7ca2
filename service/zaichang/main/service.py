"""Wires the running service from the adapters that the settings choose."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from fastapi import FastAPI

from zaichang.adapters.in_process.clock import ServerClock
from zaichang.adapters.in_process.no_vision import NoVision
from zaichang.adapters.in_process.webauthn_passkeys import PyWebauthn
from zaichang.adapters.keys.vault import load_key
from zaichang.adapters.posix.blobs import PosixBlobs
from zaichang.adapters.posix.clock_mark import check_clock
from zaichang.adapters.posix.evidence_files import PosixEvidenceFiles
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.posix.outbox import PosixOutbox
from zaichang.adapters.sql.store import SqliteStore
from zaichang.api.app import create_app
from zaichang.api.parts import ApiParts
from zaichang.console.pages import ConsoleConfig, console_router, find_sdk
from zaichang.core.errors import FatalLogError
from zaichang.hours.acceptance import AcceptedGate, targets_of
from zaichang.hours.activities.parts import Activities, open_activities
from zaichang.hours.badges import BadgeSigner, StatusLists
from zaichang.hours.certificates import CertificateDesk
from zaichang.hours.filing.parts import Filing
from zaichang.launch.camera_enrolment import LiveEnrolment
from zaichang.launch.enrolment import Enrolling
from zaichang.launch.institutions import Institutions
from zaichang.launch.launches import Launches
from zaichang.launch.lessons import Lessons
from zaichang.launch.passkeys import PasskeyDesk
from zaichang.launch.statement_tokens import StatementTokens
from zaichang.launch.tokens import LaunchTokens
from zaichang.live.gateway import Gateway
from zaichang.live.near_copies import NearCopyPorts, NearCopySearch
from zaichang.live.rate_limits import RateLimits, Rates
from zaichang.live.recorder import Recorder
from zaichang.live.sessions import SessionHub
from zaichang.log.shelf import LogShelf
from zaichang.main.certificates import page_drawing
from zaichang.main.filing import open_filing
from zaichang.main.log_writing import open_logs, open_spool
from zaichang.main.logs import FolderLogs
from zaichang.main.ports import Parts
from zaichang.main.stores import eraser_of, vault_of
from zaichang.ports.clock import Clock
from zaichang.ports.log.command_records import RecordSpool
from zaichang.ports.log.places import LogPlaces
from zaichang.ports.review_desk import ReviewPorts
from zaichang.ports.session import SessionConfig, SessionPorts
from zaichang.ports.vision import Vision
from zaichang.review.account_sharing import AccountSharing, SharingLimits
from zaichang.review.decision_writer import DecisionWriter
from zaichang.review.desk import ReviewDesk
from zaichang.review.erasure_desk import ErasureDesk
from zaichang.review.face_search import FaceSearch
from zaichang.review.late_liveness import LateLiveness
from zaichang.review.media_delivery import DeliveryDesk
from zaichang.review.revocations import RevocationDesk
from zaichang.settings import Settings
from zaichang.vision.backend import InProcessVision, PoolConfig

MINUTE_MS = 60_000


@dataclass(slots=True, kw_only=True)
class Services:
    """The running service without its sockets. ``async with`` recovers open sessions; its exit closes all."""

    settings: Settings
    folder: DataFolder
    store: SqliteStore
    log_places: LogPlaces
    records: RecordSpool
    logs: LogShelf
    ports: ReviewPorts
    session_ports: SessionPorts
    hub: SessionHub
    gateway: Gateway
    institutions: Institutions
    lessons: Lessons
    launches: Launches
    enrolling: Enrolling
    camera_enrolment: LiveEnrolment
    passkeys: PasskeyDesk
    recorder: Recorder
    review: ReviewDesk
    revocations: RevocationDesk
    erasures: ErasureDesk
    certificates: CertificateDesk
    badges: BadgeSigner
    status_lists: StatusLists
    decisions: DecisionWriter
    filing: Filing
    activities: Activities
    account_sharing: AccountSharing
    deliveries: DeliveryDesk
    late_liveness: LateLiveness
    face_search: FaceSearch | None
    near_copies: NearCopySearch | None
    rates: Rates
    tokens: LaunchTokens
    statement_tokens: StatementTokens
    fatal: list[FatalLogError]
    on_fatal: list[Callable[[], None]]

    async def __aenter__(self) -> Services:
        """Finish the work that a crash interrupted, and rebuild open sessions."""
        try:
            await self.logs.open_existing()
            await self.recorder.recover()
            await self.decisions.recover()
            await self.revocations.recover()
            await self.activities.desk.log_waiting()
            await self.hub.recover()
            await self.erasures.recover()
            await self.certificates.recover()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop cleanly; sessions stay open in storage."""
        await self.close()

    async def close(self) -> None:
        """Stop timers, write waiting records, close files.

        A process that ends without this call loses no acknowledged event.
        """
        await self.late_liveness.stop()
        await self.erasures.stop()
        # What waits for a round enters now: a decision may wait for it.
        await self.logs.take_in()
        await self.decisions.stop()
        await self.hub.stop()
        await self.logs.close()
        await self.ports.vision.close()
        self.store.close()
        self.folder.unlock()

    async def abandon(self) -> None:
        """Stop without closing anything in order, as a killed process would (simulations and tests)."""
        await self.close()


async def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    vision: Vision | None = None,
    token_hex: Callable[[int], str] = secrets.token_hex,
    inline: bool = False,
    models: bool = True,
    clock_accepted: bool | None = None,
) -> Services:
    """Wire the service on a data folder.

    Args:
        settings: From ``load_settings``.
        clock: A simulation's clock; None takes the machine's, which starts no earlier than the last stored event.
        vision: A simulation's or a remote vision; None loads the models in this process.
        token_hex: Source of random ids and seeds.
        inline: Use storage without threads (simulations on a virtual clock).
        models: Whether to load the models where ``vision`` is None. A command that only sets up a data folder needs
            none.
        clock_accepted: Whether an operator says that the machine's clock is right; False compares it with the last
            start, None (commands, simulations) leaves it be.

    Raises:
        StorageError: The data folder cannot be used, or the clock is wrong.
        ConfigError: A key is wrong.
        ModelError: The models are missing.
    """
    accepted_by = targets_of(settings.certificate_after)
    folder = DataFolder(settings.data)
    folder.prepare()
    folder.lock()
    try:
        launch_key = load_key(folder, "launch.key")
        signals_key = load_key(folder, "signals.key")
        badges = BadgeSigner(load_key(folder, "badge.key"))
        if vision is None:
            vision = _models(settings) if models else NoVision()
        store = SqliteStore(folder, inline=inline)
        try:
            vault = await vault_of(settings, store)
            floor_ms = await store.last_at_ms()
            if clock_accepted is not None:
                check_clock(folder, floor_ms, accepted=clock_accepted)
        except BaseException:
            store.close()
            raise
    except BaseException:
        folder.unlock()
        raise
    clock = clock or ServerClock(floor_ms)
    fatal: list[FatalLogError] = []
    on_fatal: list[Callable[[], None]] = []

    def stop(error: FatalLogError) -> None:
        fatal.append(error)
        for listener in on_fatal:
            listener()

    logs = open_logs(settings, folder, clock, stop)
    parts = Parts(
        clock=clock,
        store=store,
        vault=vault,
        blobs=PosixBlobs(folder),
        evidence_files=PosixEvidenceFiles(folder),
        outbox=PosixOutbox(folder),
        vision=vision,
        logs=logs,
        passkey_library=PyWebauthn(),
        token_hex=token_hex,
    )
    near_copies = _near_copies(settings, parts, inline=inline)
    session_ports = parts.for_sessions(
        SessionConfig(
            keep_captures=settings.keep_captures,
            capture_days=settings.capture_days,
            review_days=settings.review_days,
            passkey_domains=settings.passkey_domains,
        ),
        near_copies,
    )
    launch_ports = parts.for_launches()
    ports = parts.for_review()
    tokens = LaunchTokens(launch_key)
    recorder = Recorder(session_ports)
    hub = SessionHub(session_ports, recorder, stop)
    account_sharing = AccountSharing(ports, signals_key, _sharing_limits(settings))
    rates = Rates(clock.now_ms, _rate_limits(settings))
    enrolling = Enrolling(launch_ports)
    if near_copies is not None:
        hub.on_closed.append(near_copies.closed)
    face_search = None
    if settings.face_search and not inline:
        face_search = FaceSearch(ports, settings.review_days, across=settings.face_search_across)
    if face_search is not None:
        enrolling.on_enrolled.append(face_search.enrolled)
        hub.on_opened.append(face_search.opened)
        hub.on_closed.append(face_search.closed)
    decisions = DecisionWriter(ports, recorder, hub.settled)
    review = ReviewDesk(ports, decisions, hub.learner_lock, settings.appeal_days)
    deliveries = DeliveryDesk(ports, hub, review)
    hub.on_opened.append(deliveries.opened)
    eraser = eraser_of(folder, store, clock, logs, vault, token_hex)
    if face_search is not None:
        eraser.on_erased.append(face_search.forget)
    late_liveness = LateLiveness(ports, hub, review)
    erasures = ErasureDesk(ports, eraser, hub, decisions)
    hub.on_closed.append(late_liveness.closed)
    hub.on_closed.append(erasures.closed)
    return Services(
        settings=settings,
        folder=folder,
        store=store,
        log_places=FolderLogs(folder),
        records=open_spool(folder),
        logs=logs,
        ports=ports,
        session_ports=session_ports,
        hub=hub,
        gateway=Gateway(hub, tokens, session_ports, settings.connections_max, account_sharing, rates),
        institutions=Institutions(launch_ports),
        lessons=Lessons(store),
        launches=Launches(launch_ports, tokens, settings.token_minutes * MINUTE_MS),
        enrolling=enrolling,
        camera_enrolment=LiveEnrolment(launch_ports, enrolling),
        passkeys=PasskeyDesk(launch_ports, tokens, settings.passkey_domains),
        recorder=recorder,
        review=review,
        revocations=RevocationDesk(ports, review, hub.learner_lock),
        erasures=erasures,
        decisions=decisions,
        filing=open_filing(settings, store, clock, logs, FolderLogs(folder), token_hex),
        activities=open_activities(parts.for_activities()),
        certificates=CertificateDesk(
            parts.for_certificates(FolderLogs(folder), AcceptedGate(store, accepted_by), badges.public_key)
        ),
        badges=badges,
        status_lists=StatusLists(store, badges, clock, settings.public_url),
        account_sharing=account_sharing,
        deliveries=deliveries,
        late_liveness=late_liveness,
        face_search=face_search,
        near_copies=near_copies,
        rates=rates,
        tokens=tokens,
        statement_tokens=StatementTokens(launch_key),
        fatal=fatal,
        on_fatal=on_fatal,
    )


def _sharing_limits(settings: Settings) -> SharingLimits:
    return SharingLimits(
        device_accounts=settings.device_accounts,
        address_accounts=settings.address_accounts,
        account_devices=settings.account_devices,
        account_parallel=settings.account_parallel,
        days=settings.device_days,
        due_days=settings.review_days,
    )


def _rate_limits(settings: Settings) -> RateLimits:
    return RateLimits(
        address=settings.rate_address,
        key=settings.rate_key,
        joins=settings.rate_joins,
        token=settings.rate_token,
        photos=settings.rate_photos,
        appeals=settings.rate_appeals,
    )


def _near_copies(settings: Settings, parts: Parts, *, inline: bool) -> NearCopySearch | None:
    if not (settings.near_copies and settings.keep_captures):
        return None
    from zaichang.vision.near_copy import FineStructure

    ports = NearCopyPorts(
        history=parts.store,
        looks=parts.store,
        learners=parts.store,
        vault=parts.vault,
        blobs=parts.blobs,
        pixels=FineStructure(),
    )
    return NearCopySearch(ports, across=settings.face_search_across, inline=inline)


def _models(settings: Settings) -> Vision:
    from zaichang.vision.pipeline import Analyser
    from zaichang.vision.runtime import Engine, load_models

    models = load_models(engine=Engine(settings.vision_engine))
    return InProcessVision(
        lambda: Analyser(models), PoolConfig(workers=settings.vision_workers, queue_frames=settings.vision_queue)
    )


def create_service_app(services: Services) -> FastAPI:
    """Return the application with API, pages and player bundle."""
    settings = services.settings
    app = create_app(
        ApiParts(
            gateway=services.gateway,
            institutions=services.institutions,
            lessons=services.lessons,
            launches=services.launches,
            enrolling=services.enrolling,
            ports=services.ports,
            tokens=services.tokens,
            statement_tokens=services.statement_tokens,
            logs=services.log_places,
            camera_enrolment=services.camera_enrolment,
            passkeys=services.passkeys,
            review=services.review,
            revocations=services.revocations,
            erasures=services.erasures,
            certificates=services.certificates,
            drawing=page_drawing(),
            filing=services.filing,
            activities=services.activities,
            badges=services.badges,
            status_lists=services.status_lists,
            rates=services.rates,
            account_sharing=services.account_sharing,
            deliveries=services.deliveries,
            holds_back=settings.log_hold_back,
            allowed_origins=settings.allowed_origins,
        )
    )
    console = ConsoleConfig(
        sdk=settings.sdk or find_sdk(),
        allowed_origins=settings.allowed_origins,
    )
    app.include_router(console_router(console))
    return app
