"""A server that answers with one byte now and then: it never ends, and never trips a timeout between bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@contextmanager
def dripping(head: bytes = HEAD, pause_s: float = 0.05, met: list[str] | None = None) -> Iterator[str]:
    """Serve on a free local port; ``head`` is sent at once, then a byte in every ``pause_s``.

    ``met`` takes the first line of each request.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if met is not None:
                met.append(connection.recv(4_096).split(b"\r\n")[0].decode("ascii", "replace"))
            connection.sendall(head)
            while not stop.wait(pause_s):
                connection.sendall(b"a")

    def accept() -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                threading.Thread(target=drip, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        thread.join()
        listener.close()
