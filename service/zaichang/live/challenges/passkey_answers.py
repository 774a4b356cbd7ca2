"""A learner's answer with a passkey: verified here, and decided by the core on the event that records it."""

from __future__ import annotations

from collections.abc import Callable

from zaichang.core.enums import ChallengeKind
from zaichang.core.ids import ChallengeId
from zaichang.ports.passkeys import Page, Signed
from zaichang.ports.records import SessionRow
from zaichang.ports.session import SessionPorts
from zaichang.protocol.messages import PasskeyAssertion
from zaichang.session.events import PasskeyAnswered
from zaichang.session.state import State


async def passkey_event(
    ports: SessionPorts, row: SessionRow, state: State, message: PasskeyAssertion
) -> Callable[[int], PasskeyAnswered]:
    """Verify an assertion; return the event that records it, given the time of its arrival.

    A passkey that was removed while the session ran does not hold any more.

    Args:
        ports: The passkeys and the library.
        row: The session.
        state: As it is now: the challenge that the assertion must answer is open.
        message: From the page.
    """
    verified = await _holds(ports, row, state, message)

    def event(at_ms: int) -> PasskeyAnswered:
        return PasskeyAnswered(
            at_ms=at_ms,
            challenge_id=ChallengeId(message.challenge_id),
            credential_id=message.credential_id,
            verified=verified,
            client_data=message.client_data,
            authenticator_data=message.authenticator_data,
            signature=message.signature,
        )

    return event


async def _holds(ports: SessionPorts, row: SessionRow, state: State, message: PasskeyAssertion) -> bool:
    challenge, held = state.challenges.open, state.info.passkeys
    if challenge is None or challenge.challenge_id != message.challenge_id or held is None:
        return False
    if challenge.kind != ChallengeKind.PASSKEY or message.credential_id not in challenge.options:
        return False
    stored = await ports.passkeys.passkeys(row.institution_id, row.learner_id)
    key = next((each for each in stored if each.passkey.credential_id == message.credential_id), None)
    if key is None:
        return False
    return ports.passkey_library.holds(
        Signed(
            credential_id=message.credential_id,
            client_data=message.client_data,
            authenticator_data=message.authenticator_data,
            signature=message.signature,
        ),
        Page(origin=held.origin, rp_id=held.rp_id),
        challenge=bytes.fromhex(challenge.expected),
        cose_key=key.cose_key,
    )
