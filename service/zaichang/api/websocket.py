"""The websocket of the API, as a ``Channel``."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from zaichang.api.parts import ApiParts
from zaichang.core.errors import NotAllowed
from zaichang.protocol.close_codes import CloseCode
from zaichang.protocol.codec import encode
from zaichang.protocol.messages import ErrorMessage


class WebSocketChannel:
    """A ``Channel`` over a Starlette websocket. Errors that mean the other side is gone are ignored."""

    def __init__(self, websocket: WebSocket) -> None:
        """Wrap an accepted websocket."""
        self._websocket = websocket

    async def receive(self) -> str | bytes | None:
        """See ``Channel``."""
        try:
            message = await self._websocket.receive()
        except (WebSocketDisconnect, RuntimeError):
            return None
        if message["type"] != "websocket.receive":
            return None
        text = message.get("text")
        if text is not None:
            return str(text)
        data = message.get("bytes")
        return bytes(data) if data is not None else ""

    async def send(self, text: str) -> None:
        """See ``Channel``."""
        if self._open():
            try:
                await self._websocket.send_text(text)
            except (WebSocketDisconnect, RuntimeError):
                return

    async def close(self, code: int, reason: str) -> None:
        """See ``Channel``."""
        if self._open():
            try:
                await self._websocket.close(code, reason[:123])
            except (WebSocketDisconnect, RuntimeError):
                return

    def _open(self) -> bool:
        states = (self._websocket.client_state, self._websocket.application_state)
        return all(state is WebSocketState.CONNECTED for state in states)


def websocket_router(parts: ApiParts) -> APIRouter:
    """Return the route ``/v1/session``."""
    router = APIRouter()

    @router.websocket("/v1/session")
    async def session(websocket: WebSocket) -> None:
        if not origin_allowed(websocket.headers.get("origin"), websocket.headers.get("host"), parts.allowed_origins):
            # A browser tells its page nothing of a handshake that was refused; so the connection says why, and ends.
            await websocket.accept()
            refused = NotAllowed(
                "origin.not_allowed",
                "Pages of this origin may not open sessions here.",
                "Add the page's origin to allowed_origins of the service.",
            )
            told = ErrorMessage(code=refused.code, message=refused.message, hint=refused.hint, fatal=True)
            channel = WebSocketChannel(websocket)
            await channel.send(encode(told))
            await channel.close(CloseCode.NOT_ALLOWED, refused.code)
            return
        await websocket.accept()
        address = websocket.client.host if websocket.client is not None else ""
        await parts.gateway.serve(WebSocketChannel(websocket), address, websocket.headers.get("origin", ""))

    return router


def origin_allowed(origin: str | None, host: str | None, allowed: tuple[str, ...]) -> bool:
    """Return whether a page of this origin may open a session.

    Args:
        origin: The Origin header; empty for a native player, which sends none.
        host: The Host header.
        allowed: Origins that the settings allow.
    """
    return origin is None or origin in allowed or (host is not None and urlsplit(origin).netloc == host)
