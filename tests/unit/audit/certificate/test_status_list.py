"""The bits of a status list: set where a certificate ended, and never believed in another form."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from zaichang.audit.certificate.status_list import LIST_BITS, VALID_MS, bit_of, encoded, list_claims, status_entry
from zaichang.core.errors import EvidenceError
from zaichang.core.passkeys import base64url

URL = "https://hours.example/v1/status-lists/inst/0"


def test_each_place_has_its_bit_and_no_other() -> None:
    ended = (0, 7, 8, 90_001, LIST_BITS - 1)
    subject = list_claims(URL, "did:key:z", ended, 5_000)["credentialSubject"]
    assert all(bit_of(subject, place) for place in ended)
    assert not any(bit_of(subject, place) for place in (1, 6, 9, 90_000, LIST_BITS - 2))
    assert encoded(ended) == encoded(reversed(ended)), "the same list has the same bytes"


def test_a_list_says_until_when_it_holds_and_names_itself() -> None:
    claims = list_claims(URL, "did:key:z", (), 5_000)
    assert (claims["id"], claims["jti"], claims["nbf"], claims["exp"]) == (URL, URL, 5, 5 + VALID_MS // 1000)
    assert claims["validUntil"] == "1970-01-08T00:00:05Z"
    assert status_entry(URL, 9)["id"] == f"{URL}#9" and status_entry(URL, 9)["statusListIndex"] == "9"


def packed(data: bytes) -> str:
    return f"u{base64url(gzip.compress(data))}"


@pytest.mark.parametrize(
    "subject",
    (
        {},
        {"statusPurpose": "suspension", "encodedList": encoded(())},
        {"statusPurpose": "revocation", "encodedList": 7},
        {"statusPurpose": "revocation", "encodedList": encoded(())[1:]},
        {"statusPurpose": "revocation", "encodedList": "u!!"},
        {"statusPurpose": "revocation", "encodedList": "uAAAA"},
        {"statusPurpose": "revocation", "encodedList": packed(bytes(100))},
        {"statusPurpose": "revocation", "encodedList": packed(bytes(50_000_000))},
    ),
)
def test_a_list_in_another_form_gives_no_answer(subject: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError, match="E_FORMAT"):
        bit_of(subject, 0)


def test_a_place_outside_of_the_list_gives_no_answer() -> None:
    subject = list_claims(URL, "did:key:z", (), 0)["credentialSubject"]
    for place in (-1, LIST_BITS):
        with pytest.raises(EvidenceError, match="E_FORMAT"):
            bit_of(subject, place)
