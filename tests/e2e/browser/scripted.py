"""A service that sends the test's messages with the real codec: for screens and for failures.

Everything the SDK sends is decoded by the service's own strict decoder, so a message that would be refused fails here.
"""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from zaichang.protocol.codec import decode_capture, decode_client, encode
from zaichang.protocol.messages import (
    Ack,
    Answer,
    CaptureHeader,
    CaptureOrder,
    CaptureUnavailableMessage,
    ClientMessage,
    Finish,
    Heartbeat,
    Join,
    Joined,
    Resume,
    ServerMessage,
)

PATIENCE_S = 40.0
M = TypeVar("M", bound=object)

PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Lesson</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">{head}</head>
<body><main><h1>Lesson</h1>{body}</main></body></html>"""


class Picture:
    """A capture as it arrived."""

    def __init__(self, header: CaptureHeader, jpeg: bytes) -> None:
        self.header = header
        self.jpeg = jpeg


class Scripted:
    """Runs in a thread of its own; ``say`` and ``wait`` are called by the test."""

    def __init__(self, sdk: Path, lesson: Path, peer: Path | None = None) -> None:
        self.heard: queue.Queue[ClientMessage | Picture] = queue.Queue()
        self.kept: list[ClientMessage | Picture] = []
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        self.acking = True
        self.joining = True
        self.counting = False
        self.counted: tuple[str, ...] = ()
        self.joined_with: dict[str, object] = {}
        self.joins = 0
        self.connections = 0
        self.refuse_connections = False
        self.seq = 0
        self._sockets: list[WebSocket] = []
        self._sdk, self._lesson, self._peer = sdk, lesson, peer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        app = Starlette(
            routes=[
                WebSocketRoute("/session", self._session),
                Route("/sdk/{name:path}", self._file),
                Route("/peer/{name:path}", self._peer_file),
                Route("/lesson.wav", self._media),
                Route("/{name:path}", self._page),
            ]
        )
        config = uvicorn.Config(app, log_level="error", lifespan="off", ws="websockets-sansio")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread.start()
        self._until(lambda: self._server.started, "the scripted service to start")

    def _serve(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[self._socket])

        asyncio.run(serve())

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(PATIENCE_S)

    # For the test

    def add_page(self, path: str, body: str, *, head: str = "", lang: str = "en", **headers: str) -> str:
        """Serve a page; returns its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (PAGE.format(lang=lang, head=head, body=body), named)
        return f"{self.origin}/{path}"

    def player_page(self, options: str = "{}", *, path: str = "lesson", lang: str = "en", **headers: str) -> str:
        """Serve a page that attaches the SDK to a player, keeping the session as ``window.session``."""
        body = f"""<video id="lesson" src="/lesson.wav" controls width="320" height="180"></video>
          <script type="module" src="/boot-{path}.js"></script>"""
        self.pages[f"boot-{path}.js"] = (
            f"""import {{ attach }} from "/sdk/zaichang.js";
            const options = {options};
            window.events = [];
            window.session = attach(document.querySelector("video"), {{ url: "/session", token: "t1", ...options }});
            for (const name of ["joined", "held", "released", "set-back", "capture-ordered", "capture-sent",
                "capture-missed", "challenge", "challenge-result", "challenge-expired", "liveness-step",
                "liveness-hint", "liveness-broken", "minute", "closed", "error", "player-blocked", "status"])
              window.session.on(name, (event) => {{ window.events.push(JSON.parse(JSON.stringify(event))); }});""",
            {"Content-Type": "text/javascript"},
        )
        return self.add_page(path, body, lang=lang, **headers)

    def say(self, *messages: ServerMessage) -> None:
        """Send messages on the newest connection, in order."""
        for message in messages:
            self.counting = self.counting or isinstance(message, Resume)
            self._call(self._sockets[-1].send_text(encode(message)))

    def say_text(self, text: str) -> None:
        self._call(self._sockets[-1].send_text(text))

    def close(self, code: int) -> None:
        self._call(self._sockets[-1].close(code))

    def wait(self, kind: type[M], where: Callable[[M], bool] = lambda _: True) -> M:
        """Return the next message of this kind; earlier ones are kept in ``kept``."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                message = self.heard.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                seen = [type(one).__name__ for one in self.kept[-12:]]
                raise AssertionError(f"no {kind.__name__} within {PATIENCE_S:.0f} s; last heard: {seen}") from None
            self.kept.append(message)
            if isinstance(message, kind) and where(message):
                return message

    def count_from_now(self) -> None:
        """Let the player go: the first proof has passed."""
        self.say(Resume())

    def order_capture(self, number: int = 1, **fields: object) -> CaptureOrder:
        given = {"within_ms": 20_000, "width_px": 480, "quality_pct": 80, **fields}
        order = msgspec.convert(
            {"t": "capture", "capture_id": f"c{number}", "nonce": f"{number:032x}", **given}, CaptureOrder
        )
        self.say(order)
        return order

    # Inside

    def _call(self, coroutine: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE_S)

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {PATIENCE_S:.0f} s for {what}")
            time.sleep(0.01)

    async def _session(self, websocket: WebSocket) -> None:
        self.connections += 1
        if self.refuse_connections:
            await websocket.close(1013)
            return
        await websocket.accept()
        self._sockets.append(websocket)
        try:
            while True:
                event = await websocket.receive()
                if event["type"] == "websocket.disconnect":
                    return
                if event.get("bytes") is not None:
                    self.heard.put(Picture(*decode_capture(event["bytes"])))
                else:
                    await self._text(websocket, decode_client(event["text"]))
        except WebSocketDisconnect:
            return

    async def _text(self, websocket: WebSocket, message: ClientMessage) -> None:
        if isinstance(message, Join) and self.joining:
            self.joins += 1
            await websocket.send_text(encode(self._joined(message)))
        elif isinstance(message, Heartbeat) and self.acking:
            assert message.nonce == nonce(message.seq), "the beat carries the last acknowledgement's nonce"
            self.seq = message.seq
            await websocket.send_text(encode(self._ack(message)))
        self.heard.put(message)

    def _joined(self, join: Join) -> Joined:
        fields: dict[str, object] = {
            "t": "joined",
            "session_id": join.resume or f"s{self.joins}",
            "resumed": bool(join.resume),
            "server_ms": int(time.time() * 1_000),
            "seq": self.seq + 1,
            "nonce": nonce(self.seq + 1),
            "heartbeat_ms": 1_000,
            "frontier_ms": 0,
            "lesson_duration_ms": 120_000,
            "schedule_commitment": "0" * 64,
            "policy_name": "test",
            "policy_digest": "0" * 64,
            "captures": True,
            **self.joined_with,
        }
        return msgspec.convert(fields, Joined)

    def _ack(self, beat: Heartbeat) -> Ack:
        counting = self.counting and beat.playing and beat.visible
        return Ack(
            seq=beat.seq,
            nonce=nonce(beat.seq + 1),
            counting=counting,
            reason="" if counting else "PLAYER_PAUSED" if self.counting else "AWAITING_PROOF",
            verified_ms=60_000,
            pending_ms=beat.playhead_ms,
            frontier_ms=beat.playhead_ms,
            counted=self.counted,
        )

    async def _file(self, request: Request) -> Response:
        path = self._sdk / request.path_params["name"]
        return FileResponse(path) if path.is_file() else Response(status_code=404)

    async def _peer_file(self, request: Request) -> Response:
        path = (self._peer or self._sdk) / request.path_params["name"]
        return FileResponse(path) if path.is_file() else Response(status_code=404)

    async def _media(self, request: Request) -> Response:
        return FileResponse(self._lesson)

    async def _page(self, request: Request) -> Response:
        found = self.pages.get(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        return HTMLResponse(found[0], headers=found[1])


def nonce(seq: int) -> str:
    """Return the nonce of a beat, as this service hands it out."""
    return f"{seq:032x}"


__all__ = ["Answer", "CaptureUnavailableMessage", "Finish", "Heartbeat", "Join", "Picture", "Scripted", "nonce"]
