"""The service inside the simulation: the real one, on a temporary data folder and a virtual clock."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import jwt

from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.enums import CaseKind, PasskeyUse, Route, SessionState
from zaichang.core.errors import UnreadableInput
from zaichang.core.ids import InstitutionId, LearnerId, SessionId, TokenId
from zaichang.launch.passkeys import use_of
from zaichang.live.connection import Channel
from zaichang.live.task_sets import drained
from zaichang.main.clocks import server_clock
from zaichang.main.service import Services, build
from zaichang.ports.clock import Clock
from zaichang.ports.records import Append, Delivery, SessionRow, StoredEvent, StoredMinute
from zaichang.ports.records_cases import CaseFilter
from zaichang.review.face_search import FaceSearch
from zaichang.session.codec import decode_event, decode_minute, encode_minute
from zaichang.session.decisions import Minute, Verdict
from zaichang.session.events import Event, Question, SessionStarted
from zaichang.session.playhead import normalise
from zaichang.session.policy import Policy, policy_digest
from zaichang.settings import load_settings
from zaichang_client.protocol.messages import ChallengeOrder
from zaichang_simulation.analysis import Gallery, SimVision
from zaichang_simulation.camera.faces import is_builtin
from zaichang_simulation.camera.footage import Library
from zaichang_simulation.format.actions import ServerClock as ClockStep
from zaichang_simulation.format.camera import Absent
from zaichang_simulation.format.loader import Loaded
from zaichang_simulation.format.passkeys import PasskeyTable
from zaichang_simulation.format.scenario import ClientTable, Scenario, SessionTable, extra_time_pct
from zaichang_simulation.format.types import to_ms
from zaichang_simulation.passkeys.registration import DeskRegistrar, register, register_before
from zaichang_simulation.result import CaseResult
from zaichang_simulation.stored.followed import FollowedSession

INSTITUTION = InstitutionId("inst-1")
ORIGIN = "https://learn.example"
"""Of the simulated pages; their passkeys sign for it."""
_DAY_MS = 86_400_000
QUESTIONS = tuple(
    Question(question_id=f"sim-{index}", text=text, options=options, correct=correct)
    for index, (text, options, correct) in enumerate(
        (
            ("Which of these is a whole number?", ("a half", "seven", "a third"), 1),
            ("Which day follows Monday?", ("Tuesday", "Sunday", "Friday", "Thursday"), 0),
            ("What do people read?", ("stones", "clouds", "books"), 2),
            ("Which one is a colour?", ("loud", "green", "heavy", "early"), 1),
            ("Which one is the largest?", ("a mouse", "a cat", "a horse"), 2),
        )
    )
)


async def enrol_first_fit(photos: Sequence[bytes], enrol: Callable[[bytes], Awaitable[None]]) -> None:
    """Enrol with the first photo that the service finds fit.

    Raises:
        UnreadableInput: None is; the refusal of the first one.
    """
    refused: UnreadableInput | None = None
    for photo in photos:
        try:
            return await enrol(photo)
        except UnreadableInput as error:
            refused = refused or error
    if refused is not None:
        raise refused


def reference_photos(library: Library, session: SessionTable, client: ClientTable) -> list[bytes]:
    """Return the photos with which a client's learner is enrolled; none for ``none``."""
    if client.reference:
        source, transforms = client.reference, client.reference_transforms
    else:
        source, transforms = session.reference, session.reference_transforms
    return [] if source == "none" else library.references(source, session.reference_at_s, transforms)


def shows_files(scenario: Scenario) -> bool:
    """Return whether every face before the cameras is a file's.

    A builtin head is one photograph that is moved: all its pictures are near copies of one another.
    """
    faces = [
        source
        for entry in scenario.camera
        for source in (getattr(entry, name, "") for name in ("source", "second", "face"))
        if source and not isinstance(entry, Absent)
    ]
    return bool(faces) and not any(is_builtin(source) for source in faces)


