"""One connection from join to close: limits, decoding, and the effect of each message.

No message of a client raises an error beyond this module. A message that breaks the protocol is answered with the one
error shape and has no other effect. Too many of them, or too many messages a second, close the connection. The close
code
tells the client whether to reconnect (``protocol.close_codes``).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from zaichang.core.enums import PasskeyCause, Route
from zaichang.core.errors import IllegalEvent, NotAllowed, NotFound, PeerViolation, StorageError, ZaichangError
from zaichang.core.ids import CaptureId, ChallengeId
from zaichang.core.reasons import ReasonCode
from zaichang.launch.tokens import LaunchTokens
from zaichang.live.capture_desk import announced
from zaichang.live.challenges.passkey_answers import passkey_event
from zaichang.live.connection import Channel, Connection
from zaichang.live.orders import counted_parts
from zaichang.live.other_media import OTHER_MEDIA, OtherMedia
from zaichang.live.rate_limits import RateExceeded, Rates
from zaichang.live.session import LiveSession
from zaichang.live.sessions import SessionHub
from zaichang.ports.connections import ConnectionObserver, Peer
from zaichang.ports.session import SessionPorts
from zaichang.protocol.close_codes import CloseCode
from zaichang.protocol.codec import decode_capture, decode_client, encode
from zaichang.protocol.limits import FRAME_MAX_BYTES, MESSAGES_PER_S, PROTOCOL_VERSION, VIOLATIONS_MAX
from zaichang.protocol.messages import (
    Answer,
    CaptureTakenMessage,
    CaptureUnavailableMessage,
    ClientMessage,
    ErrorMessage,
    Finish,
    Heartbeat,
    Join,
    Joined,
    PasskeyAssertion,
    PasskeyUnavailable,
    Ready,
    Reveal,
)
from zaichang.session.events import (
    CaptureReceived,
    CaptureTaken,
    CaptureUnavailable,
    ChallengeAnswered,
    FinishRequested,
    HeartbeatReceived,
    LivenessBegun,
    NonceRevealed,
    PasskeyDeclined,
)
from zaichang.session.judgements.pledged_frames import frames_ms
from zaichang.session.owners.playback import skips
from zaichang.session.schedule import heartbeat_nonce
from zaichang.tlog.commit import schedule_commitment

_log = logging.getLogger("zaichang.gateway")

LEAVE_TIMEOUT_S: Final = 5.0
"""How long a closing client may take to read its queued messages."""
CAUSES: Final = frozenset({"no_camera", "denied", "busy", "hidden", "ended"})
LOCALES: Final = ("zh-CN", "en")


class _Close(Exception):
    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class _Budget:
    """The message budget of one connection (a token bucket), and its count of violations."""

    at_ms: int
    tokens_milli: int = MESSAGES_PER_S * 1000
    violations: int = 0

    def spend(self, now_ms: int) -> None:
        self.tokens_milli = min(MESSAGES_PER_S * 1000, self.tokens_milli + max(0, now_ms - self.at_ms) * MESSAGES_PER_S)
        self.at_ms = now_ms
        self.tokens_milli -= 1000
        if self.tokens_milli < 0:
            raise _Close(CloseCode.TOO_FAST, "wire.too_fast")

    def violate(self) -> None:
        self.violations += 1
        if self.violations > VIOLATIONS_MAX:
            raise _Close(CloseCode.BAD_MESSAGE, "wire.too_many_violations")


class Gateway:
    """Serves connections; ``drain`` closes all of them for a restart."""

    def __init__(
        self,
        hub: SessionHub,
        tokens: LaunchTokens,
        ports: SessionPorts,
        connections_max: int = 5_000,
        account_sharing: ConnectionObserver | None = None,
        rates: Rates | None = None,
    ) -> None:
        """Wire the parts.

        Args:
            hub: The open sessions.
            tokens: Verifies launch tokens.
            ports: The store and other ports.
            connections_max: Most connections at a time; further ones are told to come back later.
            account_sharing: Records devices and addresses.
            rates: Rate limits.
        """
        self._account_sharing = account_sharing
        self._other_media = OtherMedia()
        self._rates = rates
        self._hub = hub
        self._tokens = tokens
        self._ports = ports
        self._max = connections_max
        self._count = 0
        self._draining = False

    async def serve(self, channel: Channel, address: str = "", origin: str = "") -> None:
        """Serve one connection until it ends.

        Args:
            channel: The connection's channel.
            address: The client's network address; empty where it is unknown.
            origin: Of the page, as its browser sent it; empty for a native player.
        """
        if self._draining or self._count >= self._max:
            code = CloseCode.RESTARTING if self._draining else CloseCode.OVERLOADED
            await channel.close(code, "restarting" if self._draining else "overloaded")
            return
        if self._rates is not None:
            try:
                self._rates.spend("connections", address, self._rates.limits.joins)
            except RateExceeded as error:
                await _refuse(channel, error)
                return
        self._count += 1
        try:
            await self._serve(channel, address, origin)
        finally:
            self._count -= 1

    def drain(self) -> None:
        """Accept no more connections, and close the open ones with 1012; players reconnect by themselves."""
        self._draining = True
        for session in self._hub.open_sessions():
            session.send_away(CloseCode.RESTARTING, "restarting")

    async def _serve(self, channel: Channel, address: str, origin: str) -> None:
        try:
            join = await self._read_join(channel)
            claims = self._tokens.verify(join.token, self._ports.clock.now_ms())
            if self._rates is not None:
                self._rates.spend("connections with one token", claims.token_id, self._rates.limits.token)
            session, resumed = await self._hub.join(
                claims, join.resume, join.client_nonce_c, origin if join.passkey else ""
            )
        except _Close as close:
            await channel.close(close.code, close.reason)
            return
        except ZaichangError as error:
            await _refuse(channel, error)
            return
        except Exception:
            _log.exception("a join failed")
            await channel.close(CloseCode.SERVER_ERROR, "server.error")
            return
        connection = Connection(channel, locale=join.locale, outgoing_max=self._ports.config.outgoing_max)
        sender = asyncio.ensure_future(connection.run())
        try:
            previous = session.attach(connection)
            if previous is not None:
                previous.end(CloseCode.SUPERSEDED, "taken_over")
            connection.send(self._joined(session, resumed))
            if resumed:
                await session.resumed()
            if self._account_sharing is not None:
                await self._account_sharing.joined(session.row, Peer(address=address, device=join.device))
            await self._read(channel, connection, session, sender)
        except _Close as close:
            connection.end(close.code, close.reason)
        except StorageError as error:
            connection.send(_error(error, fatal=True))
            connection.end(CloseCode.OVERLOADED, error.code)
        except Exception:
            _log.exception("a connection failed")
            connection.end(CloseCode.SERVER_ERROR, "server.error")
        finally:
            await self._leave(session, connection, sender)

    async def _leave(self, session: LiveSession, connection: Connection, sender: asyncio.Task[None]) -> None:
        connection.end(CloseCode.FINISHED, "")
        await asyncio.wait({sender}, timeout=LEAVE_TIMEOUT_S)
        sender.cancel()
        try:
            await session.detached(connection)
            if session.log.holds_back:
                self._hub.release_later(session)
            else:
                await self._hub.release(session)
        except ZaichangError as error:
            _log.error("session %s: leaving was not recorded: %s", session.row.session_id, error)

    async def _read_join(self, channel: Channel) -> Join:
        try:
            async with asyncio.timeout(self._ports.config.join_timeout_ms / 1000):
                data = await channel.receive()
        except TimeoutError:
            raise _Close(CloseCode.JOIN_TIMEOUT, "wire.join_timeout") from None
        if data is None:
            raise _Close(CloseCode.BAD_MESSAGE, "wire.gone")
        if isinstance(data, bytes):
            raise PeerViolation("wire.join_first", "The first message must be a join, not a picture.")
        message = decode_client(data)
        if not isinstance(message, Join):
            raise PeerViolation("wire.join_first", "The first message must be a join.")
        if message.protocol != PROTOCOL_VERSION:
            raise PeerViolation(
                "wire.protocol",
                f"This service speaks protocol {PROTOCOL_VERSION}, not {message.protocol}.",
                "Update the player.",
            )
        if message.locale not in LOCALES:
            raise PeerViolation("wire.locale", f"locale must be one of {', '.join(LOCALES)}.")
        return message

    def _joined(self, session: LiveSession, resumed: bool) -> Joined:
        state, policy = session.state, session.policy
        return Joined(
            session_id=state.info.session_id,
            resumed=resumed,
            server_ms=self._ports.clock.now_ms(),
            seq=state.link.seq + 1,
            nonce=heartbeat_nonce(state.info, state.link.seq + 1),
            heartbeat_ms=policy.heartbeat_ms,
            frontier_ms=state.frontier_ms,
            lesson_duration_ms=state.info.lesson.duration_ms,
            schedule_commitment=schedule_commitment(state.info.session_id, bytes.fromhex(state.info.seed)).hex(),
            policy_name=policy.name,
            policy_digest=state.info.policy_digest,
            captures=state.info.terms.route is Route.FACE,
            reveal=not state.link.client_nonce,
            frames_ms=frames_ms(policy) if state.uses_captures(policy) else 0,
            counted=counted_parts(state),
            free_seek=skips(state, policy),
            notices=() if "pad" in policy.proofs or state.info.terms.route is not Route.FACE else ("no_pad",),
            pictures_days=self._pictures_days(state.info.terms.route),
        )

    def _pictures_days(self, route: Route) -> int:
        config = self._ports.config
        return config.capture_days if config.keep_captures and route is Route.FACE else 0

    async def _read(
        self, channel: Channel, connection: Connection, session: LiveSession, sender: asyncio.Task[None]
    ) -> None:
        budget = _Budget(at_ms=self._ports.clock.now_ms())
        while True:
            receiving = asyncio.ensure_future(channel.receive())
            try:
                await asyncio.wait({receiving, sender}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not receiving.done():
                    receiving.cancel()
            if sender.done() or receiving.cancelled():
                return
            data = receiving.result()
            if data is None:
                return
            budget.spend(self._ports.clock.now_ms())
            try:
                await self._handle(data, session)
            except IllegalEvent as error:
                connection.send(_error(error))
            except (PeerViolation, NotAllowed, NotFound) as error:
                connection.send(_error(error))
                budget.violate()

    async def _handle(self, data: str | bytes, session: LiveSession) -> None:
        if isinstance(data, bytes):
            if len(data) > FRAME_MAX_BYTES:
                raise PeerViolation("wire.too_large", f"A binary frame may have {FRAME_MAX_BYTES} bytes.")
            header, picture = decode_capture(data)
            if self._account_sharing is not None and header.hints:
                await self._account_sharing.hinted(session.row, header.hints, session.hints_seen)
            if session.liveness_frame(header, picture):
                return
            await session.apply(
                lambda at_ms: CaptureReceived(
                    at_ms=at_ms,
                    capture_id=CaptureId(header.capture_id),
                    nonce=header.nonce,
                    camera=header.camera,
                    virtual_camera=header.virtual_camera,
                    digest=announced(session.state, CaptureId(header.capture_id), picture),
                ),
                picture,
            )
            return
        await self._handle_text(decode_client(data), session)

    async def _handle_text(self, message: ClientMessage, session: LiveSession) -> None:
        match message:
            case Heartbeat():
                if OTHER_MEDIA in message.hints:
                    self._other_media.notice(session.state.info.lesson)
                await session.apply(
                    lambda at_ms: HeartbeatReceived(
                        at_ms=at_ms,
                        seq=message.seq,
                        nonce=message.nonce,
                        playhead_ms=message.playhead_ms,
                        playing=message.playing,
                        stalled=message.stalled,
                        ended=message.ended,
                        rate_bp=message.rate_bp,
                        visible=message.visible,
                        focused=message.focused,
                        hints=message.hints,
                        frames=(message.frames or None) if session.policy.rules > 3 else None,
                    )
                )
            case Reveal():
                await session.apply(lambda at_ms: NonceRevealed(at_ms=at_ms, client_nonce=message.client_nonce))
            case CaptureTakenMessage():
                if session.policy.rules > 1:
                    await session.apply(
                        lambda at_ms: CaptureTaken(
                            at_ms=at_ms, capture_id=CaptureId(message.capture_id), digest=message.digest
                        )
                    )
            case CaptureUnavailableMessage():
                if message.cause not in CAUSES:
                    raise PeerViolation("wire.cause", f"cause must be one of {', '.join(sorted(CAUSES))}.")
                reason = ReasonCode.PAGE_HIDDEN if message.cause == "hidden" else ReasonCode.CAMERA_UNAVAILABLE
                await session.apply(
                    lambda at_ms: CaptureUnavailable(
                        at_ms=at_ms, capture_id=CaptureId(message.capture_id), reason=reason
                    )
                )
            case Answer():
                await session.apply(
                    lambda at_ms: ChallengeAnswered(
                        at_ms=at_ms, challenge_id=ChallengeId(message.challenge_id), answer=message.answer
                    )
                )
            case PasskeyAssertion():
                await session.apply(await passkey_event(self._ports, session.row, session.state, message))
            case PasskeyUnavailable():
                if message.cause not in tuple(PasskeyCause):
                    raise PeerViolation("wire.cause", f"cause must be one of {', '.join(PasskeyCause)}.")
                cause = PasskeyCause(message.cause)
                await session.apply(
                    lambda at_ms: PasskeyDeclined(
                        at_ms=at_ms, challenge_id=ChallengeId(message.challenge_id), cause=cause
                    )
                )
            case Ready():
                await session.apply(
                    lambda at_ms: LivenessBegun(
                        at_ms=at_ms, challenge_id=ChallengeId(message.challenge_id), decline=message.decline
                    )
                )
            case Finish():
                await session.apply(lambda at_ms: FinishRequested(at_ms=at_ms))
            case Join():
                raise PeerViolation("wire.joined_twice", "A connection joins once.", "Open a new connection.")


def _error(error: ZaichangError, *, fatal: bool = False) -> ErrorMessage:
    return ErrorMessage(code=error.code, message=error.message, hint=error.hint, fatal=fatal)


async def _refuse(channel: Channel, error: ZaichangError) -> None:
    """Answer a join that cannot be served: send the error, then a close code that says whether to try again."""
    await channel.send(encode(_error(error, fatal=True)))
    if error.code.startswith("token."):
        code = CloseCode.TOKEN_REFUSED
    else:
        code = CloseCode.OVERLOADED if isinstance(error, StorageError) else CloseCode(type(error).close_code)
    await channel.close(code, error.code)
