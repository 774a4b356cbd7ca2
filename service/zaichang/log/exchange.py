"""Exchanges with peers under a total deadline, and with many peers at once.

A socket's own timeout counts from byte to byte: a peer that sends one byte now and then would hold its caller for days.
Here each exchange runs in a daemon thread. Its caller waits until the deadline and no longer, whatever the peer does
(name resolution and handshakes included), and the process can end while an exchange is still under way.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

from zaichang.core.errors import ConfigError

T = TypeVar("T")
_CHUNK: Final = 65_536


class Call(Generic[T]):
    """Work that runs in a daemon thread.

    Args:
        work: The work.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        """Start it."""
        self._work = work
        self._ended = threading.Event()
        self._value: T | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def result(self, until_s: float) -> T:
        """Return the work's result, or raise its error; wait no longer than until ``until_s`` (``time.monotonic``).

        Raises:
            TimeoutError: The work goes on, and its result will not be used.
        """
        if not self._ended.wait(max(0.0, until_s - time.monotonic())):
            raise TimeoutError("The deadline is over.")
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # it is set where there is no error

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:  # handed to the caller
            self._error = error
        self._ended.set()


def side_by_side(works: Sequence[Callable[[], T]], deadline_s: float) -> list[T | Exception]:
    """Run works at the same time; return for each its result, or the error that it ended with.

    Args:
        works: The works.
        deadline_s: Seconds for all of them together; a work that needs more has ``TimeoutError``.
    """
    until_s = time.monotonic() + deadline_s
    calls = [Call(work) for work in works]
    found: list[T | Exception] = []
    for call in calls:
        try:
            found.append(call.result(until_s))
        except Exception as error:
            found.append(error)
    return found


async def in_daemon(work: Callable[[], T]) -> T:
    """Run work in a daemon thread. Cancellation returns at once: the process need not wait for the work."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            tell = partial(_settle, answer, None, work())
        except BaseException as error:  # handed to the caller
            tell = partial(_settle, answer, error, None)
        with suppress(RuntimeError):  # the loop is closed: the caller is gone
            loop.call_soon_threadsafe(tell)

    threading.Thread(target=run, daemon=True).start()
    return await answer


def _settle(answer: asyncio.Future[T], error: BaseException | None, value: T | None) -> None:
    if answer.done():
        return  # the caller was cancelled
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(value)  # type: ignore[arg-type]  # a T where there is no error


class Exchange:
    """A connection to one HTTP server, kept open from request to request.

    Args:
        url: The server's address, with a prefix for every path, and a query that every request repeats.
        wrong: The error to raise where the URL is no HTTP address, or names a user, who would be left out.

    Raises:
        ConfigError: ``wrong``.
    """

    def __init__(self, url: str, wrong: ConfigError) -> None:
        """Connect with the first request."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise wrong from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise wrong
        self._host, self._port, self._prefix = parts.hostname, port, parts.path.rstrip("/")
        self._query = f"?{parts.query}" if parts.query else ""
        self._tls = parts.scheme == "https"
        self._connection: http.client.HTTPConnection | None = None

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None,
        limit: int,
        deadline_s: float,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, bytes]:
        """Return the status and at most ``limit`` bytes of the answer.

        Args:
            method: Of HTTP.
            path: Behind the prefix.
            body: To send; None for none.
            limit: Most bytes that are read.
            deadline_s: Seconds for the whole exchange.
            headers: Of the request.

        Raises:
            OSError, http.client.HTTPException: The exchange failed; ``TimeoutError`` where it took too long.
        """
        kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
        connection = self._connection or kind(self._host, self._port, timeout=deadline_s)
        self._connection = connection

        def work() -> tuple[int, bytes]:
            try:
                connection.request(method, self._prefix + path + self._query, body, dict(headers))
                # Closed here: an answer that its error's frames keep alive would keep the socket open, too.
                with connection.getresponse() as answer:
                    parts, left = [], limit
                    while left and (part := answer.read(min(left, _CHUNK))):
                        parts.append(part)
                        left -= len(part)
                    if not answer.isclosed():
                        connection.close()  # the rest is in the way of a next answer
                    return answer.status, b"".join(parts)
            finally:
                if self._connection is not connection:
                    connection.close()  # given up before it had a socket that ``close`` could end

        try:
            return Call(work).result(time.monotonic() + deadline_s)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection, also under an exchange that is under way."""
        connection, self._connection = self._connection, None
        sock: socket.socket | ssl.SSLSocket | None = None if connection is None else connection.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        if connection is not None:
            with suppress(OSError):
                connection.close()
