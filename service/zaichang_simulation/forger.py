"""Messages that a cheating client sends by itself, beside what its SDK says."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable

from zaichang_client import ConnectionGone, Transport, codec
from zaichang_client.protocol import messages as m
from zaichang_simulation.eyes import SimCamera
from zaichang_simulation.format.cheats import Captures, CheatEntry, Raw, ReplayHeartbeats
from zaichang_simulation.format.types import to_ms
from zaichang_simulation.tamper import Claims


class Forger:
    """Sends old heartbeats again, raw text, and captures without an order."""

    def __init__(
        self,
        camera: SimCamera,
        claims: Claims,
        *,
        transport: Callable[[], Transport | None],
        now_ms: Callable[[], int],
        chance: random.Random,
    ) -> None:
        """Prepare.

        Args:
            camera: Takes the pictures of captures without an order.
            claims: What the client sent so far.
            transport: Returns the connection of this moment; None: there is none.
            now_ms: Time since the scenario's start.
            chance: The client's source of nonces.
        """
        self._camera = camera
        self._claims = claims
        self._transport = transport
        self._now_ms = now_ms
        self._random = chance

    async def run(self, entry: CheatEntry) -> None:
        """Send what one cheat sends without being asked, until its time is over."""
        every_s = 0.0
        if isinstance(entry, ReplayHeartbeats | Raw):
            every_s = entry.every_s
        elif isinstance(entry, Captures):
            every_s = entry.unasked_every_s
        if not every_s and not isinstance(entry, Raw):
            return
        await asyncio.sleep(max(0, to_ms(entry.from_s) - self._now_ms()) / 1000)
        while not entry.until_s or self._now_ms() < to_ms(entry.until_s):
            with contextlib.suppress(ConnectionGone):
                await self._send(entry)
            if not every_s:
                return
            await asyncio.sleep(every_s)

    async def _send(self, entry: CheatEntry) -> None:
        transport = self._transport()
        if transport is None:
            return
        match entry:
            case ReplayHeartbeats(count=count):
                for data in list(self._claims.sent)[-count:]:
                    await transport.send(data)
            case Raw(text=text, hex=digits):
                await transport.send(text or bytes.fromhex(digits))
            case Captures():
                picture = self._camera.picture()
                if picture is not None:
                    header = m.CaptureHeader(
                        capture_id="c0-0", nonce=f"{self._random.getrandbits(128):032x}", camera=picture.camera
                    )
                    await transport.send(codec.encode_capture(header, picture.data))
            case _:
                pass
