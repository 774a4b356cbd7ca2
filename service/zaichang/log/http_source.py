"""A log on a web server, as the source of a copy."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from zaichang.audit.history import HISTORY, MAX_HISTORY_BYTES
from zaichang.core.errors import ConfigError, StorageError
from zaichang.tlog.tiles import MAX_ENTRY_BYTES, WIDTH

MAX_OBJECT_BYTES: Final = WIDTH * (MAX_ENTRY_BYTES + 2)
_TIMEOUT_S: Final = 20


def object_limit(name: str) -> int:
    """Return how many bytes a published object may have."""
    return MAX_HISTORY_BYTES if name == HISTORY else MAX_OBJECT_BYTES


class HttpSource:
    """A log's prefix on a web server.

    Args:
        url: Address in front of ``/checkpoint``.

    Raises:
        ConfigError: ``mirror.url``.
    """

    def __init__(self, url: str) -> None:
        """Check the address; the connection is opened by the first ``get``."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ConfigError("mirror.url", "A log's address begins with http:// or https://.")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._prefix = parts.path.rstrip("/")
        self._open: Callable[[], http.client.HTTPConnection] = lambda: kind(
            str(parts.hostname), parts.port, timeout=_TIMEOUT_S
        )
        self._connection: http.client.HTTPConnection | None = None

    def get(self, name: str) -> bytes | None:
        """Return an object's bytes, or None if there is none; a connection that the server closed is opened again.

        Raises:
            StorageError: ``mirror.source``.
        """
        for attempt in (1, 2):
            connection = self._connection = self._connection or self._open()
            try:
                connection.request("GET", f"{self._prefix}/{name}")
                answer = connection.getresponse()
                limit = object_limit(name)
                data = answer.read(limit + 1)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._connection = None
                if attempt == 2:
                    raise StorageError(
                        "mirror.source", f"The log's server does not answer ({type(error).__name__}).", "Run it again."
                    ) from error
                continue
            if answer.status == 404:
                return None
            if answer.status == 200 and len(data) <= limit:
                return data
            self.close()
            raise StorageError(
                "mirror.source", f"The log's server answers {answer.status} for {name}.", "Run it again."
            )
        return None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
