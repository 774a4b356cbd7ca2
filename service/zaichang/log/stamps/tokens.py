"""Requests for time stamps, and the check of the answers, offline against given certificates (RFC 3161).

The library is rfc3161-client (``zaichang[tsa]``, part of ``zaichang[service]``); it is loaded on first use.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.x509 import Certificate, load_pem_x509_certificates

from zaichang.core.errors import ConfigError, EvidenceError

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest

MAX_RESPONSE_BYTES: Final = 64_000
MAX_PEM_BYTES: Final = 200_000


def request(data: bytes) -> TimeStampRequest:
    """Return a request for a stamp of some bytes, with a nonce; the answer is to bring its certificates."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    return TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()


def check_token(data: bytes, response: bytes, roots: Sequence[Certificate], nonce: int | None = None) -> int:
    """Return the time, in milliseconds, at which an authority states to have seen some bytes.

    Args:
        data: The bytes.
        response: The authority's answer, DER.
        roots: Certificates that its chain must end in.
        nonce: The nonce of the request, None where it is not known any more.

    Raises:
        EvidenceError: ``E_STAMP`` if the answer is no stamp of these bytes by an authority under these roots.
    """
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    if len(response) > MAX_RESPONSE_BYTES:
        raise EvidenceError("E_STAMP", f"A time stamp has at most {MAX_RESPONSE_BYTES} bytes.")
    try:
        answer = decode_timestamp_response(response)
        VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(answer, data)
        return int(answer.tst_info.gen_time.timestamp() * 1000)
    except (ValueError, TypeError, VerificationError) as error:
        raise EvidenceError("E_STAMP", f"The time stamp is not valid ({str(error)[:200]}).") from error


def load_roots(path: Path) -> list[Certificate]:
    """Return the certificates of a PEM file.

    Raises:
        ConfigError: ``tsa.certificates``; ``install.tsa_missing`` where the library is not installed.
    """
    try:
        import rfc3161_client  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "install.tsa_missing",
            f"Time stamps need a library that is not installed ({error.name}).",
            "Install it: pip install 'zaichang[tsa]'.",
        ) from error
    try:
        data = path.read_bytes()
        if len(data) > MAX_PEM_BYTES:
            raise ValueError("too long")
        return load_pem_x509_certificates(data)
    except (OSError, ValueError) as error:
        raise ConfigError(
            "tsa.certificates",
            f"{path} holds no certificates in PEM form ({error}).",
            "Ask the time-stamping authority for the certificate of its root.",
        ) from error
