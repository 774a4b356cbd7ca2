"""The credential of a certificate: required properties, known terms, and the same bytes each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from support.certificates import CERTIFICATE, NAME, PROOF
from zaichang.audit.certificate.badge import badge_claims, credential, did_of
from zaichang.audit.certificate.status_list import list_claims, status_entry
from zaichang.ledger.rules import Measure

DID = did_of(bytes(range(32)))
NAMED = replace(PROOF, certificate=replace(CERTIFICATE, badge_key="ab" * 32), name="", name_salt=b"")


def test_the_required_properties_are_there_and_no_name() -> None:
    body = credential(NAMED, DID)
    assert {"@context", "id", "type", "issuer", "validFrom", "credentialSubject"} <= body.keys()
    subject = body["credentialSubject"]
    assert subject["creditsEarned"] == 92.5 and subject["identifier"][0]["identityHash"] == "learner-17"
    assert {"id", "type", "name", "description", "criteria"} <= subject["achievement"].keys()
    assert NAME not in json.dumps(body, ensure_ascii=False)
    assert body["validFrom"].endswith("Z") and body["id"].startswith("urn:uuid:")
    assert credential(NAMED, DID) == body, "the same certificate has the same id"


def test_every_term_is_of_the_two_contexts_that_are_named() -> None:
    from openbadgeslib.ob3.contexts import bundled_contexts

    contexts = bundled_contexts()
    body = credential(NAMED, DID, status_entry("https://hours.example/list", 7))
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


def test_a_sum_is_floored_and_rules_without_a_total_give_none() -> None:
    low = replace(CERTIFICATE, sums=((Measure.CREDITS, Fraction(2599, 100)),))
    assert credential(replace(PROOF, certificate=low), "i")["credentialSubject"]["creditsEarned"] == 25.9
    none = replace(CERTIFICATE, sums=((Measure.PUBLIC_HOURS, Fraction(30)),))
    assert "creditsEarned" not in credential(replace(PROOF, certificate=none), "i")["credentialSubject"]


def expanded(body: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a credential after JSON-LD expansion by pyld, and the terms that the contexts do not define."""
    from openbadgeslib.ob3.contexts import bundled_contexts
    from pyld import jsonld

    contexts, dropped = bundled_contexts(), list[str]()

    def load(address: str, _: object) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": address, "document": contexts[address], "contentType": ""}

    [found] = jsonld.expand(body, {"documentLoader": load}, on_property_dropped=dropped.append)
    return found, dropped


def test_json_ld_processing_drops_no_term_and_finds_each_type() -> None:
    body = credential(NAMED, DID, status_entry("https://hours.example/list", 7))
    found, dropped = expanded(body)
    assert dropped == []
    ob, status = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#", "https://www.w3.org/ns/credentials/status#"
    assert found["@type"] == ["https://www.w3.org/2018/credentials#VerifiableCredential", f"{ob}OpenBadgeCredential"]
    [entry] = found["https://www.w3.org/2018/credentials#credentialStatus"]
    assert entry["@type"] == [f"{status}BitstringStatusListEntry"]
    assert entry[f"{status}statusListCredential"] == [{"@id": "https://hours.example/list"}]
    [subject] = found["https://www.w3.org/2018/credentials#credentialSubject"]
    assert subject[f"{ob}creditsEarned"][0]["@value"] == 92.5
    assert subject[f"{ob}achievement"][0][f"{ob}achievementType"]


def test_a_term_outside_of_the_contexts_would_be_seen() -> None:
    assert expanded(credential(NAMED, DID) | {"hoursCounted": 92})[1] == ["hoursCounted"]


def test_the_terms_of_a_status_list_are_known_too() -> None:
    claims = list_claims("https://hours.example/list", DID, (7,), 0)
    registered = {"iss", "jti", "nbf", "exp"}
    assert expanded({name: value for name, value in claims.items() if name not in registered})[1] == []


def test_claims_repeat_the_credential_for_readers_of_tokens() -> None:
    claims = badge_claims(NAMED, DID)
    assert {**claims, **credential(NAMED, DID)} == claims
    assert (claims["iss"], claims["jti"], claims["nbf"]) == (DID, claims["id"], CERTIFICATE.issued_ms // 1000)
    assert DID.startswith("did:key:z6Mk")
