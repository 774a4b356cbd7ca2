"""Badges are read back by openbadgeslib, which shares no code with ours, without a network."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from support.certificates import CERTIFICATE, NAME, PROOF, SALT
from zaichang.core.errors import NotAllowed
from zaichang.hours.badges import BadgeSigner, credential
from zaichang.ledger.rules import Measure

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


def test_the_required_properties_are_there_and_no_name() -> None:
    body = credential(NAMED, SIGNER.did)
    assert {"@context", "id", "type", "issuer", "validFrom", "credentialSubject"} <= body.keys()
    subject = body["credentialSubject"]
    assert subject["creditsEarned"] == 92.5 and subject["identifier"][0]["identityHash"] == "learner-17"
    assert {"id", "type", "name", "description", "criteria"} <= subject["achievement"].keys()
    assert NAME not in json.dumps(body, ensure_ascii=False)
    assert body["validFrom"].endswith("Z") and body["id"].startswith("urn:uuid:")
    assert credential(NAMED, SIGNER.did) == body, "the same certificate has the same id"


def test_every_term_is_of_the_two_contexts_that_are_named() -> None:
    from openbadgeslib.ob3.contexts import bundled_contexts

    contexts = bundled_contexts()
    body = credential(NAMED, SIGNER.did)
    known = set("@context id type".split())
    for address in body["@context"]:
        known |= set(_keys(contexts[address]))
    assert set(_keys(body)) - known == set()


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from _keys(part)
    elif isinstance(value, list):
        for part in value:
            yield from _keys(part)


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


def test_a_sum_is_floored_and_rules_without_a_total_give_none() -> None:
    low = replace(CERTIFICATE, sums=((Measure.CREDITS, Fraction(2599, 100)),))
    assert credential(replace(PROOF, certificate=low), "i")["credentialSubject"]["creditsEarned"] == 25.9
    none = replace(CERTIFICATE, sums=((Measure.PUBLIC_HOURS, Fraction(30)),))
    assert "creditsEarned" not in credential(replace(PROOF, certificate=none), "i")["credentialSubject"]
