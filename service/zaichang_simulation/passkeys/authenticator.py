"""A passkey in software: registers and answers as a learner's phone would, or as a cheat's program does.

Its answers carry a real signature, so the service and the inspector verify them as any other. It checks no
finger: the scenario says whether the owner is there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zaichang.core.passkeys import base64url

PRESENT: Final = 0x01
VERIFIED: Final = 0x04
MAY_SYNC: Final = 0x08
IS_SYNCED: Final = 0x10
HAS_KEY: Final = 0x40
_NO_STATEMENT: Final = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"
"""CBOR of an attestation without a statement, up to the length of its data (WebAuthn Level 3, section 8.7)."""
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A signed answer; every text is base64url without padding."""

    credential_id: str
    client_data: str
    authenticator_data: str
    signature: str


class Authenticator:
    """One passkey of one device."""

    def __init__(self, name: str, *, verifies: bool = True, synced: bool = False) -> None:
        """Make the passkey.

        Args:
            name: Gives the key pair: the same name is the same passkey, on whichever device it lies.
            verifies: Whether it says that it checked finger, face or PIN.
            synced: Whether it may be copied to its owner's other devices.
        """
        seed = hashlib.sha256(f"passkey of {name}".encode()).digest()
        self._key = ec.derive_private_key(1 + int.from_bytes(seed, "big") % (_P256_ORDER - 1), ec.SECP256R1())
        self._id = hashlib.sha256(seed).digest()[:16]
        self._flags = PRESENT | (VERIFIED if verifies else 0) | (MAY_SYNC | IS_SYNCED if synced else 0)

    @property
    def credential_id(self) -> str:
        """The passkey's name, base64url."""
        return base64url(self._id)

    @property
    def public_key(self) -> str:
        """The public key as SubjectPublicKeyInfo (DER), base64url."""
        return base64url(self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    def register(self, challenge: str, *, origin: str, rp_id: str) -> dict[str, object]:
        """Return the registration response as a browser gives it (``RegistrationResponseJSON``).

        Args:
            challenge: From the service, base64url.
            origin: Of the page.
            rp_id: The domain.
        """
        # CBOR by hand: a key of kind EC2 for ES256 on P-256 (RFC 9052), and an object of three fields.
        numbers = self._key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        cose = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y
        named = bytes(16) + len(self._id).to_bytes(2, "big") + self._id + cose
        data = self._data(rp_id, self._flags | HAS_KEY) + named
        attestation = _NO_STATEMENT + len(data).to_bytes(1, "big") + data
        return {
            "id": self.credential_id,
            "rawId": self.credential_id,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(_client_data("webauthn.create", challenge, origin)),
                "attestationObject": base64url(attestation),
                "transports": ["internal"],
            },
        }

    def answer(self, challenge: str, *, origin: str, rp_id: str) -> Assertion:
        """Return the signed answer to a challenge.

        Args:
            challenge: What it signs, base64url.
            origin: Of the page that asks.
            rp_id: The domain.
        """
        client_data, data = _client_data("webauthn.get", challenge, origin), self._data(rp_id, self._flags)
        signed = data + hashlib.sha256(client_data).digest()
        return Assertion(
            credential_id=self.credential_id,
            client_data=base64url(client_data),
            authenticator_data=base64url(data),
            signature=base64url(self._key.sign(signed, ec.ECDSA(SHA256()))),
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes((flags,)) + bytes(4)


def _client_data(kind: str, challenge: str, origin: str) -> bytes:
    said = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}
    return json.dumps(said, separators=(",", ":")).encode()
