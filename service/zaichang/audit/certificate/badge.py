"""A certificate as an Open Badges 3.0 credential, unsigned: it follows from the certificate's proof alone. Pure.

So a badge can be made again by anyone who has the certificate, and compared.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final

from zaichang.audit.certificate.document import Certificate
from zaichang.audit.certificate.proof import CertificateProof
from zaichang.audit.certificate.words import summary, words_of
from zaichang.ledger.rules import Measure
from zaichang.tlog.merkle import leaf_hash

CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519: Final = b"\xed\x01"
"""Multicodec of an Ed25519 public key, as a varint."""


def did_of(public_key: bytes) -> str:
    """Return an Ed25519 public key as a ``did:key``: the issuer of badges and of their status lists."""
    return f"did:key:z{_base58(_ED25519 + public_key)}"


def badge_claims(proof: CertificateProof, issuer: str, status: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the claims of a certificate's badge.

    Open Badges 3.0, 8.2.4.1: the payload is the credential, with the registered claims beside it.

    Args:
        proof: The certificate; its name is left out.
        issuer: Its issuer's id.
        status: The entry of its status list (``audit.certificate.status_list``); None: it names none.
    """
    body = credential(proof, issuer, status)
    return {**body, "iss": issuer, "jti": body["id"], "nbf": proof.certificate.issued_ms // 1000}


def credential(proof: CertificateProof, issuer: str, status: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the credential of a certificate, unsigned; the arguments are those of ``badge_claims``."""
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
        "validFrom": instant_text(certificate.issued_ms),
        "name": f"{words.title.zh} {words.number}",
        "credentialSubject": subject,
        "evidence": [
            {
                "type": ["Evidence"],
                "name": f"{certificate.origin} #{proof.index}",
                "narrative": f"Entry of the institution's log, {proof.qr_text}. The log says whether it still stands.",
            }
        ],
        **({"credentialStatus": dict(status)} if status is not None else {}),
    }


def instant_text(at_ms: int) -> str:
    """Return server time in the form of a credential, whole seconds of UTC."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
