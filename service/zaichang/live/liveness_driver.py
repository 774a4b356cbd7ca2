"""The liveness tries of one session: starts ordered tries, passes frames on, and drops interrupted tries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from zaichang.core.ids import CaptureId
from zaichang.core.reasons import ReasonCode
from zaichang.live.liveness_trial import LivenessTry
from zaichang.live.orders import hint_message
from zaichang.ports.session import SessionPorts
from zaichang.protocol.messages import CaptureHeader, ServerMessage
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import KeptCapture, LivenessAssessed
from zaichang.session.policy import Policy


class LivenessDesk:
    """Runs at most one try at a time. All its data is in memory and ends with the session."""

    def __init__(
        self,
        ports: SessionPorts,
        template: bytes | None,
        policy: Policy,
        *,
        send: Callable[[ServerMessage], None],
        locale: Callable[[], str],
        keep: Callable[[CaptureId, bytes], Awaitable[KeptCapture | None]],
        spawn: Callable[[Awaitable[None]], asyncio.Task[None]],
        finished: Callable[[LivenessAssessed], Awaitable[None]],
    ) -> None:
        """Store the parts that a try needs.

        Args:
            ports: Clock, analysis and other ports.
            template: The learner's reference, decrypted; None without one.
            policy: The session's policy.
            send: Sends a message to the player, if one is connected.
            locale: Returns the player's language.
            keep: Stores a picture under a name of its own.
            spawn: Starts background work.
            finished: Called with the result; the callee sets its ``at_ms``.
        """
        self._ports = ports
        self._template = template
        self._policy = policy
        self._send = send
        self._locale = locale
        self._keep = keep
        self._spawn = spawn
        self._finished = finished
        self._current: tuple[LivenessTry, asyncio.Task[None]] | None = None
        self._known: set[str] = set()

    def frame(self, header: CaptureHeader, picture: bytes) -> bool:
        """Take a frame; return whether it belongs to a liveness challenge, even one whose try is over."""
        if self._current is not None and self._current[0].order.challenge_id == header.capture_id:
            self._current[0].frame(header, picture)
        return header.capture_id in self._known

    def begin(self, order: OrderLiveness) -> None:
        """Start a try; a running try is dropped."""
        self.end()
        self._known.add(order.challenge_id)

        def hint(reason: ReasonCode | None) -> None:
            self._send(hint_message(order.challenge_id, reason, self._locale()))

        async def keep(name: str, picture: bytes) -> KeptCapture | None:
            return await self._keep(CaptureId(f"{order.challenge_id}-{order.attempt}-{name}"), picture)

        made = LivenessTry(
            order,
            self._policy,
            vision=self._ports.vision,
            reference=self._template,
            now_ms=self._ports.clock.now_ms,
            send=self._send,
            hint=hint,
            pick=lambda count: int(self._ports.token_hex(8), 16) % count,
            keep=keep,
        )
        self._current = made, self._spawn(self._run(made))

    async def _run(self, made: LivenessTry) -> None:
        found = await made.run()
        self._current = None
        await self._finished(found)

    def end(self) -> None:
        """Drop the running try, if any. The session core knows that it was interrupted."""
        current, self._current = self._current, None
        if current is not None:
            current[1].cancel()
