"""HTTP connections with a time limit for the request's head.

uvicorn waits for a head without a limit. A few thousand connections that send nothing, or one byte now and then, would
use up the process's file descriptors and keep learners out.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_TIMEOUT_S: Final = 10.0
"""Seconds from the connection's start, or from the first byte of a later request, to the end of the request's head."""


class ImpatientHttp(H11Protocol):
    """Closes a connection whose request head is not complete within ``HEAD_TIMEOUT_S``."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Start the time limit for the first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Take received bytes.

        The time limit ends with a complete head. It starts again with the first byte of the next request.
        """
        super().data_received(data)
        if self._answering():
            self._stop_waiting()
        elif not self._upgraded() and self._head_timer is None:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = (
            self.cycle
        )  # None before the first request, which uvicorn's type leaves out
        return cycle is not None and not cycle.response_complete

    def _upgraded(self) -> bool:
        return self.transport.get_protocol() is not self

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if not self._answering() and not self._upgraded():
            self.transport.close()
