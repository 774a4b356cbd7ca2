"""A passkey in software: its answers are signed by the key that it registered, and say what was checked."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from zaichang_simulation.passkeys.authenticator import MAY_SYNC, VERIFIED, Authenticator

PLACE = {"origin": "https://learn.example", "rp_id": "learn.example"}


def read(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_name_is_a_passkey_on_whichever_device_it_lies() -> None:
    one, same, other = Authenticator("ann"), Authenticator("ann"), Authenticator("bob")
    assert (one.credential_id, one.public_key) == (same.credential_id, same.public_key)
    assert one.credential_id != other.credential_id and one.public_key != other.public_key


@pytest.mark.parametrize(("verifies", "synced"), [(True, False), (False, True)])
def test_its_data_says_what_was_checked_and_for_which_domain(verifies: bool, synced: bool) -> None:
    answer = Authenticator("ann", verifies=verifies, synced=synced).answer("AAE", **PLACE)
    data = read(answer.authenticator_data)
    assert data[:32] == hashlib.sha256(b"learn.example").digest() and len(data) == 37
    assert (bool(data[32] & VERIFIED), bool(data[32] & MAY_SYNC)) == (verifies, synced)
    said = json.loads(read(answer.client_data))
    assert said == {
        "type": "webauthn.get", "challenge": "AAE", "origin": "https://learn.example", "crossOrigin": False,
    }  # fmt: skip


def test_a_registration_carries_the_public_key() -> None:
    own = Authenticator("ann")
    made: dict[str, Any] = own.register("AAE", **PLACE)
    attestation = read(made["response"]["attestationObject"])
    assert made["id"] == made["rawId"] == own.credential_id
    assert read(own.public_key)[-64:-32] in attestation and read(own.public_key)[-32:] in attestation
    assert json.loads(read(made["response"]["clientDataJSON"]))["type"] == "webauthn.create"
