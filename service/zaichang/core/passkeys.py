"""The learner's passkeys, as a session's start records them.

A passkey is a key pair on the learner's own device, which uses it only after its owner's fingerprint, face or PIN
(WebAuthn Level 3, user verification). The service knows the public half. Texts in base64url have no padding.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey that the learner registered before the session.

    Attributes:
        credential_id: The authenticator's name for it, base64url.
        public_key: SubjectPublicKeyInfo (DER), base64url.
        at_ms: When it was registered.
        supervised: Whether it was registered under the institution's eyes.
        synced: Whether the authenticator may copy it to the owner's other devices (backup eligible).
    """

    credential_id: str
    public_key: str
    at_ms: int
    supervised: bool = False
    synced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkeys:
    """The learner's passkeys that the page of this session can use.

    Attributes:
        origin: Of the page that opened the session; each answer must be signed for it.
        rp_id: The domain for which the passkeys were registered.
        keys: None where the learner has registered none for this domain.
    """

    origin: str
    rp_id: str
    keys: tuple[Passkey, ...] = ()


def base64url(data: bytes) -> str:
    """Return bytes as base64url without padding, as WebAuthn writes them."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes of base64url without padding.

    Raises:
        ValueError: It is not base64url.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
