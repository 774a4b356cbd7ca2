"""A certificate as an Open Badges 3.0 credential: a VC-JWT signed with EdDSA by the institution service's badge key.

The key is the service's own and not the log's. Its public half is in the certificate's document, to which the log
commits, so a reader of the log knows whose key it is; a reader of the badge alone knows a ``did:key``. The contexts are
named and never fetched. The badge holds no name, and does not know of a later revocation: the log does.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zaichang.audit.certificate.document import Certificate
from zaichang.audit.certificate.proof import CertificateProof
from zaichang.audit.certificate.words import summary, words_of
from zaichang.core.errors import NotAllowed
from zaichang.core.passkeys import base64url
from zaichang.ledger.rules import Measure
from zaichang.tlog.merkle import leaf_hash

CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
MEDIA_TYPE: Final = "application/vc+jwt"
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519: Final = b"\xed\x01"
"""Multicodec of an Ed25519 public key, as a varint."""


class BadgeSigner:
    """Signs badges with one Ed25519 key."""

    def __init__(self, seed: bytes) -> None:
        """Use a key.

        Args:
            seed: Its 32 bytes.
        """
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def public_key(self) -> str:
        """The public key, 64 hex digits, as certificates name it."""
        return self._public.hex()

    @property
    def did(self) -> str:
        """The issuer: the public key as a ``did:key``."""
        return f"did:key:z{_base58(_ED25519 + self._public)}"

    def badge(self, proof: CertificateProof) -> str:
        """Return a certificate's badge in JWS compact form.

        Raises:
            NotAllowed: ``certificate.badge_key`` where the certificate names another key.
        """
        # PyJWT is part of [service], as the other parts of the running service are.
        import jwt

        if proof.certificate.badge_key != self.public_key:
            raise NotAllowed(
                "certificate.badge_key",
                "The certificate names another badge key than the service has now.",
                "Replace the certificate, or put the former keys/badge.key back.",
            )
        body = credential(proof, self.did)
        # Open Badges 3.0, 8.2.4.1: the payload is the credential, with the registered claims beside it.
        claims = {"iss": self.did, "jti": body["id"], "nbf": proof.certificate.issued_ms // 1000}
        header = {"kid": f"{self.did}#{self.did.removeprefix('did:key:')}", "jwk": self._jwk()}
        return jwt.encode({**body, **claims}, self._key, algorithm="EdDSA", headers=header)

    def _jwk(self) -> dict[str, str]:
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url(self._public)}


def credential(proof: CertificateProof, issuer: str) -> dict[str, Any]:
    """Return the credential of a certificate, unsigned.

    Args:
        proof: The certificate.
        issuer: Its issuer's id.
    """
    certificate, words, said = proof.certificate, words_of(proof), summary(proof)
    rules = certificate.rules
    subject: dict[str, Any] = {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": certificate.learner,
                "identityType": "identifier",
            }
        ],
        "achievement": {
            "id": _urn(f"{rules.digest}/{certificate.year}".encode()),
            "type": ["Achievement"],
            "achievementType": "Certificate",
            "name": f"{words.title.zh} {certificate.year}",
            "description": said.en,
            "criteria": {"narrative": f"{rules.zh} {rules.name} {rules.version}: {rules.basis}"},
        },
    }
    total = _total(certificate)
    if total is not None:
        subject["creditsEarned"] = total
    return {
        "@context": list(CONTEXTS),
        "id": _urn(leaf_hash(proof.leaf)),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": issuer, "type": ["Profile"], "name": certificate.institution_zh},
        "validFrom": datetime.fromtimestamp(certificate.issued_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "name": f"{words.title.zh} {words.number}",
        "credentialSubject": subject,
        "evidence": [
            {
                "type": ["Evidence"],
                "name": f"{certificate.origin} #{proof.index}",
                "narrative": f"Entry of the institution's log, {proof.qr_text}. The log says whether it still stands.",
            }
        ],
    }


def _total(certificate: Certificate) -> float | None:
    """Return the year's sum floored to a tenth, as the page shows it; JSON of a badge has numbers."""
    sums = dict(certificate.sums)
    for measure in (Measure.TOTAL, Measure.CREDITS, Measure.TOTAL_HOURS):
        if measure in sums:
            tenth: Fraction = sums[measure] * 10
            return (tenth.numerator // tenth.denominator) / 10
    return None


def _urn(data: bytes) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, data.hex())}"


def _base58(data: bytes) -> str:
    """Return bytes in base58 with Bitcoin's alphabet, as multibase ``z`` has it; the first byte is not zero."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _ALPHABET[rest] + text
    return text