def forged(token: str) -> str:
    """Return the token with another signature."""
    signed, signature = token.rsplit(".", 1)
    return f"{signed}.{'B' if signature.startswith('A') else 'A'}{signature[1:]}"


class RuntimeHost:
    """Runs the service for one scenario."""

    def __init__(self, loaded: Loaded, folder: Path, gallery: Gallery, library: Library, epoch_ms: int) -> None:
        """Args are the scenario, an empty folder for its data, the analysis, its media, and server time at 0."""
        self._loop = asyncio.get_running_loop()
        self._loaded = loaded
        several = len(loaded.scenario.client) > 1  # whose faces, and captures, may be compared
        self._settings = load_settings(
            overrides={
                "data": folder,
                "keep_captures": several or loaded.scenario.session.near_copies,
                "near_copies": loaded.scenario.session.near_copies or (several and shows_files(loaded.scenario)),
                "token_minutes": 1440,
                "log_hold_back": False,
            },
            environ={},
        )
        self._library = library
        self._epoch_ms = epoch_ms
        self._random = random.Random(loaded.scenario.session.seed)  # noqa: S311  (repeatable by its seed)
        self._vision = SimVision(gallery, loaded.scenario.server, self.now_ms)
        self._steps = tuple(entry for entry in loaded.scenario.server if isinstance(entry, ClockStep))
        self._services: Services | None = None
        self._questions = QUESTIONS
        self._clock: Clock | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._logging: set[asyncio.Task[None]] = set()
        self._followed: dict[SessionId, FollowedSession] = {}

    def now_ms(self) -> int:
        """Return the true time since the scenario's start."""
        return round(self._loop.time() * 1000)  # also read from the log's thread

    @property
    def up(self) -> bool:
        """Whether the service runs."""
        return self._services is not None

    async def start(self) -> None:
        """Start the service (again)."""
        floor_ms = self._clock.now_ms() if self._clock is not None else 0
        self._clock = server_clock(
            floor_ms, wall_ns=lambda: self._wall_ms() * 1_000_000, monotonic_ns=lambda: self.now_ms() * 1_000_000
        )
        services = await build(
            self._settings, clock=self._clock, vision=self._vision, token_hex=self._token_hex, inline=True
        )
        self._services = await services.__aenter__()
        if services.near_copies is not None:
            self._tasks.add(asyncio.ensure_future(services.near_copies.run()))

    async def prepare(self) -> None:
        """Create institution, lessons and learners."""
        services = self._running()
        scenario = self._loaded.scenario
        await services.institutions.add(INSTITUTION, "模拟机构", "Simulated institution")
        questions = QUESTIONS
        if scenario.question:
            questions = tuple(
                Question(question_id=f"q-{index}", text=each.text, options=each.options, correct=each.correct)
                for index, each in enumerate(scenario.question)
            )
        self._questions = questions
        for client in scenario.client:
            await self._register(client)
        for client in scenario.client:
            photos = reference_photos(self._library, scenario.session, client)
            if photos:
                await enrol_first_fit(photos, functools.partial(self._enrol, client.learner))
            if self.passkey_origin(client):
                await register_before(self._registrar(), client, scenario.passkey)
        await self._search(sorted({client.learner for client in scenario.client}))
        await self._credit_before()

    def passkey_origin(self, client: ClientTable) -> str:
        """Return the pages' origin where the rules of the client's lesson use passkeys."""
        route = Route(client.route or self._loaded.scenario.session.route)
        return "" if use_of(self._loaded.policy_of(client.name), route) is PasskeyUse.OFF else ORIGIN

    async def register_passkey(self, client: ClientTable, entry: PasskeyTable) -> None:
        """Register a client's passkey."""
        await register(self._registrar(), client, entry)

    def _registrar(self) -> DeskRegistrar:
        return DeskRegistrar(self._running().passkeys, INSTITUTION, ORIGIN)

    async def _register(self, client: ClientTable) -> None:
        """Register the client's lesson, in the version that it opens."""
        session = self._loaded.scenario.session
        await self._running().lessons.add(
            INSTITUTION,
            client.course,
            client.lesson,
            title_zh="模拟课程",
            title_en="Simulated lesson",
            duration_ms=to_ms(client.lesson_s or session.lesson_s),
            policy=self._loaded.policy_of(client.name),
            questions=self._questions,
            version=client.lesson_version,
            timeline_kept=client.timeline_kept,
            counts_again=client.counts_again,
            live_from_ms=self._epoch_ms - to_ms(session.live_for_s) if session.live_for_s else 0,
        )

    async def _enrol(self, learner: LearnerId, photo: bytes) -> None:
        await self._running().enrolling.from_photos(INSTITUTION, learner, [photo])

    async def _credit_before(self) -> None:
        """Store an earlier session that credited what the scenario says."""
        credited = tuple((to_ms(start_s), to_ms(end_s)) for start_s, end_s in self._loaded.scenario.session.credited)
        if not credited:
            return
        store = self._running().store
        client = self._loaded.scenario.client[0]
        row = SessionRow(
            session_id=SessionId(self._token_hex(16)),
            institution_id=INSTITUTION,
            learner_id=client.learner,
            course_id=client.course,
            lesson_id=client.lesson,
            token_id=TokenId(self._token_hex(16)),
            policy_digest=policy_digest(self._loaded.policy_of(client.name)),
            state=SessionState.OPEN,
            opened_ms=self._epoch_ms - _DAY_MS,
        )
        await store.open_session(row)
        minute = Minute(
            index=0,
            from_ms=row.opened_ms,
            to_ms=row.opened_ms + 60_000,
            verdict=Verdict.VERIFIED,
            verified=normalise(credited),
        )
        body = canonical_bytes(encode_minute(minute))
        await store.append(
            Append(
                session_id=row.session_id,
                epoch=row.epoch,
                first_seq=0,
                events=(StoredEvent(at_ms=row.opened_ms, body=b"{}"),),  # never read: the session is closed
                minutes=(StoredMinute(minute=0, body=body, credited=minute.verified),),
                closed_ms=row.opened_ms + 60_000,
            )
        )

    async def stop(self) -> None:
        """Stop the service."""
        if self._services is not None:
            services, self._services = self._services, None
            await services.close()
        for task in (*self._tasks, *self._logging):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._logging, return_exceptions=True)

    async def kill(self) -> None:
        """Let the process die without a word."""
        services, self._services = self._running(), None
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await services.abandon()

    async def token(self, client: ClientTable, how: str) -> str:
        """Return a launch token, as the institution's platform would give it to the page.

        Args:
            client: Who opens which lesson.
            how: ``right``, ``forged``, ``expired`` or ``absent``.
        """
        scenario = self._loaded.scenario
        if how == "absent":
            return ""
        services = self._running()
        if any(each.lesson_version != "1" for each in scenario.client):
            await self._register(client)
        token = await services.launches.issue(
            INSTITUTION,
            client.learner,
            client.course,
            client.lesson,
            route=client.route or scenario.session.route,
            extra_time_pct=extra_time_pct(scenario, client),
            liveness_excluded=(
                scenario.session.liveness_excluded if client.liveness_excluded is None else client.liveness_excluded
            ),
        )
        if how == "forged":
            return forged(token)
        if how == "expired":
            claims = services.tokens.verify(token, self._epoch_ms)
            values = {name: getattr(claims, name) for name in claims.__slots__}
            return services.tokens.issue(type(claims)(**{**values, "expires_ms": self._epoch_ms - 1000}))
        return token

    async def delivered(self, token: str, part: tuple[int, int]) -> None:
        """Have the delivery log say so, as late as the scenario wants."""
        clock = self._clock
        if clock is not None and token:
            launch = jwt.decode(token, options={"verify_signature": False})["jti"]
            record = Delivery(launch=launch, start_ms=part[0], end_ms=part[1], sent_ms=clock.now_ms())
            task = asyncio.ensure_future(self._log_delivery(record))
            self._logging.add(task)
            task.add_done_callback(self._logging.discard)

    async def _log_delivery(self, record: Delivery) -> None:
        await asyncio.sleep(self._loaded.scenario.session.delivery_late_s)
        while self._services is None:
            await asyncio.sleep(1)
        await self._services.deliveries.take(INSTITUTION, [record])

    async def logged(self) -> None:
        """Wait until the delivery log has said all, and its late records have been tried again."""
        await drained(self._logging)
        await self._running().deliveries.sweep()
        await self._running().late_liveness.settle()

    async def granted_ms(self, session_id: SessionId) -> int:
        """Return the time granted to a session after its end."""
        return sum(each.delta_ms for each in await self._running().store.amendments(session_id))

    def serve(self, channel: Channel, address: str = "") -> None:
        """Serve a new connection that comes from an address."""
        task = asyncio.ensure_future(self._running().gateway.serve(channel, address, ORIGIN))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def right_answer(self, session_id: SessionId, order: ChallengeOrder) -> str | None:
        """Return the right answer to a challenge, replayed from the stored events."""
        challenge = (await self.followed(session_id)).state.challenges.open
        return challenge.expected if challenge is not None else None

    async def followed(self, session_id: SessionId) -> FollowedSession:
        """Return where a session stands after its stored events."""
        one = self._followed.setdefault(session_id, FollowedSession(self.policy_of))
        one.take(await self._running().store.events(session_id))
        return one

    async def events(self, session_id: SessionId) -> tuple[Event, ...]:
        """Return a session's stored events."""
        bodies = await self._running().store.events(session_id)
        return tuple(decode_event(parse_canonical_object(body)) for body in bodies)

    def policy_of(self, events: Sequence[Event]) -> Policy:
        """Return the rules that a session runs under."""
        first = events[0]
        return self._loaded.policy_by(first.policy_digest if isinstance(first, SessionStarted) else "")

    async def minutes(self, session_id: SessionId) -> tuple[Minute, ...]:
        """Return a session's minutes as they were recorded."""
        stored = await self._running().store.minutes(session_id)
        return tuple(decode_minute(parse_canonical_object(each.body)) for each in stored)

    async def cases(self, session_ids: Sequence[SessionId]) -> tuple[CaseResult, ...]:
        """Look for one face behind several accounts, as the service does beside, and return the review cases.

        Cases of single sessions are left out: the undecided time of a session is in its result.
        """
        services = self._running()
        await self._search(sorted({client.learner for client in self._loaded.scenario.client}), session_ids)
        found = await services.store.cases(CaseFilter(institution_id=INSTITUTION, limit=500))
        return tuple(
            CaseResult(
                kind=case.kind, learner=case.learner_id, reasons=tuple((each.code, each.n) for each in case.reasons)
            )
            for case in found
            if case.kind is not CaseKind.SESSION
        )

    async def _search(self, learners: Sequence[LearnerId], session_ids: Sequence[SessionId] = ()) -> None:
        """Search one face behind several accounts, as the service does beside."""
        if len(learners) < 2:
            return
        services = self._running()
        search = FaceSearch(services.ports, self._settings.review_days)
        for learner in learners:
            await search.look(INSTITUTION, learner)
        for session_id in session_ids:
            row = await services.store.session(session_id)
            await search.look(INSTITUTION, row.learner_id, session_id)

    def _running(self) -> Services:
        if self._services is None:
            raise RuntimeError("the service is down")
        return self._services

    def _wall_ms(self) -> int:
        stepped_ms = sum(to_ms(step.by_s) for step in self._steps if to_ms(step.at_s) <= self.now_ms())
        return self._epoch_ms + self.now_ms() + stepped_ms

    def _token_hex(self, length: int) -> str:
        return f"{self._random.getrandbits(8 * length):0{2 * length}x}"
