"""Passkeys: the recorded result of each answer must follow from its recorded assertion.

The start names the learner's public keys, the page's origin and its domain; the nonce comes from the session's own
draw. All of it was committed to before the answer came, so an inspector verifies the signature again, without the
service. It is done here with another library than the one that the service uses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from zaichang.audit.replay.replaying import Divergence
from zaichang.core.enums import ChallengeKind
from zaichang.core.passkeys import base64url, from_base64url
from zaichang.session.decisions import OrderChallenge
from zaichang.session.events import Event, PasskeyAnswered, Passkeys, SessionStarted
from zaichang.session.replay import Replayed

FLAGS_AT: Final = 32
"""Place of the flags in the authenticator data, after the digest of the domain (WebAuthn Level 3, section 6.1)."""
LEAST_BYTES: Final = 37
PRESENT_AND_VERIFIED: Final = 0x01 | 0x04
"""The flags of a present and verified user."""


def check_passkeys(events: Sequence[Event], replayed: Replayed) -> list[Divergence]:
    """Return the answers whose recorded result does not follow from their assertion.

    Args:
        events: All events.
        replayed: The result of replaying them, with the orders.
    """
    start = events[0]
    held = start.passkeys if isinstance(start, SessionStarted) else None
    nonces: dict[str, str] = {}
    ordered = {
        number: order
        for number, order in replayed.decisions
        if isinstance(order, OrderChallenge) and order.kind == ChallengeKind.PASSKEY
    }
    found: list[Divergence] = []
    for number, event in enumerate(events):
        if isinstance(event, PasskeyAnswered):
            problem = problem_of(event, held, nonces.get(event.challenge_id, ""))
            if event.verified is not (problem is None):
                expected = problem or "an answer that holds"
                found.append(_divergence(number, expected, "an answer that holds" if event.verified else "a refusal"))
        if number in ordered:
            nonces[ordered[number].challenge_id] = ordered[number].nonce or ""
    return found


def problem_of(event: PasskeyAnswered, held: Passkeys | None, nonce: str) -> str | None:
    """Return why an assertion does not hold, or None.

    Args:
        event: The answer.
        held: The passkeys, origin and domain of the session's start.
        nonce: The nonce of the challenge, 64 hex digits; empty where none was ordered.
    """
    key = next((key for key in held.keys if key.credential_id == event.credential_id), None) if held else None
    if held is None or key is None:
        return "a registered passkey"
    try:
        client_data, data = from_base64url(event.client_data), from_base64url(event.authenticator_data)
        said = json.loads(client_data)
        signature, public = from_base64url(event.signature), load_der_public_key(from_base64url(key.public_key))
    except (ValueError, UnsupportedAlgorithm, RecursionError):
        return "an assertion that can be read"
    wanted = {"type": "webauthn.get", "challenge": base64url(bytes.fromhex(nonce)), "origin": held.origin}
    if not isinstance(said, Mapping) or any(said.get(name) != value for name, value in wanted.items()) or not nonce:
        return "an assertion over this challenge and origin"
    if len(data) < LEAST_BYTES or data[:FLAGS_AT] != hashlib.sha256(held.rp_id.encode()).digest():
        return "an assertion for this domain"
    if data[FLAGS_AT] & PRESENT_AND_VERIFIED != PRESENT_AND_VERIFIED:
        return "a verified user"
    signed = data + hashlib.sha256(client_data).digest()
    return None if _signed(public, signature, signed) else f"a signature of the key registered at {key.at_ms}"


def _signed(public: object, signature: bytes, signed: bytes) -> bool:
    try:
        match public:
            case ec.EllipticCurvePublicKey():
                public.verify(signature, signed, ec.ECDSA(SHA256()))
            case rsa.RSAPublicKey():
                public.verify(signature, signed, padding.PKCS1v15(), SHA256())
            case Ed25519PublicKey():
                public.verify(signature, signed)
            case _:
                return False
    except InvalidSignature:
        return False
    return True


def _divergence(number: int, expected: str, got: str) -> Divergence:
    return Divergence(
        minute=number,
        field="verified",
        expected=expected,
        got=got,
        code="E_PASSKEY",
        message="The recorded result of a passkey does not follow from its recorded assertion.",
    )
