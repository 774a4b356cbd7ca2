"""Passkeys: which ones may answer, when one is asked for, and the time that lacks one. Pure.

A passkey proves that the learner's device was at the page and that the device checked its owner. Where the policy
requires one, time without it is not lost: it goes to a person, and no learner is locked out.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from zaichang.core.enums import PasskeyUse
from zaichang.core.reasons import ReasonCode
from zaichang.session.policy import Policy
from zaichang.session.policy_fields import PASSKEYS_SINCE_SCHEMA
from zaichang.session.state import State

_USES: Final = MappingProxyType({each.value: each for each in PasskeyUse})
DECLINED_MAX: Final = 2
"""After so many times in a row a session stops asking for a passkey."""


def use(state: State, policy: Policy) -> PasskeyUse:
    """Return the policy's use of passkeys on this session's route."""
    if policy.schema < PASSKEYS_SINCE_SCHEMA:
        return PasskeyUse.OFF
    return _USES[policy.passkey_face if state.uses_captures(policy) else policy.passkey_challenge]


def usable(state: State, policy: Policy) -> tuple[str, ...]:
    """Return the ids of the passkeys that may answer in this session."""
    held = state.info.passkeys
    if held is None or use(state, policy) is PasskeyUse.OFF:
        return ()
    return tuple(key.credential_id for key in held.keys if key.supervised or not policy.passkey_supervised)


def available(state: State, policy: Policy) -> bool:
    """Return whether the learner may be asked for a passkey now."""
    return state.challenges.passkey_declined < DECLINED_MAX and bool(usable(state, policy))


def asked(state: State, policy: Policy) -> bool:
    """Return whether each challenge asks for a passkey: where it is required, and where it is the proof."""
    if not available(state, policy):
        return False
    return use(state, policy) is PasskeyUse.REQUIRED or not state.uses_captures(policy)


def lack(state: State, policy: Policy) -> ReasonCode | None:
    """Return PASSKEY_MISSING where time goes to a person for want of a passkey, else None.

    An open passkey challenge is no lack: it holds the time back until it is answered (I6).
    """
    if use(state, policy) is not PasskeyUse.REQUIRED:
        return None
    missing = state.challenges.passkey_declined > 0 or not usable(state, policy)
    return ReasonCode.PASSKEY_MISSING if missing else None


def first_due(state: State, policy: Policy) -> bool:
    """Return whether the session owes its first passkey, so that one is asked for as soon as it plays."""
    return state.challenges.passkey_first and asked(state, policy)
