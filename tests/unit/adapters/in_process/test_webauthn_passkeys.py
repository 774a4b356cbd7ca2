"""Passkeys by py_webauthn: what registers, and which assertion holds. The inspector's own check agrees on each."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from zaichang.adapters.in_process.webauthn_passkeys import PyWebauthn
from zaichang.audit.replay.passkey_replay import problem_of
from zaichang.core.errors import PeerViolation
from zaichang.core.passkeys import Passkeys, base64url
from zaichang.ports.passkeys import Page, Signed, StoredPasskey
from zaichang.session.events import PasskeyAnswered
from zaichang_simulation.passkeys.authenticator import Authenticator

PAGE = Page(origin="https://learn.example.org", rp_id="example.org")
PLACE = {"origin": PAGE.origin, "rp_id": PAGE.rp_id}
CHALLENGE = bytes(range(32))
OWNER = Authenticator("owner")
LIBRARY = PyWebauthn()


def registered(own: Authenticator = OWNER, **place: str) -> StoredPasskey:
    response = own.register(base64url(CHALLENGE), **{**PLACE, **place})
    return LIBRARY.registered(response, PAGE, challenge=CHALLENGE, at_ms=7, supervised=True)


def test_the_options_ask_for_a_verified_user_and_name_no_person() -> None:
    options = LIBRARY.options(PAGE, institution="机构", learner="learner-17", challenge=CHALLENGE, known=["AAE"])
    assert options["rp"] == {"id": "example.org", "name": "机构"} and options["challenge"] == base64url(CHALLENGE)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none" and options["user"]["name"] == "learner-17"
    assert [each["id"] for each in options["excludeCredentials"]] == ["AAE"]
    other = LIBRARY.options(PAGE, institution="机构", learner="learner-18", challenge=CHALLENGE, known=[])
    assert other["user"]["id"] != options["user"]["id"]


def test_a_registration_gives_the_key_that_the_device_signs_with() -> None:
    made = registered()
    assert made.passkey.credential_id == OWNER.credential_id and made.passkey.public_key == OWNER.public_key
    assert (made.rp_id, made.passkey.at_ms, made.passkey.supervised, made.passkey.synced) == (
        "example.org",
        7,
        True,
        False,
    )
    assert registered(Authenticator("owner", synced=True)).passkey.synced


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://learn.example.attacker"},
        {"rp_id": "example.com"},
        {"own": Authenticator("x", verifies=False)},
    ],
)
def test_a_registration_of_another_page_or_without_a_verified_user_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(PeerViolation, match=r"passkey\.refused"):
        registered(**change)


@pytest.mark.parametrize("response", [{}, {"id": "AAE", "rawId": "AAE", "type": "public-key", "response": {}}])
def test_what_is_no_registration_is_refused(response: dict[str, Any]) -> None:
    with pytest.raises(PeerViolation, match=r"passkey\.refused"):
        LIBRARY.registered(response, PAGE, challenge=CHALLENGE, at_ms=7, supervised=False)


@pytest.mark.parametrize(
    ("own", "change", "holds"),
    [
        (OWNER, {}, True),
        (Authenticator("owner", synced=True), {}, True),
        (Authenticator("stranger"), {}, False),
        (Authenticator("owner", verifies=False), {}, False),
        (OWNER, {"origin": "https://learn.example.attacker"}, False),
        (OWNER, {"rp_id": "example.com"}, False),
        (OWNER, {"challenge": base64url(bytes(32))}, False),
        (OWNER, {"signature": "AAAA"}, False),
        (OWNER, {"client_data": "AAAA"}, False),
        (OWNER, {"authenticator_data": "AAAA"}, False),
    ],
)
def test_both_libraries_agree_on_what_holds(own: Authenticator, change: dict[str, str], holds: bool) -> None:
    place = {name: change.get(name, PLACE[name]) for name in PLACE}
    answer = own.answer(change.get("challenge", base64url(CHALLENGE)), **place)
    answer = replace(answer, credential_id=OWNER.credential_id)
    answer = replace(answer, **{name: text for name, text in change.items() if hasattr(answer, name)})
    made = registered()
    signed = Signed(**asdict(answer))
    assert LIBRARY.holds(signed, PAGE, challenge=CHALLENGE, cose_key=made.cose_key) is holds
    held = Passkeys(origin=PAGE.origin, rp_id=PAGE.rp_id, keys=(made.passkey,))
    event = PasskeyAnswered(at_ms=1, challenge_id="q0", verified=holds, **asdict(answer))
    assert (problem_of(event, held, CHALLENGE.hex()) is None) is holds
