"""A media file whose bytes are counted as they are handed to the connection."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from zaichang_simulation.demo.media_log import Sent

NOTE_BYTES: Final = 262_144
"""Bytes after which what was sent is noted, at the latest; a player may hold one answer open for minutes."""
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/\d+")


class CountedFile(FileResponse):
    """Answers whole files and single ranges; of several ranges in one answer nothing is noted."""

    def __init__(self, path: Path, media_type: str, sent: Sent) -> None:
        """Serve ``path``; ``sent`` is told of its bytes. Never cached: each session's player fetches anew."""
        super().__init__(path, media_type=media_type, headers={"cache-control": "no-store"})
        self._sent = sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and note what went out, also where the player hangs up half-way."""
        first = last = -1

        async def counted(message: Message) -> None:
            nonlocal first, last
            await send(message)
            if message["type"] == "http.response.start":
                first = last = _begin(message)
            elif message["type"] == "http.response.body" and first >= 0:
                last += len(message.get("body", b""))
                if last - first >= NOTE_BYTES and message.get("more_body", False):
                    await note()

        async def note() -> None:
            nonlocal first
            if last > first >= 0:
                until = last
                await self._sent(first, until)  # repeated where it was cut off: noting twice changes nothing
                first = until

        try:
            await super().__call__(scope, receive, counted)
        finally:
            # Not with the last bytes: the server may end what sends them as soon as they are gone.
            await note()


def _begin(start: Message) -> int:
    """Return the offset of an answer's first byte; -1 where its body is not one piece of the file."""
    if start["status"] == 200:
        return 0
    found = _RANGE.fullmatch(Headers(raw=start["headers"]).get("content-range", ""))
    return int(found[1]) if start["status"] == 206 and found is not None else -1
