"""A recorded passkey whose result does not follow from its assertion is a finding, whichever way it was bent."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.desk import Desk, registered, started
from zaichang.audit.replay.passkey_replay import check_passkeys, problem_of
from zaichang.session.events import Event, Passkey, PasskeyAnswered, Passkeys
from zaichang.session.policy import Policy
from zaichang.session.replay import replay
from zaichang_simulation.passkeys.authenticator import Authenticator, base64url

RULES = Policy(schema=4, passkey_challenge="required")
OWNER = Authenticator("learner-1")
HELD = registered(OWNER)
NONCE = "ab" * 32


def studied() -> list[Event]:
    desk = Desk(policy=RULES, info=started(RULES, route="challenge", passkeys=HELD))
    return desk.study(120_000).finish().events


@pytest.fixture(scope="module")
def honest() -> list[Event]:
    events = studied()
    assert sum(isinstance(event, PasskeyAnswered) for event in events) >= 2
    return events


def found(events: list[Event]) -> list[tuple[str, str]]:
    return [(each.expected, each.got) for each in check_passkeys(events, replay(events, RULES))]


def changed(events: list[Event], change: Callable[[PasskeyAnswered], PasskeyAnswered]) -> list[Event]:
    """Return the events up to the first passkey, with that one changed."""
    place = next(at for at, event in enumerate(events) if isinstance(event, PasskeyAnswered))
    answer = events[place]
    assert isinstance(answer, PasskeyAnswered)
    return [*events[:place], change(answer)]


def answered(passkey: Authenticator = OWNER, nonce: str = NONCE, **place: str) -> PasskeyAnswered:
    there = {"origin": HELD.origin, "rp_id": HELD.rp_id, **place}
    signed = passkey.answer(base64url(bytes.fromhex(nonce)), **there)
    return PasskeyAnswered(at_ms=1, challenge_id="q0", verified=True, **asdict(signed))


def test_honest_passkeys_hold(honest: list[Event]) -> None:
    assert found(honest) == []


def test_a_pass_over_a_refused_answer_and_a_refusal_of_a_good_one_are_found(honest: list[Event]) -> None:
    forged = changed(honest, lambda answer: replace(answer, signature=answered(nonce="cd" * 32).signature))
    assert found(forged) == [(f"a signature of the key registered at {HELD.keys[0].at_ms}", "an answer that holds")]
    denied = changed(honest, lambda answer: replace(answer, verified=False))
    assert found(denied) == [("an answer that holds", "a refusal")]
    never_asked = changed(honest, lambda answer: replace(answer, challenge_id="q99"))
    assert [expected for expected, _ in found(never_asked)] == ["an assertion over this challenge and origin"]


def test_a_record_without_passkeys_holds_no_passed_one(honest: list[Event]) -> None:
    start = honest[0]
    bare = [replace(start, passkeys=None), *changed(honest, lambda answer: answer)[1:]]  # type: ignore[arg-type]
    assert found(bare) == [("a registered passkey", "an answer that holds")]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (answered(), None),
        (answered(Authenticator("stranger")), "a registered passkey"),
        (answered(nonce="cd" * 32), "an assertion over this challenge and origin"),
        (answered(origin="https://learn.example.attacker"), "an assertion over this challenge and origin"),
        (answered(rp_id="example"), "an assertion for this domain"),
        (answered(Authenticator("learner-1", verifies=False)), "a verified user"),
        (replace(answered(), authenticator_data="AAAA"), "an assertion for this domain"),
        (replace(answered(), client_data=base64url(b"[]")), "an assertion over this challenge and origin"),
        (replace(answered(), client_data=base64url(b"{")), "an assertion that can be read"),
        (replace(answered(), client_data=base64url(b"[" * 100_000)), "an assertion that can be read"),
        (replace(answered(), client_data=base64url(b"\xff")), "an assertion that can be read"),
        (replace(answered(), signature="***"), "an assertion that can be read"),
    ],
)
def test_each_part_of_an_assertion_is_checked(answer: PasskeyAnswered, problem: str | None) -> None:
    assert problem_of(answer, HELD, NONCE) == problem


def test_an_answer_to_no_challenge_never_holds() -> None:
    assert problem_of(answered(nonce=""), HELD, "") == "an assertion over this challenge and origin"
    assert problem_of(answered(), None, NONCE) == "a registered passkey"


def test_a_key_that_cannot_be_read_never_holds() -> None:
    broken = replace(HELD, keys=(replace(HELD.keys[0], public_key="AAAA"),))
    assert problem_of(answered(), broken, NONCE) == "an assertion that can be read"


def test_each_algorithm_that_can_be_registered_is_verified() -> None:
    signed = answered()
    data = base64.urlsafe_b64decode(signed.authenticator_data + "==")
    client = base64.urlsafe_b64decode(signed.client_data + "==")
    assert json.loads(client)["type"] == "webauthn.get"
    over = data + hashlib.sha256(client).digest()
    edwards, old = ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65_537, 2_048)
    curve, none = ec.generate_private_key(ec.SECP384R1()), x25519.X25519PrivateKey.generate()
    for key, signature, holds in (
        (edwards, edwards.sign(over), True),
        (old, old.sign(over, padding.PKCS1v15(), SHA256()), True),
        (curve, curve.sign(over, ec.ECDSA(SHA256())), True),
        (none, b"x", False),
    ):
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        own = Passkey(credential_id=signed.credential_id, public_key=base64url(der), at_ms=7)
        held = Passkeys(origin=HELD.origin, rp_id=HELD.rp_id, keys=(own,))
        answer = replace(signed, signature=base64url(signature))
        assert problem_of(answer, held, NONCE) == (None if holds else "a signature of the key registered at 7")
        if holds:
            assert problem_of(replace(answer, signature=base64url(b"x" * 64)), held, NONCE) is not None


KEPT = Path(__file__).resolve().parents[3] / "vectors" / "bundles" / "rules-3.1.1.bundle"


def test_the_kept_bundle_holds_passkeys() -> None:
    assert KEPT.read_bytes().count(b"PasskeyAnswered") >= 2
