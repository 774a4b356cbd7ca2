"""The proofs that the server orders: captures, challenges and liveness steps. Each runs beside the connection."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from zaichang_client import codec
from zaichang_client.errors import ConnectionGone
from zaichang_client.frames import PledgedFrames
from zaichang_client.parts import DECLINE, Camera, Liveness, NoPasskey, Passkeys, Picture, Prompter, Unavailable
from zaichang_client.protocol import messages as m
from zaichang_client.transport import Transport

_MOVING = frozenset({"liveness", "light"})
_STEP_GRACE_MS = 5_000
_Answer = m.Answer | m.PasskeyAssertion | m.PasskeyUnavailable


class ProofTasks:
    """The tasks that carry out the server's orders for proofs.

    A capture and a liveness step end with their connection, and the server orders them again. A challenge and its
    answer
    continue: the answer is sent again after resuming.
    """

    def __init__(
        self,
        camera: Camera,
        prompter: Prompter,
        liveness: Liveness | None,
        transport: Callable[[], Transport | None],
        passkeys: Passkeys | None = None,
    ) -> None:
        """Start nothing.

        Args:
            camera: The learner's camera.
            prompter: Shows challenges.
            liveness: Shows liveness steps; None where they cannot be done.
            transport: Returns the joined connection, None while there is none.
            passkeys: Opens the learner's passkeys; None where the device cannot.
        """
        self._passkeys = passkeys
        self._camera = camera
        self._prompter = prompter
        self._liveness = liveness
        self._transport = transport
        self._stepping: asyncio.Task[None] | None = None
        self._asks: dict[str, asyncio.Task[None]] = {}
        self._answers: dict[str, _Answer] = {}
        self._orders: dict[str, tuple[m.ChallengeOrder, int]] = {}
        self._captures: dict[str, asyncio.Task[None]] = {}
        self.frames = PledgedFrames(camera)

    def connection_lost(self) -> None:
        """End the tasks that belong to one connection."""
        for task in self._captures.values():
            task.cancel()
        self._captures.clear()
        self._stop_stepping()

    def stop(self) -> None:
        """End all tasks."""
        for task in self._asks.values():
            task.cancel()
        self._asks.clear()
        self.connection_lost()

    def hint(self, message: m.LivenessHint) -> None:
        """Show a hint for the running liveness step."""
        if self._liveness is not None:
            self._liveness.hint(message)

    def start_capture(self, order: m.CaptureOrder, transport: Transport) -> None:
        """Take and send a capture; a repeated order starts again."""
        running = self._captures.pop(order.capture_id, None)
        if running is not None:
            running.cancel()
        self._captures[order.capture_id] = self._side(self._capture(order, transport))

    async def _capture(self, order: m.CaptureOrder, transport: Transport) -> None:
        picture: Picture | Unavailable | None = self.frames.kept(order.frame)
        try:
            async with asyncio.timeout(order.within_ms / 1000):
                picture = picture or await self._camera.capture(order)
        except TimeoutError:
            picture = Unavailable(cause="busy")
        finally:
            self._captures.pop(order.capture_id, None)
        match picture:
            case Picture():
                header = m.CaptureHeader(
                    capture_id=order.capture_id,
                    nonce=order.nonce,
                    camera=picture.camera,
                    virtual_camera=picture.virtual_camera,
                )
                if order.announce:
                    digest = hashlib.sha256(picture.data).hexdigest()
                    taken = m.CaptureTakenMessage(capture_id=order.capture_id, digest=digest)
                    await transport.send(codec.encode(taken))
                await transport.send(codec.encode_capture(header, picture.data))
            case Unavailable():
                said = m.CaptureUnavailableMessage(capture_id=order.capture_id, cause=picture.cause)
                await transport.send(codec.encode(said))
            case None:
                pass

    def start_challenge(self, order: m.ChallengeOrder) -> None:
        """Show a challenge; a challenge that is repeated after a lost connection is not shown twice."""
        running = self._asks.get(order.challenge_id)
        if running is not None and not running.done():
            return
        if order.challenge_id in self._answers:
            self._asks[order.challenge_id] = self._side(self._send_answer(order.challenge_id))
        else:
            self._asks[order.challenge_id] = self._side(self._ask(order, 1))

    async def _ask(self, order: m.ChallengeOrder, attempt: int) -> None:
        if order.kind == "passkey":
            said: _Answer | None = await self._signed(order, attempt)
        else:
            answer = await self._prompter.ask(order, attempt)
            if answer is not None and order.kind in _MOVING:
                await self._send_ready(order, attempt, answer)
                return
            said = None if answer is None else m.Answer(challenge_id=order.challenge_id, answer=answer)
        if said is None:
            return
        self._answers[order.challenge_id] = said
        self._orders[order.challenge_id] = (order, attempt)
        await self._send_answer(order.challenge_id)

    async def _send_answer(self, challenge_id: str) -> None:
        transport = self._transport()
        if transport is not None:  # else: the server asks again once we are back
            await transport.send(codec.encode(self._answers[challenge_id]))

    async def _signed(self, order: m.ChallengeOrder, attempt: int) -> _Answer | None:
        """Return the passkey's answer, or the reason why there is none; None sends nothing."""
        no = NoPasskey(cause="unsupported")
        found = no if self._passkeys is None else await self._passkeys.sign(order, attempt)
        match found:
            case None:
                return None
            case NoPasskey(cause=cause):
                return m.PasskeyUnavailable(challenge_id=order.challenge_id, cause=cause)
            case _:
                return m.PasskeyAssertion(
                    challenge_id=order.challenge_id,
                    credential_id=found.credential_id,
                    client_data=found.client_data,
                    authenticator_data=found.authenticator_data,
                    signature=found.signature,
                )

    async def _send_ready(self, order: m.ChallengeOrder, attempt: int, answer: str) -> None:
        """Tell the server that the steps may begin. After a lost connection the server asks for "ready" again."""
        self._orders[order.challenge_id] = (order, attempt)
        transport = self._transport()
        if transport is not None:
            await transport.send(codec.encode(m.Ready(challenge_id=order.challenge_id, decline=answer == DECLINE)))

    def start_step(self, order: m.LivenessStepOrder, transport: Transport) -> None:
        """Show a step of a liveness challenge and send its frames."""
        self._stop_stepping()
        if self._liveness is not None:
            self._liveness.step(order)
            self._stepping = self._side(self._step(order, self._liveness, transport))

    async def _step(self, order: m.LivenessStepOrder, liveness: Liveness, transport: Transport) -> None:
        """Send frames until the next step or the result."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + (order.within_ms + _STEP_GRACE_MS) / 1000
        while loop.time() < end_s:
            due_s = loop.time() + order.interval_ms / 1000
            picture = await liveness.frame(order)
            if picture is not None:
                header = m.CaptureHeader(
                    capture_id=order.challenge_id,
                    nonce=order.nonce,
                    camera=picture.camera,
                    virtual_camera=picture.virtual_camera,
                )
                await transport.send(codec.encode_capture(header, picture.data))
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    def _stop_stepping(self) -> None:
        if self._stepping is not None:
            self._stepping.cancel()
            self._stepping = None

    def judged(self, result: m.ChallengeResult) -> None:
        """Show the server's verdict on an answer; while the challenge is open, ask again."""
        self._stop_stepping()
        self._prompter.judged(result)
        self._answers.pop(result.challenge_id, None)
        asked = self._orders.pop(result.challenge_id, None)
        running = self._asks.pop(result.challenge_id, None)
        if running is not None:
            running.cancel()
        if not result.closed and asked is not None:
            order, attempt = asked
            self._asks[result.challenge_id] = self._side(self._ask(order, attempt + 1))

    def _side(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run beside the connection; work that a lost connection interrupts is repeated after resuming."""

        async def run() -> None:
            with contextlib.suppress(ConnectionGone):
                await work

        task = asyncio.ensure_future(run())
        task.add_done_callback(lambda _: work.close())  # for one that is cancelled before it begins
        return task
