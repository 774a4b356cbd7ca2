"""The study client: runs one session, over one or more connections."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from zaichang_client import codec
from zaichang_client.errors import ClientError, ConnectionGone, SessionRefused, UnknownMessage
from zaichang_client.parts import Camera, Liveness, Passkeys, Player, Prompter
from zaichang_client.proofs import ProofTasks
from zaichang_client.protocol import messages as m
from zaichang_client.protocol.close_codes import CloseCode
from zaichang_client.protocol.limits import PROTOCOL_VERSION
from zaichang_client.transport import LATER, RETRY_NOT, Connect, Transport

_NONCE_BYTES = 16
_CLOSE_CODE_WAIT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """Adjustable values; the defaults fit the protocol.

    Attributes:
        locale: Language of the server's sentences, ``zh-CN`` or ``en``.
        sdk: Name and version that are sent to the server.
        device: A random name that this device stores, at most 64 characters; empty: none is sent.
        offline_ms: Time without a connection after which the player is paused.
        join_timeout_ms: Longest wait for the answer to ``join``.
        ack_timeout_ms: Longest wait for a heartbeat's acknowledgement; after it the connection counts as dead.
        spacing_ms: Least time between two heartbeats, however often the player changes.
        backoff_ms: First wait before reconnecting. It doubles up to ``backoff_max_ms``, each time with jitter.
        backoff_max_ms: Longest wait before reconnecting.
    """

    locale: str = "zh-CN"
    sdk: str = "zaichang-client/0.1.0"
    device: str = ""
    offline_ms: int = 10_000
    join_timeout_ms: int = 10_000
    ack_timeout_ms: int = 20_000
    spacing_ms: int = 100
    backoff_ms: int = 500
    backoff_max_ms: int = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of the session.

    Attributes:
        reason: Reason code.
        verified_ms: Verified media time of the session.
        undecided_ms: Media time that a reviewer may still grant.
    """

    reason: str
    verified_ms: int
    undecided_ms: int


def commitment(client_nonce: str) -> str:
    """Return the commitment of a join: SHA-256 over ``vm/client-nonce/v1`` and the nonce, as hex."""
    return hashlib.sha256(b"vm/client-nonce/v1" + bytes.fromhex(client_nonce)).hexdigest()


def _ignore(message: m.ServerMessage) -> None:
    """Observe nothing."""


async def _next(transport: Transport) -> m.ServerMessage:
    """Return the next message of a known type. A newer service may send other types; they are skipped."""
    while True:
        data = await transport.receive()
        with contextlib.suppress(UnknownMessage):
            return codec.decode(data)


