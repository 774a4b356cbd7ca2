"""Checks a badge offline: against its certificate, which names the badge's key, and the status list of now.

Steps:
  1. the file is a VC-JWT of a badge                                     ``badge format``
  2. the certificate of it is given, and passes its own checks           (``audit.certificate.check``)
  3. the certificate's badge key signed it                               ``badge signature``
  4. it says what the certificate gives, and no more                     ``badge``
  5. the bit of its place in the signed status list                      ``status``
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from zaichang.audit.certificate.badge import badge_claims, did_of
from zaichang.audit.certificate.check import verify_certificate
from zaichang.audit.certificate.page import PDF_BEGIN, attached
from zaichang.audit.certificate.proof import read_proof
from zaichang.audit.certificate.status_list import bit_of
from zaichang.audit.check import Check
from zaichang.audit.findings import About, Findings
from zaichang.core.errors import EvidenceError
from zaichang.core.passkeys import from_base64url
from zaichang.tlog.trust import Trust

JWT_BEGIN: Final = b"eyJ"
MAX_BADGE_BYTES: Final = 100_000
"""Also of a status list: 16 KiB of bits that no packing makes smaller take 22 kB."""
_SKEW_S: Final = 300
_NO_CERTIFICATE: Final = (
    "The badge is not checked: only its certificate says whose key signed it. Give the certificate with --certificate."
)
_NO_LIST: Final = "Whether it was revoked since is not checked: give the status list of now with --status-list."


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeFiles:
    """The files that a badge is checked with.

    Attributes:
        certificate: Its certificate, as PDF or JSON; empty: none is given.
        status_list: Its status list of now; empty: none is given.
    """

    certificate: bytes = b""
    status_list: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """A JWS in compact form, unverified."""

    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def signed_by(self, public_key: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.signed)
        except (InvalidSignature, ValueError):
            return False
        return True


def certificate_data(files: BadgeFiles) -> bytes:
    """Return the proof of the certificate that a badge is checked with; empty where none is given.

    Raises:
        EvidenceError: ``E_FORMAT`` where a PDF holds none.
    """
    data = files.certificate
    return attached(data) if data.startswith(PDF_BEGIN) else data


def verify_badge(data: bytes, files: BadgeFiles, trust: Trust) -> list[Check]:
    """Check a badge.

    Args:
        data: The badge, a VC-JWT.
        files: Its certificate and its status list, as far as they are here.
        trust: The trusted keys; they are the logs', and the certificate leads from there to the badge's key.
    """
    findings, about = Findings(), About()
    try:
        badge = _read(data)
        if "OpenBadgeCredential" not in badge.claims.get("type", ()):
            raise EvidenceError("E_FORMAT", "The token is no Open Badges credential.")
        proof_data = certificate_data(files)
    except EvidenceError as error:
        findings.undecided("badge format", error.code, error.message, about)
        return findings.checks
    if not proof_data:
        findings.undecided("badge", "E_BADGE", _NO_CERTIFICATE, about)
        return findings.checks
    checks = verify_certificate(proof_data, trust)
    if any(check.code for check in checks):
        return checks
    proof = read_proof(proof_data)
    about = About(origin=proof.certificate.origin, index=proof.index)
    key = bytes.fromhex(proof.certificate.badge_key)
    if not badge.signed_by(key):
        message = "The badge is not signed by the key that its certificate names."
        findings.failed("badge signature", "E_BADGE", message, about, field="signature")
        return checks + findings.checks
    status = badge.claims.get("credentialStatus")
    wanted = badge_claims(
        replace(proof, name="", name_salt=b""), did_of(key), status if isinstance(status, dict) else None
    )
    other = sorted(name for name in wanted.keys() | badge.claims.keys() if wanted.get(name) != badge.claims.get(name))
    if other:
        message = f"The badge does not say what its certificate gives: {', '.join(other)[:200]!r}."
        findings.failed("badge", "E_BADGE", message, about, field="badge")
    else:
        findings.passed("badge", about, "The badge says what its certificate gives, signed by the key that it names.")
        _status(findings, about, status, files.status_list, key, trust.now_s)
    return checks + findings.checks


def _status(findings: Findings, about: About, entry: Any, data: bytes, key: bytes, now_s: int | None) -> None:
    if entry is None:
        findings.passed("status not checked", about, "The badge names no status list: ask the log, with --log.")
        return
    if not data:
        findings.passed("status not checked", about, _NO_LIST)
        return
    try:
        listed = _read(data)
        claims, place = listed.claims, int(str(entry.get("statusListIndex")))
        if not listed.signed_by(key):
            raise EvidenceError("E_BADGE", "The status list is not signed by the key of the badge.")
        address = entry.get("statusListCredential")
        if claims.get("id") != address:
            raise EvidenceError("E_BADGE", f"This is not the badge's status list {address!r}.")
        from_s, until_s = claims.get("nbf"), claims.get("exp")
        if not isinstance(from_s, int) or not isinstance(until_s, int):
            raise EvidenceError("E_FORMAT", "The status list does not say from when to when it holds.")
        if now_s is not None and not from_s - _SKEW_S <= now_s <= until_s:
            raise EvidenceError("E_BADGE", "The status list has lapsed, or begins later: fetch it anew.")
        ended = bit_of(claims.get("credentialSubject", {}), place)
    except (EvidenceError, ValueError) as error:
        code, said = (error.code, error.message) if isinstance(error, EvidenceError) else ("E_FORMAT", "No place.")
        findings.undecided("status", code, said, about, field="status list")
        return
    when = datetime.fromtimestamp(from_s, UTC).strftime("%Y-%m-%d %H:%M")
    if ended:
        message = f"The certificate was revoked or replaced: the status list of {when} (UTC) says so."
        findings.failed("status", "E_CERTIFICATE", message, about, field="status")
    else:
        findings.passed("status", about, f"It stands by the status list of {when} (UTC).")


def _read(data: bytes) -> _Token:
    """Return a JWS of EdDSA, unverified.

    Raises:
        EvidenceError: ``E_FORMAT``.
    """
    try:
        if len(data) > MAX_BADGE_BYTES:
            raise ValueError
        head, body, signature = data.strip().split(b".")
        header = json.loads(from_base64url(head.decode("ascii")))
        claims = json.loads(from_base64url(body.decode("ascii")))
        if header.get("alg") != "EdDSA" or not isinstance(claims, dict):
            raise ValueError
        return _Token(claims=claims, signed=head + b"." + body, signature=from_base64url(signature.decode("ascii")))
    except (ValueError, AttributeError, RecursionError):
        raise EvidenceError("E_FORMAT", "The file is no token signed with EdDSA, or is too long.") from None
