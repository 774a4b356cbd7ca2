"""What stands between the SDK and the network when the client cheats."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import msgspec

from zaichang.protocol.codec import decode_capture, encode_capture
from zaichang.session.playhead import EMPTY, IntervalSet, add
from zaichang_client import ClientError, Sample, Transport
from zaichang_client.codec import decode_own, encode
from zaichang_client.protocol.messages import Heartbeat
from zaichang_client.protocol.messages import Reveal as RevealMessage
from zaichang_simulation.format.cheats import (
    Captures,
    CheatEntry,
    HeartbeatEvery,
    Ignore,
    Nonce,
    Playhead,
    Report,
    Reveal,
    Segments,
)
from zaichang_simulation.format.types import to_ms

_C = TypeVar("_C")
_SMALLEST_CAPTURE = 512
"""Anything shorter is one of the cheats' broken frames, sent as it is."""


class Cheats:
    """The cheats of one client, asked at every moment."""

    def __init__(self, entries: tuple[CheatEntry, ...], now_ms: Callable[[], int]) -> None:
        """``now_ms`` is the time since the scenario's start."""
        self.entries = entries
        self._now_ms = now_ms
        self._segments_sent = 0
        self._bases: dict[int, int] = {}

    def now(self, kind: type[_C]) -> _C | None:
        """Return the last entry of a kind that is in force."""
        found: _C | None = None
        for entry in self.entries:
            over = entry.until_s and self._now_ms() >= to_ms(entry.until_s)
            if isinstance(entry, kind) and to_ms(entry.from_s) <= self._now_ms() and not over:
                found = entry
        return found

    def ignored(self, order: str) -> bool:
        """Whether an order of this kind is ignored now."""
        entry = self.now(Ignore)
        return entry is not None and order in entry.orders

    def captures(self) -> Captures | None:
        """Return how captures are forged now."""
        return self.now(Captures)

    def pace_ms(self, asked_ms: int, timer_speed: float) -> int:
        """Return the time between heartbeats."""
        segments, every = self.now(Segments), self.now(HeartbeatEvery)
        if segments is not None:
            return to_ms(segments.every_s)
        return to_ms(every.every_s) if every is not None else max(1, round(asked_ms / timer_speed))

    def report(self, sample: Sample, lesson_ms: int) -> Sample:
        """Return the client's false report in place of ``sample``."""
        values = {name: getattr(sample, name) for name in sample.__slots__}
        self._invent_playhead(values, lesson_ms)
        entry = self.now(Report)
        if entry is not None:
            for name in ("playing", "stalled", "ended", "visible", "focused"):
                if (said := getattr(entry, name)) is not None:
                    values[name] = said
            if entry.hints:
                values["hints"] = entry.hints
            if entry.rate is not None:
                values["rate_bp"] = round(entry.rate * 10_000)
            if entry.playhead_s is not None:
                values["playhead_ms"] = to_ms(entry.playhead_s)
        return Sample(**values)

    def _invent_playhead(self, values: dict[str, object], lesson_ms: int) -> None:
        segments = self.now(Segments)
        if segments is not None:
            at_ms = to_ms(segments.start_s) + self._segments_sent * to_ms(segments.length_s)
            self._segments_sent += 1
            values.update(playhead_ms=min(lesson_ms, at_ms), playing=at_ms < lesson_ms, ended=at_ms >= lesson_ms)
            return
        entry = self.now(Playhead)
        if entry is None or (entry.hold_when_paused and not values["playing"]):
            return
        base_ms = self._base_ms(entry, values)
        at_ms = round(base_ms + (self._now_ms() - to_ms(entry.from_s)) * entry.speed)
        at_ms = max(0, min(lesson_ms, at_ms))
        values.update(playhead_ms=at_ms, playing=at_ms < lesson_ms, ended=at_ms >= lesson_ms)

    def _base_ms(self, entry: Playhead, values: dict[str, object]) -> int:
        if entry.jump_s is not None:
            return to_ms(entry.jump_s)
        key = id(entry)
        if key not in self._bases:
            said = values["playhead_ms"]
            self._bases[key] = said if isinstance(said, int) else 0
        return self._bases[key]


class TamperingTransport:
    """A client's transport: sends the SDK's messages, changed by the cheats, and records the claims."""

    def __init__(self, inner: Transport, cheats: Cheats, record: Claims, seed: int) -> None:
        """Wrap ``inner``."""
        self._inner = inner
        self._cheats = cheats
        self._record = record
        self._random = random.Random(seed)  # noqa: S311  (a simulation, repeatable by its seed)

    async def send(self, data: str | bytes) -> None:
        """Send, perhaps changed."""
        if isinstance(data, str):
            try:
                message = decode_own(data)
            except ClientError:
                message = None
            cheat = self._cheats.now(Reveal)
            if isinstance(message, RevealMessage) and cheat is not None:
                if cheat.how == "never":
                    return
                data = encode(RevealMessage(client_nonce=f"{self._random.getrandbits(128):032x}"))
            if isinstance(message, Heartbeat):
                message = self._heartbeat(message)
                data = encode(message)
                self._record.heartbeat(message, data)
            await self._inner.send(data)
            return
        data, copies = self._capture(data)
        for _ in range(copies):
            await self._inner.send(data)

    async def receive(self) -> str | bytes:
        """Receive as it is."""
        return await self._inner.receive()

    async def close(self) -> None:
        """Close."""
        await self._inner.close()

    def _capture(self, data: bytes) -> tuple[bytes, int]:
        """Return the picture with the nonce that the cheat wants, and how often it is sent."""
        cheat = self._cheats.captures()
        header, picture = decode_capture(data) if len(data) > _SMALLEST_CAPTURE else (None, b"")
        if header is None:
            return data, 1
        self._record.capture_nonces.append(header.nonce)
        if cheat is None:
            return data, 1
        nonce = header.nonce
        if cheat.nonce == "wrong":
            nonce = f"{self._random.getrandbits(128):032x}"
        elif cheat.nonce == "previous" and len(self._record.capture_nonces) > 1:
            nonce = self._record.capture_nonces[-2]
        return encode_capture(msgspec.structs.replace(header, nonce=nonce), picture), cheat.copies

    def _heartbeat(self, beat: Heartbeat) -> Heartbeat:
        cheat = self._cheats.now(Nonce)
        self._record.nonces.append(beat.nonce)
        if cheat is None or self._random.random() >= cheat.share:
            return beat
        nonce = beat.nonce
        if cheat.nonce == "wrong":
            nonce = f"{self._random.getrandbits(128):032x}"
        elif cheat.nonce == "previous" and len(self._record.nonces) > 1:
            nonce = self._record.nonces[-2]
        elif cheat.nonce == "first":
            nonce = self._record.nonces[0]
        return msgspec.structs.replace(beat, nonce=nonce, seq=beat.seq + cheat.skip)


class Claims:
    """What a client has told the server."""

    def __init__(self, lesson_ms: int) -> None:
        """Nothing yet."""
        self._lesson_ms = lesson_ms
        self._last_ms: int | None = None
        self.claimed: IntervalSet = EMPTY
        self.sent: deque[str] = deque(maxlen=1000)
        self.nonces: list[str] = []
        self.capture_nonces: list[str] = []

    def heartbeat(self, beat: Heartbeat, data: str) -> None:
        """Note a heartbeat: whatever its playhead passed over is claimed."""
        self.sent.append(data)
        at_ms = min(beat.playhead_ms, self._lesson_ms)
        if self._last_ms is not None and at_ms > self._last_ms:
            self.claimed = add(self.claimed, (self._last_ms, at_ms))
        self._last_ms = at_ms
