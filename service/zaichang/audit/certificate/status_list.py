"""The status list of badges (W3C Bitstring Status List v1.0): one bit for each certificate, set once it ends. Pure.

The places are drawn, so a place says nothing about the order of issue, and a list is at least 131,072 bits long, so one
that is fetched does not say whose badge is looked at.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from zaichang.audit.certificate.badge import CONTEXTS, instant_text
from zaichang.core.errors import EvidenceError
from zaichang.core.passkeys import base64url, from_base64url

LIST_BITS: Final = 131_072
"""Places of a list: the least that the specification allows."""
VALID_MS: Final = 7 * 86_400_000
"""How long a fetched list may be kept; our choice. An older one is no answer."""
TTL_MS: Final = 3_600_000
"""How long a reader need not ask again; our choice."""
PURPOSE: Final = "revocation"
_LIST_BYTES: Final = LIST_BITS // 8


def status_entry(list_url: str, place: int) -> dict[str, str]:
    """Return the ``credentialStatus`` of a badge.

    Args:
        list_url: Address of its list.
        place: Its bit there.
    """
    return {
        "id": f"{list_url}#{place}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": PURPOSE,
        "statusListIndex": str(place),
        "statusListCredential": list_url,
    }


def list_claims(list_url: str, issuer: str, ended: Iterable[int], now_ms: int) -> dict[str, Any]:
    """Return the claims of a list as it stands now.

    Args:
        list_url: Its address and id.
        issuer: The issuer of the badges.
        ended: Places of the certificates that were replaced or revoked.
        now_ms: Server time.
    """
    return {
        "@context": [CONTEXTS[0]],
        "id": list_url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": instant_text(now_ms),
        "validUntil": instant_text(now_ms + VALID_MS),
        "credentialSubject": {
            "id": f"{list_url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "ttl": TTL_MS,
            "encodedList": encoded(ended),
        },
        "iss": issuer,
        "jti": list_url,
        "nbf": now_ms // 1000,
        "exp": (now_ms + VALID_MS) // 1000,
    }


def encoded(ended: Iterable[int]) -> str:
    """Return the bits in the form of ``encodedList``: multibase base64url over GZIP, the first bit on the left."""
    bits = bytearray(_LIST_BYTES)
    for place in ended:
        bits[place // 8] |= 0x80 >> place % 8
    return f"u{base64url(gzip.compress(bytes(bits), mtime=0))}"


def bit_of(subject: Mapping[str, Any], place: int) -> bool:
    """Return the bit of a place in a list's subject; the list is signed, and may still be anything.

    Raises:
        EvidenceError: ``E_FORMAT``.
    """
    text = subject.get("encodedList")
    if subject.get("statusPurpose") != PURPOSE or not isinstance(text, str) or text[:1] != "u":
        raise EvidenceError("E_FORMAT", "The status list holds no bits for revocation.")
    try:
        reader = zlib.decompressobj(wbits=31)
        bits = reader.decompress(from_base64url(text[1:]), _LIST_BYTES + 1)
    except (ValueError, zlib.error):
        raise EvidenceError("E_FORMAT", "The status list's bits cannot be unpacked.") from None
    if len(bits) != _LIST_BYTES or not 0 <= place < LIST_BITS:
        raise EvidenceError("E_FORMAT", f"The status list has not {LIST_BITS} bits, or the place is outside of it.")
    return bool(bits[place // 8] & (0x80 >> place % 8))
