"""HTTPS requests to a platform: bounded answers, mutual TLS or an HMAC over each request."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from zaichang.core.errors import ConfigError, PeerViolation
from zaichang.hours.filing.exchange import whole_refusal

ANSWER_MAX_BYTES: Final = 32 * 1024 * 1024
TIMEOUT_S: Final = 60.0
_BUSY: Final = (408, 425, 429)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a platform is reached.

    Attributes:
        url: Its address, ``https://...``.
        secret: Key of the HMAC; empty: none.
        certificate: Our certificate (PEM) for mutual TLS.
        key: Its private key.
        authority: Certificates (PEM) that the platform's must chain to; None: the system's.
        headers: Further headers, such as those of an LRS.
        now_s: Unix time, for the HMAC.
        nonce: Returns a fresh random text, for the HMAC.
    """

    url: str
    now_s: Callable[[], int]
    nonce: Callable[[], str]
    secret: bytes = b""
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None
    headers: dict[str, str] = field(default_factory=dict)


def signature(secret: bytes, method: str, path: str, at_s: int, nonce: str, body: bytes) -> str:
    """Return the HMAC-SHA256 over a request, as hex.

    Its input is six lines: method, path with query, Unix time, nonce, SHA-256 of the body as hex, and an empty one.
    """
    text = f"{method}\n{path}\n{at_s}\n{nonce}\n{hashlib.sha256(body).hexdigest()}\n"
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


class Requests:
    """Sends requests, each on a connection of its own."""

    def __init__(self, access: Access, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Use the access.

        Args:
            access: Address and credentials.
            transport: Of a test; None opens sockets.

        Raises:
            ConfigError: ``filing.target`` where the address is not HTTPS.
        """
        url = httpx.URL(access.url)
        if url.scheme != "https" and url.host not in _LOOPBACK:
            raise ConfigError("filing.target", f"The platform's address must begin with https: {access.url[:80]}.")
        self._access = access
        self._transport = transport

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send one request; return status and body. A redirect is not followed.

        Args:
            method: GET, POST or PUT.
            path: Below the address, with its query.
            body: A value for JSON, or bytes; None sends none.
            headers: Further headers.

        Raises:
            PeerViolation: ``filing.unreachable`` without an answer, or with a status that says "later".
        """
        access = self._access
        data = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        )
        url = httpx.URL(access.url.rstrip("/") + path)
        sent = {**access.headers, **(headers or {})}
        if data:
            sent.setdefault("content-type", "application/json")
        if access.secret:
            at_s, nonce = access.now_s(), access.nonce()
            sent["x-zaichang-time"], sent["x-zaichang-nonce"] = str(at_s), nonce
            sent["x-zaichang-signature"] = signature(
                access.secret, method, url.raw_path.decode("ascii"), at_s, nonce, data
            )
        try:
            async with (
                httpx.AsyncClient(transport=self._transport, timeout=TIMEOUT_S, verify=self._tls()) as client,
                client.stream(method, url, content=data, headers=sent) as answer,
            ):
                found = bytearray()
                async for chunk in answer.aiter_bytes():
                    found += chunk
                    if len(found) > ANSWER_MAX_BYTES:
                        raise PeerViolation("filing.answer", f"The answer has more than {ANSWER_MAX_BYTES} bytes.")
        except (httpx.HTTPError, OSError) as error:
            raise PeerViolation(
                "filing.unreachable", f"{url.host} gave no answer ({type(error).__name__}).", "Try again later."
            ) from None
        if answer.status_code >= 500 or answer.status_code in _BUSY:
            raise PeerViolation(
                "filing.unreachable", f"{url.host} answered with status {answer.status_code}.", "Try again later."
            )
        return answer.status_code, bytes(found)

    async def take(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send one request; return status and body of a success.

        Raises:
            PeerViolation: ``filing.unreachable``.
            NotAllowed: ``filing.refused`` at any other status.
        """
        status, data = await self.ask(method, path, body, headers)
        if not 200 <= status < 300:
            raise whole_refusal(status, data[:400].decode("utf-8", "replace"))
        return status, data

    def _tls(self) -> ssl.SSLContext:
        access = self._access
        try:
            context = ssl.create_default_context(cafile=str(access.authority) if access.authority else None)
            if access.certificate is not None:
                context.load_cert_chain(access.certificate, access.key)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError("filing.tls", f"A certificate or key cannot be used ({type(error).__name__}).") from None
        return context


def json_object(data: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        PeerViolation: ``filing.answer``.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise PeerViolation("filing.answer", "The answer is no JSON object.")
    return value


def text_rows(value: object) -> list[dict[str, str]]:
    """Return a list of objects as rows of texts.

    Raises:
        PeerViolation: ``filing.answer``.
    """
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise PeerViolation("filing.answer", "The answer's rows are no list of objects.")
    return [{str(name): "" if cell is None else str(cell) for name, cell in row.items()} for row in value]
