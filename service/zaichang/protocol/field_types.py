"""Types of the messages' fields, and the helper that gives a field its meaning."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from zaichang.protocol.limits import FRAMES_PLEDGED_MAX

Text64 = Annotated[str, Meta(max_length=64)]
Nonce = Annotated[str, Meta(min_length=16, max_length=64, pattern=r"^[0-9a-f]+$(?!\n)")]
ClientNonce = Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){16,32}$(?!\n)")]
"""16 to 32 bytes as hex, an even number of digits. A shorter nonce could be guessed from its commitment."""
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Digests = Annotated[tuple[Digest, ...], Meta(max_length=FRAMES_PLEDGED_MAX)]
Token = Annotated[str, Meta(max_length=4096)]
Base64Url = Annotated[str, Meta(min_length=1, max_length=4096, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]
"""Bytes as base64url without padding."""
Millis = Annotated[int, Meta(ge=0, lt=2**53)]
Seq = Annotated[int, Meta(ge=1, lt=2**31)]
RateBp = Annotated[int, Meta(ge=0, le=1_000_000)]
SafeInt = Annotated[int, Meta(gt=-(2**53), lt=2**53)]
"""An integer that every client can hold exactly, JavaScript included."""


def means(text: str) -> Meta:
    """Return the annotation that carries a field's meaning into the JSON Schema and into docs/protocol.md."""
    return Meta(description=text)
