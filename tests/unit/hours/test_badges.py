"""Badges are read back by openbadgeslib, which shares no code with ours, without a network."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import datetime, tzinfo

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from support.certificates import CERTIFICATE, ISSUED_MS, PROOF, SALT
from support.study import ManualClock
from zaichang.audit.certificate.status_list import LIST_BITS, status_entry
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.hours.badges import BadgeSigner, StatusLists

SIGNER = BadgeSigner(SALT)
NAMED = replace(PROOF, certificate=replace(CERTIFICATE, badge_key=SIGNER.public_key), name="", name_salt=b"")


def refuse(*_: object) -> None:
    raise AssertionError("a context or key was fetched")


def test_an_independent_library_reads_the_badge_by_its_did_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from openbadgeslib.ob3.verifier import OB3Verifier

    monkeypatch.setattr("socket.socket.connect", refuse)
    found = OB3Verifier.for_issuer_did(SIGNER.did, download=refuse).verify(SIGNER.badge(NAMED))
    assert (found.issuer.id, found.issuer.name) == (SIGNER.did, CERTIFICATE.institution_zh)
    assert found.achievement.name == "继续教育学时证明 2026" and "渝药监" in found.achievement.criteria_narrative


def test_an_altered_badge_or_another_key_is_refused_by_it() -> None:
    from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

    head, body, signature = SIGNER.badge(NAMED).split(".")
    value = json.loads(base64.urlsafe_b64decode(body + "=="))
    value["credentialSubject"]["creditsEarned"] = 999
    forged = base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    other = BadgeSigner(bytes(32))
    for token, did in ((f"{head}.{forged}.{signature}", SIGNER.did), (SIGNER.badge(NAMED), other.did)):
        with pytest.raises(OB3VerificationError):
            OB3Verifier.for_issuer_did(did, download=refuse).verify(token)


def test_the_key_in_the_header_is_the_one_that_the_certificate_names() -> None:
    token = SIGNER.badge(NAMED)
    header = jwt.get_unverified_header(token)
    raw = base64.urlsafe_b64decode(header["jwk"]["x"] + "=")
    assert raw.hex() == SIGNER.public_key == NAMED.certificate.badge_key
    claims = jwt.decode(token, Ed25519PublicKey.from_public_bytes(raw), algorithms=["EdDSA"])
    assert (claims["iss"], claims["jti"]) == (SIGNER.did, claims["id"]) and header["kid"].startswith(SIGNER.did)


def test_a_certificate_of_another_key_has_no_badge() -> None:
    with pytest.raises(NotAllowed, match=r"certificate\.badge_key"):
        SIGNER.badge(PROOF)


class Ended:
    """A store with certificates at two places, of which one has ended."""

    async def has_status_list(self, institution_id: str, first: int, end: int) -> bool:
        return institution_id == "inst" and first == 0

    async def ended_places(self, institution_id: str, first: int, end: int) -> list[int]:
        return [90_000]


async def test_an_independent_library_reads_the_status_list_and_finds_the_ended_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from openbadgeslib.ob3.status import check_credential_status
    from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("openbadgeslib.ob3.status.datetime", Then)
    lists = StatusLists(Ended(), SIGNER, ManualClock(ISSUED_MS), "https://hours.example/")  # type: ignore[arg-type]
    signed = await lists.signed("inst", 0)  # type: ignore[arg-type]
    asked: list[str] = []

    def download(address: str) -> bytes:
        asked.append(address)
        return signed.encode()

    for place, stands in ((7, True), (90_000, False)):
        token = SIGNER.badge(NAMED, lists.entry("inst", place))  # type: ignore[arg-type]
        found = OB3Verifier.for_issuer_did(SIGNER.did, download=refuse).verify(token)
        if stands:
            check_credential_status(found, download)
        else:
            with pytest.raises(OB3VerificationError, match="revocation"):
                check_credential_status(found, download)
    assert set(asked) == {"https://hours.example/v1/status-lists/inst/0"}
    for institution, number in (("inst", 1), ("other", 0)):
        with pytest.raises(NotFound, match=r"certificate\.no_list"):
            await lists.signed(institution, number)  # type: ignore[arg-type]


class Then(datetime):
    """The clock of the library, at the time of the list."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Then:
        return cls.fromtimestamp(ISSUED_MS / 1000 + 60, tz)


async def test_without_an_address_of_the_service_a_badge_names_no_list() -> None:
    lists = StatusLists(Ended(), SIGNER, ManualClock(ISSUED_MS), "")  # type: ignore[arg-type]
    assert lists.entry("inst", 7) is None  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await lists.signed("inst", 0)  # type: ignore[arg-type]
    second = StatusLists(Ended(), SIGNER, ManualClock(ISSUED_MS), "https://x").entry("inst", LIST_BITS + 3)  # type: ignore[arg-type]
    assert second == status_entry("https://x/v1/status-lists/inst/1", 3)