class StudyClient:
    """Runs a session until the server closes it: joins, reports, follows orders, reconnects and resumes."""

    def __init__(
        self,
        connect: Connect,
        *,
        token: str,
        player: Player,
        camera: Camera,
        prompter: Prompter,
        liveness: Liveness | None = None,
        passkeys: Passkeys | None = None,
        config: ClientConfig | None = None,
        observe: Callable[[m.ServerMessage], None] = _ignore,
        pace: Callable[[int], int] | None = None,
        token_hex: Callable[[int], str] = secrets.token_hex,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Prepare the client; nothing is sent before ``run``.

        Args:
            connect: Opens a connection (``zaichang_client.websocket``).
            token: The launch token.
            player: The lesson's player.
            camera: The learner's camera.
            prompter: Shows challenges.
            liveness: Shows liveness steps and takes their frames. Without it, liveness challenges stay unanswered.
            passkeys: Opens the learner's passkeys. Without it, the service asks for none.
            config: Adjustable values.
            observe: Called with every message of the server.
            pace: Given the server's time between two heartbeats, returns the time to use (both in ms).
            token_hex: Source of the client's nonce.
            jitter: Source of numbers in [0, 1), for the waits before reconnecting.
        """
        self._connect = connect
        self._token = token
        self._player = player
        self._proofs = ProofTasks(camera, prompter, liveness, lambda: self._transport, passkeys)
        self._has_passkeys = passkeys is not None
        self._config = config or ClientConfig()
        self._observe = observe
        self._pace = pace or (lambda asked_ms: asked_ms)
        self._jitter = jitter
        self._token_hex = token_hex
        self._client_nonce = token_hex(_NONCE_BYTES)
        self.session_id = ""
        self._transport: Transport | None = None
        self._seq = 0
        self._nonce = ""
        self._heartbeat_ms = 5_000
        self._frames_ms = 0
        self._in_flight = False
        self._acked = asyncio.Event()
        self._changed = asyncio.Event()
        self._finish = False
        self._finish_sent = False
        self._refusal: m.ErrorMessage | None = None
        self._ended: Ended | None = None
        self._offline_timer: asyncio.TimerHandle | None = None
        self._offline = False
        self._was_joined = False

    @property
    def connected(self) -> bool:
        """Whether a connection is open and joined."""
        return self._transport is not None

    def changed(self) -> None:
        """Tell the server of a change at once (play, pause, seek, rate, visibility, focus, stall, end)."""
        self._changed.set()

    def finish(self) -> None:
        """End the session: send a last report, then ``finish``. The server may ask for a closing proof."""
        self._finish = True
        self._changed.set()

    async def run(self) -> Ended:
        """Study until the server closes the session. A call after a cancellation resumes the session.

        Raises:
            SessionRefused: The server refuses this client for good.
        """
        attempt = 0
        try:
            while (ended := self._end()) is None:
                try:
                    await self._one_connection()
                except ConnectionGone as gone:
                    if self._end() is not None:
                        continue
                    if gone.close_code == CloseCode.NOT_FOUND and self.session_id:
                        self.session_id = ""  # that session is no more: begin a new one
                        self._client_nonce = self._token_hex(_NONCE_BYTES)
                    elif gone.close_code in RETRY_NOT:
                        raise self._refused(gone.close_code) from None
                    attempt = 0 if self._was_joined else attempt
                    self._went_offline()
                    await asyncio.sleep(self._wait_s(attempt, gone.close_code))
                    attempt += 1
            return ended
        finally:
            self._drop_side_tasks()

    def _end(self) -> Ended | None:
        return self._ended

    def _refused(self, close_code: int) -> SessionRefused:
        said = self._refusal
        if said is None:
            return SessionRefused(close_code, "client.refused", f"The server closed the session ({close_code}).")
        return SessionRefused(close_code, said.code, said.message, said.hint)

    def _wait_s(self, attempt: int, close_code: int) -> float:
        wait_ms = min(self._config.backoff_max_ms, self._config.backoff_ms << min(attempt, 10))
        if close_code in LATER:
            wait_ms = max(wait_ms, self._config.backoff_max_ms)
        return wait_ms * (0.5 + 0.5 * self._jitter()) / 1000

    # One connection

    async def _one_connection(self) -> None:
        self._was_joined = False
        transport = await self._connect()
        try:
            await self._join(transport)
            self._was_joined = True
            self._transport = transport
            reading = asyncio.ensure_future(self._read(transport))
            reporting = asyncio.ensure_future(self._report(transport))
            watching = asyncio.ensure_future(self._watch())
            try:
                await asyncio.wait((reading, reporting), return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():
                    # A failed send only says that the connection is gone; the close code says why.
                    await asyncio.wait((reading,), timeout=_CLOSE_CODE_WAIT_S)
                for task in (reading, reporting):
                    if task.done():
                        task.result()
            finally:
                for task in (reading, reporting, watching):
                    task.cancel()
                await asyncio.gather(reading, reporting, watching, return_exceptions=True)
        finally:
            self._transport = None
            self._proofs.connection_lost()
            with contextlib.suppress(ClientError):
                await transport.close()

    async def _join(self, transport: Transport) -> None:
        join = m.Join(
            protocol=PROTOCOL_VERSION,
            token=self._token,
            client_nonce_c=commitment(self._client_nonce),
            sdk=self._config.sdk,
            locale=self._config.locale,
            resume=self.session_id,
            device=self._config.device,
            passkey=self._has_passkeys,
        )
        await transport.send(codec.encode(join))
        try:
            async with asyncio.timeout(self._config.join_timeout_ms / 1000):
                while not isinstance(message := await _next(transport), m.Joined):
                    self._take(message, transport)
                    if self._ended is not None:
                        raise ConnectionGone(CloseCode.FINISHED, "the session has ended")
        except TimeoutError:
            raise ConnectionGone(1006, "no answer to join") from None
        self._observe(message)
        if message.reveal:
            await transport.send(codec.encode(m.Reveal(client_nonce=self._client_nonce)))
        self.session_id = message.session_id
        self._seq, self._nonce = message.seq - 1, message.nonce  # the number names the next heartbeat
        self._heartbeat_ms = message.heartbeat_ms
        self._frames_ms = message.frames_ms
        self._in_flight = False
        self._finish_sent = False
        self._back_online()
        self._player.joined(message)
        self._changed.set()

    async def _read(self, transport: Transport) -> None:
        while self._ended is None:
            message = await _next(transport)
            self._observe(message)
            self._take(message, transport)

    def _take(self, message: m.ServerMessage, transport: Transport) -> None:
        match message:
            case m.Ack():
                if message.seq == self._seq:
                    self._nonce = message.nonce
                    self._in_flight = False
                    self._acked.set()
            case m.CaptureOrder():
                self._proofs.start_capture(message, transport)
            case m.ChallengeOrder():
                self._proofs.start_challenge(message)
            case m.ChallengeResult():
                self._proofs.judged(message)
            case m.Pause():
                self._player.pause(message.reason, message.message)
                self._changed.set()
            case m.Resume():
                self._player.resume()
                self._changed.set()
            case m.Seek():
                self._player.seek(message.to_ms, message.reason, message.message)
                self._changed.set()
            case m.Closed():
                self._ended = Ended(
                    reason=message.reason, verified_ms=message.verified_ms, undecided_ms=message.undecided_ms
                )
            case m.ErrorMessage():
                self._refusal = message
                if message.code.startswith("heartbeat."):
                    raise ConnectionGone(1006, "the heartbeat chain broke")  # joining anew gives a fresh nonce
            case m.LivenessStepOrder():
                self._proofs.start_step(message, transport)
            case m.LivenessHint():
                self._proofs.hint(message)
            case m.Joined() | m.MinuteSealed():
                pass

    async def _watch(self) -> None:
        """Take the frames that heartbeats pledge."""
        while self._frames_ms > 0:
            await asyncio.sleep(self._frames_ms / 1000)
            self._proofs.frames.look()

    async def _report(self, transport: Transport) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due_s):
                    await self._changed.wait()
            self._changed.clear()
            await self._beat(transport)
            if self._finish and not self._finish_sent:
                await self._beat(transport)
                self._finish_sent = True
                await transport.send(codec.encode(m.Finish()))
            due_s = loop.time() + self._pace(self._heartbeat_ms) / 1000
            await asyncio.sleep(min(self._config.spacing_ms, self._pace(self._heartbeat_ms)) / 1000)

    async def _beat(self, transport: Transport) -> None:
        """Send one heartbeat and wait for its acknowledgement, whose nonce the next heartbeat must carry."""
        sample = self._player.sample()
        self._seq += 1
        self._in_flight = True
        self._acked.clear()
        beat = m.Heartbeat(
            seq=self._seq,
            nonce=self._nonce,
            playhead_ms=sample.playhead_ms,
            playing=sample.playing,
            stalled=sample.stalled,
            ended=sample.ended,
            rate_bp=sample.rate_bp,
            visible=sample.visible,
            focused=sample.focused,
            hints=sample.hints[:16],
            frames=self._proofs.frames.pledge(),
        )
        await transport.send(codec.encode(beat))
        try:
            async with asyncio.timeout(self._config.ack_timeout_ms / 1000):
                while self._in_flight:
                    await self._acked.wait()
        except TimeoutError:
            raise ConnectionGone(1006, "no acknowledgement") from None

    def _drop_side_tasks(self) -> None:
        self._proofs.stop()
        if self._offline_timer is not None:
            self._offline_timer.cancel()
            self._offline_timer = None

    # Offline

    def _went_offline(self) -> None:
        if self._offline_timer is None and not self._offline:
            wait_s = self._config.offline_ms / 1000
            self._offline_timer = asyncio.get_running_loop().call_later(wait_s, self._pause_offline)

    def _pause_offline(self) -> None:
        self._offline_timer = None
        self._offline = True
        self._player.offline(True)

    def _back_online(self) -> None:
        if self._offline_timer is not None:
            self._offline_timer.cancel()
            self._offline_timer = None
        if self._offline:
            self._offline = False
            self._player.offline(False)
