"""Fetches a signed trust from an address; the signatures are checked by the caller."""

from __future__ import annotations

import http.client
from typing import Final
from urllib.parse import urlsplit

from zaichang.core.errors import ConfigError, StorageError
from zaichang.log.exchange import Exchange

DEADLINE_S: Final = 30.0
"""For the whole exchange, whatever the server sends."""
_OK: Final = 200


def fetch_trust(url: str, limit: int, deadline_s: float = DEADLINE_S) -> bytes:
    """Return the file at an address.

    Args:
        url: It begins with ``https://``, or with ``http://``: the file is signed, so the way it comes is not trusted.
        limit: Most bytes that are taken.
        deadline_s: Seconds for the whole exchange.

    Raises:
        ConfigError: ``trust.url``.
        StorageError: ``trust.source`` where it does not come whole in time.
    """
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    exchange = Exchange(root, ConfigError("trust.url", "The address of a signed trust begins with https://."))
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    try:
        status, data = exchange.request("GET", path, None, limit + 1, deadline_s)
    except (OSError, http.client.HTTPException) as error:
        message = f"The server does not answer in {deadline_s:g} s ({type(error).__name__})."
        raise StorageError("trust.source", message, "Run it again, or fetch the file another way.") from error
    finally:
        exchange.close()
    if status != _OK or len(data) > limit:
        message = f"The server answers {status} with {len(data)} bytes; at most {limit} are taken."
        raise StorageError("trust.source", message, "Check the address.")
    return data
