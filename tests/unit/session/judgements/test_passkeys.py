"""Which passkeys may answer, when one is asked for, and the time that lacks one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import put
from support.hands import Hands
from zaichang.core.enums import PasskeyUse
from zaichang.core.reasons import ReasonCode
from zaichang.session.events import Passkey, Passkeys
from zaichang.session.judgements import passkeys
from zaichang.session.policy import Policy
from zaichang.session.state import State

OWN = Passkey(credential_id="AAE", public_key="MFk", at_ms=7)
SEEN = Passkey(credential_id="AAI", public_key="MFk", at_ms=7, supervised=True)
HELD = Passkeys(origin="https://learn.example", rp_id="learn.example", keys=(OWN, SEEN))
POLICY = Policy(schema=4, passkey_face="allowed", passkey_challenge="required")


def state(policy: Policy = POLICY, held: Passkeys | None = HELD, declined: int = 0, **info: Any) -> State:
    session = Hands(policy, passkeys=held, **info)
    return put(session.state, challenges={"passkey_declined": declined})


def test_the_route_says_which_use_holds_and_an_older_policy_has_none() -> None:
    assert passkeys.use(state(), POLICY) is PasskeyUse.ALLOWED
    assert passkeys.use(state(route="challenge"), POLICY) is PasskeyUse.REQUIRED
    no_pictures = replace(POLICY, proofs=())
    assert passkeys.use(state(no_pictures), no_pictures) is PasskeyUse.REQUIRED, "challenges are its proof"
    old = Policy(schema=3)
    assert passkeys.use(state(old, route="challenge"), old) is PasskeyUse.OFF


def test_only_registered_passkeys_may_answer_and_supervised_ones_where_the_policy_says_so() -> None:
    assert passkeys.usable(state(), POLICY) == ("AAE", "AAI")
    strict = replace(POLICY, passkey_supervised=True)
    assert passkeys.usable(state(strict), strict) == ("AAI",)
    assert passkeys.usable(state(held=None), POLICY) == ()
    off = replace(POLICY, passkey_face="off")
    assert passkeys.usable(state(off), off) == ()


@pytest.mark.parametrize(
    ("face", "route", "declined", "asked"),
    [
        ("required", "face", 0, True), ("required", "face", 1, True), ("required", "face", 2, False),
        ("allowed", "face", 0, False), ("off", "face", 0, False), ("off", "challenge", 0, True),
    ],
)  # fmt: skip
def test_each_challenge_asks_where_a_passkey_is_required_or_the_proof(
    face: str, route: str, declined: int, asked: bool
) -> None:
    policy = replace(POLICY, passkey_face=face)
    assert passkeys.asked(state(policy, declined=declined, route=route), policy) is asked


def test_without_a_passkey_none_is_asked_for() -> None:
    required = replace(POLICY, passkey_face="required")
    for held in (None, replace(HELD, keys=())):
        one = state(required, held)
        assert not passkeys.asked(one, required) and not passkeys.first_due(one, required)
        assert not passkeys.available(one, required)
    assert passkeys.first_due(state(required), required) and not passkeys.first_due(state(), POLICY)


@pytest.mark.parametrize(
    ("use", "held", "declined", "lack"),
    [
        ("required", HELD, 0, None),
        ("required", HELD, 1, ReasonCode.PASSKEY_MISSING),
        ("required", None, 0, ReasonCode.PASSKEY_MISSING),
        ("allowed", None, 2, None),
        ("off", None, 0, None),
    ],
)
def test_time_lacks_a_passkey_only_where_one_is_required(
    use: str, held: Passkeys | None, declined: int, lack: ReasonCode | None
) -> None:
    policy = replace(POLICY, passkey_face=use)
    assert passkeys.lack(state(policy, held, declined), policy) is lack
