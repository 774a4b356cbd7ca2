"""Statement tokens: with one, a learner reads the statement of their own hours and hands in activities, no more.

A statement token has an audience of its own: it opens no session, and a launch token opens no statement. It names no
lesson. It lives a quarter of an hour, and its header names the key that signed it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.core.ids import InstitutionId, LearnerId, check_id
from zaichang.launch.tokens import ALGORITHM, ISSUER, named_faults, payload_of

STATEMENT_AUDIENCE: Final = "zaichang-statement"
STATEMENT_MS: Final = 900_000
"""How long a statement token lives."""
_KEY_ID_CHARS: Final = 16
_HINT: Final = "Open the statement again from your learning platform."


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTicket:
    """The claims of a statement token.

    Attributes:
        ticket_id: Random.
        institution_id: Whose learner.
        learner_id: The institution's pseudonym.
        rules: Name of the hour rules under which the institution counts this learner.
    """

    ticket_id: str
    institution_id: InstitutionId
    learner_id: LearnerId
    rules: str


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    jti: Annotated[str, msgspec.Meta(min_length=16, max_length=64)]
    iss: str
    aud: str
    exp: int
    sub: str
    inst: str
    rules: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class StatementTokens:
    """Issues and checks statement tokens with one Ed25519 key."""

    def __init__(self, private_key: bytes) -> None:
        """Use a 32-byte Ed25519 seed."""
        self._private = Ed25519PrivateKey.from_private_bytes(private_key)
        self._public = self._private.public_key()
        self.key_id = hashlib.sha256(self._public.public_bytes_raw()).hexdigest()[:_KEY_ID_CHARS]

    def issue(self, ticket: StatementTicket, expires_ms: int) -> str:
        """Return the compact token."""
        payload = {
            "jti": ticket.ticket_id,
            "iss": ISSUER,
            "aud": STATEMENT_AUDIENCE,
            "exp": expires_ms // 1000,
            "sub": ticket.learner_id,
            "inst": ticket.institution_id,
            "rules": ticket.rules,
        }
        return jwt.encode(payload, self._private, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def verify(self, token: str, now_ms: int) -> StatementTicket:
        """Return a token's claims.

        Args:
            token: As the page sent it; never logged.
            now_ms: Server time.

        Raises:
            NotAllowed: ``token.malformed``, ``token.forged``, ``token.audience`` or ``token.expired``.
        """
        with named_faults("This token does not open a statement.", _HINT):
            claims = self._claims(payload_of(token, self._public, STATEMENT_AUDIENCE, "sub"))
            key_id = jwt.get_unverified_header(token).get("kid")
        if key_id != self.key_id:
            raise _refused("token.forged", "The token names another key than ours.")
        if now_ms >= claims.exp * 1000:
            raise _refused("token.expired", "The statement token has expired.")
        return StatementTicket(
            ticket_id=claims.jti,
            institution_id=InstitutionId(claims.inst),
            learner_id=LearnerId(claims.sub),
            rules=claims.rules,
        )

    def _claims(self, payload: dict[str, Any]) -> _Payload:
        try:
            fields = msgspec.convert(payload, _Payload)
        except msgspec.ValidationError as error:
            raise PeerViolation("launch.invalid", f"A statement token does not fit: {error}.") from None
        check_id(fields.inst, "institution_id")
        check_id(fields.sub, "learner_id")
        return fields


def _refused(code: str, message: str) -> NotAllowed:
    return NotAllowed(code, message, _HINT)
