"""One request of a command to a running service, with a reviewer's key."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from zaichang.core.errors import ConfigError, NotAllowed, PeerViolation

TIMEOUT_S: Final = 60
_ANSWER_MAX: Final = 16_000_000


class ServiceRefused(NotAllowed):
    """The service refused the request.

    Attributes:
        told: The service's own code.
    """

    def __init__(self, told: str, why: str) -> None:
        """Say the service's own code and message."""
        super().__init__("service.refused", f"The service refused: {told}: {why}")
        self.told = told


def ask(service: str, key: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
    """Post a JSON object, or get; return the JSON object that the service answers. As ``fetch``.

    Raises:
        PeerViolation: ``service.unreachable``, also for an answer that is no object.
    """
    data = fetch(service, key, path, body)
    try:
        told = json.loads(data)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise PeerViolation("service.unreachable", "The answer is no JSON object.", "See that it is the service.")
    return told


def fetch(service: str, key: str, path: str, body: Mapping[str, Any] | None) -> bytes:
    """Post a JSON object, or get; return the bytes that the service answers.

    Args:
        service: The service's address, ``https://...``, with a prefix for every path.
        key: The caller's key; never printed.
        path: Behind the address.
        body: The object; None gets.

    Raises:
        ConfigError: ``service.address``.
        PeerViolation: ``service.unreachable``.
        ServiceRefused: ``service.refused``, with the service's own code and message.
    """
    parts = urlsplit(service)
    if parts.scheme not in ("http", "https") or parts.hostname is None:
        raise ConfigError("service.address", f"{service[:80]} is no address of a service.", "Use https://HOST[:PORT].")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
        connection.request(method, parts.path.rstrip("/") + path, data, headers)
        answer = connection.getresponse()
        data = answer.read(_ANSWER_MAX)
        told = json.loads(data) if answer.status != http.client.OK else {}
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PeerViolation(
            "service.unreachable", f"{parts.hostname} gave no answer ({type(error).__name__}).", "See that it runs."
        ) from None
    finally:
        connection.close()
    if answer.status != http.client.OK:
        why = told.get("error", {}) if isinstance(told, dict) else {}
        raise ServiceRefused(str(why.get("code")), str(why.get("message")))
    return data
