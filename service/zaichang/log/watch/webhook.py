"""Posts an alarm to an address as JSON."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from zaichang.core.errors import ConfigError, StorageError

_TIMEOUT_S: Final = 10


def post_json(url: str, value: Mapping[str, object]) -> None:
    """Post a value; the answer's body is not read.

    Raises:
        ConfigError: ``webhook.url``.
        StorageError: ``webhook.refused`` if there is no answer, or one that is no success.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname is None:
        raise ConfigError("webhook.url", "A webhook's address begins with http:// or https://.")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT_S)
    path = parts.path or "/"
    try:
        body = json.dumps(value, ensure_ascii=False).encode()
        target = f"{path}?{parts.query}" if parts.query else path
        connection.request("POST", target, body, {"content-type": "application/json"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise StorageError("webhook.refused", f"The webhook does not answer ({type(error).__name__}).") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise StorageError("webhook.refused", f"The webhook answers {status}.")
