"""A log on a web server, as the source of a copy."""

from __future__ import annotations

import http.client
from typing import Final

from zaichang.core.errors import ConfigError, StorageError
from zaichang.log.exchange import Exchange
from zaichang.tlog.tiles import MAX_ENTRY_BYTES, WIDTH

MAX_OBJECT_BYTES: Final = WIDTH * (MAX_ENTRY_BYTES + 2)
DEADLINE_S: Final = 60.0
"""For a whole object, whatever the server sends."""


class HttpSource:
    """A log's prefix on a web server.

    Args:
        url: Address in front of ``/checkpoint``.
        deadline_s: Seconds for a whole object.

    Raises:
        ConfigError: ``mirror.url``.
    """

    def __init__(self, url: str, deadline_s: float = DEADLINE_S) -> None:
        """Check the address; the connection is opened by the first ``get``."""
        self._exchange = Exchange(url, ConfigError("mirror.url", "A log's address begins with http:// or https://."))
        self._deadline_s = deadline_s

    def get(self, name: str) -> bytes | None:
        """Return an object's bytes, or None if there is none; a connection that the server closed is opened again.

        Raises:
            StorageError: ``mirror.source``.
        """
        for attempt in (1, 2):
            try:
                status, data = self._exchange.request("GET", f"/{name}", None, MAX_OBJECT_BYTES + 1, self._deadline_s)
            except (OSError, http.client.HTTPException) as error:
                if attempt == 2 or isinstance(error, TimeoutError):
                    raise StorageError(
                        "mirror.source", f"The log's server does not answer ({type(error).__name__}).", "Run it again."
                    ) from error
                continue
            if status == 404:
                return None
            if status == 200 and len(data) <= MAX_OBJECT_BYTES:
                return data
            self.close()
            raise StorageError("mirror.source", f"The log's server answers {status} for {name}.", "Run it again.")
        return None

    def close(self) -> None:
        """Close the connection."""
        self._exchange.close()
