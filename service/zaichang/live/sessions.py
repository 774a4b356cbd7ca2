"""All open sessions of this process: opening, resuming, superseding, and recovery after a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Final

from zaichang.core import rules_version
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.enums import Mode, PasskeyUse, Route, SessionState
from zaichang.core.errors import EvidenceError, FatalLogError, NotAllowed, NotFound, StorageError, ZaichangError
from zaichang.core.ids import InstitutionId, LearnerId, SessionId
from zaichang.core.periods import period_at
from zaichang.evidence.segments import SegmentContext, advance, begin
from zaichang.launch.allowances import current_allowance, granted
from zaichang.launch.passkeys import page_of, usable, use_of
from zaichang.launch.question_bank import drawn_questions
from zaichang.launch.tokens import LaunchClaims
from zaichang.live.learner_locks import LearnerLocks
from zaichang.live.recorder import Recorder
from zaichang.live.resuming import leniency_at, resumable
from zaichang.live.session import LiveSession
from zaichang.live.task_sets import drained
from zaichang.ports.encryption import LearnerKey
from zaichang.ports.log.open_logs import OpenLog
from zaichang.ports.purposes import Purpose
from zaichang.ports.records import Append, SessionRow, StoredEvent
from zaichang.ports.session import SessionPorts
from zaichang.session.codec import decode_event, encode_event
from zaichang.session.decisions import Decision, Minute, RecordFinal, RecordMinute
from zaichang.session.decisions import Final as FinalRecord
from zaichang.session.events import Passkeys, Question, SessionStarted
from zaichang.session.policy import Policy, policy_from_mapping
from zaichang.session.replay import replay
from zaichang.session.step import start
from zaichang.tlog.commit import session_key

DOWN_MS: Final = 30_000
"""A shorter stop of the service can make no learner look absent, so the sessions keep no record of it."""

_log = logging.getLogger("zaichang.live")


class SessionHub:
    """All open sessions of this process. One lock for each learner makes opening and superseding a single step."""

    def __init__(self, ports: SessionPorts, recorder: Recorder, fatal: Callable[[FatalLogError], None]) -> None:
        """Begin without sessions; call ``recover`` before the first connection."""
        self._ports = ports
        self._recorder = recorder
        self._fatal = fatal
        self.on_closed: list[Callable[[SessionRow], None]] = []
        self.on_opened: list[Callable[[LiveSession], Awaitable[None]]] = []
        self._by_id: dict[SessionId, LiveSession] = {}
        self._releasing: set[asyncio.Task[None]] = set()
        self._departing: set[LiveSession] = set()
        """Sessions that another process owns now, until their own last work is done."""
        self._locks = LearnerLocks()

    def open_sessions(self) -> Sequence[LiveSession]:
        """Return the sessions in memory."""
        return tuple(self._by_id.values())

    def find(self, session_id: SessionId) -> LiveSession | None:
        """Return a session that is in memory."""
        return self._by_id.get(session_id)

    async def recover(self) -> None:
        """Rebuild every open session from its events, and finish the work that a crash interrupted."""
        # The service was up at the last stored event. A clock that jumped over the stop looks like a longer stop.
        down_ms = max(0, self._ports.clock.now_ms() - await self._ports.sessions.last_at_ms())
        for row in await self._ports.sessions.unfinished():
            try:
                session = await self._load(row.session_id)
                await session.recover_captures(down_ms if down_ms >= DOWN_MS else 0)
                if row.state is SessionState.SUPERSEDED:
                    await session.supersede()
            except (FatalLogError, StorageError):
                raise
            except ZaichangError as error:
                # One damaged session must not keep the others from starting; it is left as it is, for people to see.
                _log.error("session %s cannot be rebuilt: %s", row.session_id, error)
        for session in self.open_sessions():
            # One that ended just now stays in memory until its last records are written.
            if session.is_idle():
                self.release_later(session)

    async def join(
        self, claims: LaunchClaims, resume: str, client_nonce_c: str, origin: str = ""
    ) -> tuple[LiveSession, bool]:
        """Return the session for a verified launch token, and whether it existed before.

        Args:
            claims: The token's claims.
            resume: The session that the client wants to resume; empty for none.
            client_nonce_c: The client's commitment, for a new session's schedule.
            origin: Of a page that can use passkeys; empty for one that cannot.

        Raises:
            NotFound: ``session.unknown`` for a session of another token; ``session.other_nonce`` for a session that
                waits for a
                nonce which this client does not have.
            NotAllowed: ``token.in_use`` or ``token.used``.
        """
        person = claims.person or await self._ports.learners.person_of(claims.institution_id, claims.learner_id)
        async with (
            self._locks.person(person),
            self.learner_lock(claims.institution_id, claims.learner_id),
        ):
            row = await self._ports.history.session_of_token(claims.token_id)
            if resume:
                if row is None or row.session_id != resume:
                    raise NotFound("session.unknown", "This token did not open that session.", "Join without resume.")
                session = await self._load(row.session_id)
                if session.awaits_other(client_nonce_c):
                    raise NotFound(
                        "session.other_nonce", "That session waits for another nonce.", "Join without resume."
                    )
                return session, True
            if row is None:
                return await self._open(claims, person, client_nonce_c, origin), False
            if row.state is SessionState.CLOSED:
                raise NotAllowed("token.used", "This launch token's session has ended.", "Start again from the course.")
            session = await self._load(row.session_id)
            if session.connected:
                raise NotAllowed(
                    "token.in_use",
                    "Another page is studying with this launch token.",
                    "Close the other page, or resume with its session id.",
                )
            if session.awaits_other(client_nonce_c):
                # A page that was reloaded before it had revealed its nonce: nothing was drawn, nothing has counted.
                await self._ports.sessions.release_token(row.session_id)
                return await self._open(claims, person, client_nonce_c, origin), False
            return session, True

    async def release(self, session: LiveSession) -> None:
        """Drop a closed session from memory once its records are written and no client is connected."""
        if not session.is_idle():
            return
        await session.settle()
        if session.is_idle() and self._by_id.get(session.row.session_id) is session:
            del self._by_id[session.row.session_id]
            await session.stop()

    async def settled(self, session_id: SessionId) -> None:
        """Wait until a session in memory has no work under way: its records are in the log, where it has ended."""
        for session in (*self.open_sessions(), *self._departing):
            if session.row.session_id == session_id:
                await session.settle()

    async def settle(self) -> None:
        """Wait until no session has work under way."""
        for session in (*self.open_sessions(), *self._departing):
            await session.settle()
        await drained(self._releasing, quietly=True)

    async def stop(self) -> None:
        """End all timers and tasks; the sessions stay open in storage."""
        for task in tuple(self._releasing):
            task.cancel()
        await asyncio.gather(*tuple(self._releasing), return_exceptions=True)
        for session in (*self.open_sessions(), *self._departing):
            await session.stop()
        self._by_id.clear()
        self._departing.clear()

    def _ended(self, row: SessionRow) -> None:
        for listener in self.on_closed:
            listener(row)
        if (session := self._by_id.get(row.session_id)) is not None:
            self.release_later(session)

    def release_later(self, session: LiveSession) -> None:
        """Release a session beside the caller: a log may hold its records back for half an hour."""
        self._beside(self.release(session), session.row.session_id)

    def _beside(self, work: Coroutine[Any, Any, None], session_id: SessionId) -> None:
        """Run work beside the caller; an error in it is logged."""

        def done(task: asyncio.Task[None]) -> None:
            self._releasing.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                _log.error("session %s could not be let go: %s", session_id, error)

        task = asyncio.ensure_future(work)
        self._releasing.add(task)
        task.add_done_callback(done)

    def _lost(self, session: LiveSession) -> None:
        """Drop a session that another process owns, once its own last work is done."""
        self._forget(session)
        self._departing.add(session)
        self._beside(self._depart(session), session.row.session_id)

    async def _depart(self, session: LiveSession) -> None:
        await session.settle()
        self._departing.discard(session)

    def _forget(self, session: LiveSession) -> None:
        if self._by_id.get(session.row.session_id) is session:
            del self._by_id[session.row.session_id]

    def learner_lock(self, institution_id: InstitutionId, learner_id: LearnerId) -> AbstractAsyncContextManager[None]:
        """Hold the learner's lock: meanwhile no session of the learner can open."""
        return self._locks.learner(institution_id, learner_id)

    async def _open(self, claims: LaunchClaims, person: str, client_nonce_c: str, origin: str) -> LiveSession:
        ports = self._ports
        policy = await self._policy(claims.policy_digest)
        allowance = await current_allowance(ports.learners, claims.institution_id, claims.learner_id)
        lesson, terms = claims.lesson, granted(allowance, claims.terms)
        if terms.route is Route.CHALLENGE and not policy.non_face_route:
            raise NotAllowed(
                "launch.route", "This policy does not offer the route without face recognition.", "Use the face route."
            )
        key = await self._learner_key(claims.institution_id, claims.learner_id)
        template = await self._template(key)
        opened_ms = ports.clock.now_ms()
        row = SessionRow(
            session_id=SessionId(ports.token_hex(16)),
            institution_id=claims.institution_id,
            learner_id=claims.learner_id,
            course_id=lesson.course_id,
            lesson_id=lesson.lesson_id,
            token_id=claims.token_id,
            policy_digest=claims.policy_digest,
            state=SessionState.OPEN,
            opened_ms=opened_ms,
            lesson_version=lesson.version,
            timeline=lesson.timeline,
            period=period_at(claims.counts_again, opened_ms),
            route=terms.route,
            person=person,
            category=claims.category,
            course_version=claims.course_version,
            mode=Mode.BROADCAST if lesson.live_from_ms else Mode.RECORDED,
        )
        log = await ports.logs.log_for(row.institution_id, row.opened_ms)
        for old in await ports.sessions.open_session(row):
            # Its end, and all that it credited, is stored before the new session's credit is read (I2, I3).
            await (await self._load(old.session_id)).supersede()
        credited = await ports.history.credited(
            claims.institution_id, claims.learner_id, lesson.course_id, lesson.lesson_id, lesson.timeline, row.period
        )
        seed = ports.token_hex(32)
        owed = await ports.history.owed(claims.institution_id, claims.learner_id)
        event = SessionStarted(
            at_ms=ports.clock.now_ms(),
            session_id=row.session_id,
            institution_id=claims.institution_id,
            learner_id=claims.learner_id,
            lesson=lesson,
            policy_digest=claims.policy_digest,
            seed=seed,
            client_nonce_c=client_nonce_c,
            credited=credited,
            resumable=await resumable(ports.history, ports.lessons, row, credited, policy.session_max_ms),
            owed=owed,
            leniency=await leniency_at(ports.history, row, policy),
            passkeys=await self._passkeys(row, policy, terms.route, origin),
            terms=terms,
            questions=await self._questions(claims, seed),
            rules=rules_version.CURRENT,
            capture_days=ports.config.capture_days if ports.config.keep_captures else None,
            period=row.period,
        )
        state, _ = start(event, policy)
        body = canonical_bytes(encode_event(event))
        context = self._context(log, key, event, policy)
        segments, leaf = begin(context, event, body, log.anchor(), lambda _: None)
        await ports.sessions.append(
            Append(
                session_id=row.session_id,
                epoch=row.epoch,
                first_seq=0,
                events=(StoredEvent(at_ms=event.at_ms, body=body),),
                leaves=(leaf,),
            )
        )
        session = LiveSession(
            row=replace(row, next_seq=1),
            policy=policy,
            state=state,
            segments=segments,
            key=key,
            template=template,
            ports=ports,
            log=log,
            recorder=self._recorder,
            fatal=self._fatal,
            ended=self._ended,
            lost=self._lost,
        )
        self._by_id[row.session_id] = session
        session.start(leaf)
        for listener in self.on_opened:
            await listener(session)
        return session

    async def _passkeys(self, row: SessionRow, policy: Policy, route: Route, origin: str) -> Passkeys | None:
        """Return the learner's passkeys that the page can use, or None where the page or the rules use none."""
        page = page_of(origin, self._ports.config.passkey_domains)
        if page is None or use_of(policy, route) is PasskeyUse.OFF:
            return None
        return usable(await self._ports.passkeys.passkeys(row.institution_id, row.learner_id), page)

    async def _load(self, session_id: SessionId) -> LiveSession:
        """Return the open session, rebuilt from its events where it is not in memory."""
        found = self._by_id.get(session_id)
        if found is not None:
            return found
        ports = self._ports
        row = await ports.sessions.claim(session_id)
        policy = await self._policy(row.policy_digest)
        key = await self._learner_key(row.institution_id, row.learner_id)
        log = await self._ports.logs.log_for(row.institution_id, row.opened_ms)
        bodies = await ports.history.events(session_id)
        events = [decode_event(parse_canonical_object(body)) for body in bodies]
        replayed = replay(events, policy)
        info = events[0]
        if not isinstance(info, SessionStarted):
            raise EvidenceError("replay.no_start", "A session's first event must be its start.")
        written = {leaf.leaf_seq: leaf.body for leaf in await ports.history.leaves(session_id)}
        chain, _ = begin(self._context(log, key, info, policy), info, bodies[0], None, written.get)
        decided = _decided(replayed.decisions)
        for number, event in enumerate(events[1:], 1):
            minutes, final = decided.get(number, ((), None))
            chain, _ = advance(chain, bodies[number], event.at_ms, minutes, final, None, written.get)
        session = LiveSession(
            row=row,
            policy=policy,
            state=replayed.state,
            segments=chain,
            key=key,
            template=await self._template(key),
            ports=self._ports,
            log=log,
            recorder=self._recorder,
            fatal=self._fatal,
            ended=self._ended,
            lost=self._lost,
            final=replayed.final,
        )
        await session.count_anchored()
        self._by_id[session_id] = session
        return session

    def _context(self, log: OpenLog, key: LearnerKey, info: SessionStarted, policy: Policy) -> SegmentContext:
        return SegmentContext(
            origin=log.origin,
            session_key=session_key(key.subject_key(), info.session_id),
            segment_ms=policy.segment_ms,
        )

    async def _policy(self, digest: str) -> Policy:
        return policy_from_mapping(parse_canonical_object(await self._ports.lessons.policy(digest)))

    async def _learner_key(self, institution_id: InstitutionId, learner_id: LearnerId) -> LearnerKey:
        fresh = self._ports.vault.new_learner(institution_id, learner_id, self._ports.clock.now_ms())
        return self._ports.vault.unlock(await self._ports.learners.ensure_learner(fresh))

    async def _template(self, key: LearnerKey) -> bytes | None:
        enrolment = await self._ports.learners.enrolment(key.institution_id, key.learner_id)
        return None if enrolment is None else key.decrypt(Purpose.TEMPLATE, str(enrolment.version), enrolment.encrypted)

    async def _questions(self, claims: LaunchClaims, seed: str) -> tuple[Question, ...]:
        try:
            lesson = await self._ports.lessons.lesson(
                claims.institution_id, claims.lesson.course_id, claims.lesson.lesson_id
            )
        except NotFound:
            return ()
        return drawn_questions(lesson.questions, seed)


def _decided(
    decisions: Sequence[tuple[int, Decision]],
) -> Mapping[int, tuple[tuple[Minute, ...], FinalRecord | None]]:
    """Return, by event number, the minutes and the end that it decided."""
    found: dict[int, tuple[tuple[Minute, ...], FinalRecord | None]] = {}
    for number, decision in decisions:
        minutes, final = found.get(number, ((), None))
        if isinstance(decision, RecordMinute):
            found[number] = ((*minutes, decision.minute), final)
        elif isinstance(decision, RecordFinal):
            found[number] = (minutes, decision.final)
    return found
