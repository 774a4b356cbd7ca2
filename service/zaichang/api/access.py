"""The roles of the HTTP API: one for each kind of key or token. Routes declare their role as ``Depends``.

This file has no ``from __future__ import annotations``: FastAPI evaluates the annotations of a role's ``__call__`` and
cannot resolve annotations that are text.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Depends
from starlette.requests import Request

from zaichang.api.parts import ApiParts
from zaichang.core.enums import KeyRole
from zaichang.core.errors import NotAllowed
from zaichang.core.ids import NO_REVIEWER, ReviewerId
from zaichang.hours.activities.actors import Actor
from zaichang.launch.passkeys import Registering
from zaichang.launch.statement_tokens import StatementTicket
from zaichang.launch.tokens import LaunchClaims
from zaichang.ledger.activities.stages import Party
from zaichang.ports.records import Institution

T = TypeVar("T")

KEYS: Final = {
    "platformKey": "The key of the institution's learning platform. It opens launches, enrols and keeps lessons.",
    "staffKey": "The key that an institution's reviewers share. It reads, and it gives reviewers their own keys.",
    "reviewerKey": "One reviewer's own key. It reads and decides cases.",
    "employerKey": "The key of an employer. It confirms or refuses what the employer's own people hand in.",
    "launchToken": "The token of one launch, as `POST /v1/launch` gave it. It belongs to one learner and one lesson.",
    "statementToken": "The token of one learner's statement, as `POST /v1/statements/{learner}` gave it. It names no "
    "lesson.",
}
"""Security scheme of each key or token, with its description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The holder of one of an institution's keys.

    Attributes:
        institution: The institution that the key belongs to.
        actor: ``platform``, ``staff`` or the reviewer's id; the audit trail records it.
        reviewer_id: The reviewer's id; empty for a platform or staff key.
    """

    institution: Institution
    actor: str
    reviewer_id: ReviewerId = NO_REVIEWER


class Role(Generic[T]):
    """A FastAPI dependency that returns the caller, or refuses the call.

    The route class asks the role before it reads a request's body. So a caller without a key cannot make the service
    read a
    body.
    """

    def __init__(
        self, keys: tuple[str, ...], check: Callable[[ApiParts, str], Awaitable[T]], codes: tuple[str, ...] = ()
    ) -> None:
        """Set up a role.

        Args:
            keys: The kinds of keys (names in ``KEYS``) that have this role. Without any the route is public.
            check: Given the key's text from the Authorization header, returns the caller.
            codes: Error codes, beside ``auth.role``, with which a known caller is refused.
        """
        self.keys = keys
        self.codes = codes
        self._check = check

    async def __call__(self, request: Request) -> T:
        """Return the caller of a request; the check is made once for each request.

        Raises:
            NotAllowed: ``auth.required``, ``auth.role``, ``token.forged``, ``token.expired`` or one of ``codes``.
        """
        if self not in (held := request.scope.setdefault("zaichang.callers", {})):
            held[self] = await self._check(request.app.state.parts, _key(request) if self.keys else "")
        caller: T = held[self]
        return caller


def _key(request: Request) -> str:
    """Return the key or token of the Authorization header.

    Raises:
        NotAllowed: ``auth.required``.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise NotAllowed("auth.required", "A valid key is required.", "Send it as Authorization: Bearer <key>.")
    return key.strip()


async def _no_client(parts: ApiParts, key: str) -> None:
    """Return no caller: public routes need no key."""


async def _platform(parts: ApiParts, key: str) -> Institution:
    return await parts.institutions.of_key(key, KeyRole.PLATFORM)


async def _owner(parts: ApiParts, key: str) -> Institution:
    return await parts.institutions.of_key(key, KeyRole.STAFF)


async def _staff(parts: ApiParts, key: str) -> Caller:
    institution, reviewer_id = await parts.institutions.reviewer_of_key(key)
    return Caller(institution=institution, actor=reviewer_id or KeyRole.STAFF, reviewer_id=reviewer_id)


async def _reviewer(parts: ApiParts, key: str) -> Caller:
    caller = await _staff(parts, key)
    if not caller.reviewer_id:
        raise NotAllowed(
            "review.personal_key",
            "Deciding needs a reviewer's own key; this is the staff key that several people share.",
            "Create one: POST /v1/reviewers, or zaichang manage reviewer.",
        )
    return caller


async def _any_key(parts: ApiParts, key: str) -> Caller:
    try:
        return await _staff(parts, key)
    except NotAllowed as error:
        if error.code != "auth.role":
            raise
    return Caller(institution=await _platform(parts, key), actor=KeyRole.PLATFORM)


async def _party(parts: ApiParts, key: str) -> Actor:
    """Return the side that a key or token speaks for: an employer, the platform, a person of the office, a learner."""
    employer = await parts.activities.employers.of_key(key)
    if employer is not None:
        return Actor(
            institution_id=employer.institution_id,
            party=Party.EMPLOYER,
            name=f"employer.{employer.unit_id}",
            unit_id=employer.unit_id,
        )
    if key.count(".") == 2:
        owner: LaunchClaims | StatementTicket
        try:
            owner = await _statement(parts, key)
        except NotAllowed as error:
            if error.code != "token.audience":
                raise
            owner = await _learner(parts, key)
        return Actor(
            institution_id=owner.institution_id, party=Party.LEARNER, name=Party.LEARNER, learner_id=owner.learner_id
        )
    caller = await _any_key(parts, key)
    platform = caller.actor == KeyRole.PLATFORM
    return Actor(
        institution_id=caller.institution.institution_id,
        party=Party.PLATFORM if platform else Party.OFFICE,
        name=caller.actor,
    )


async def _learner(parts: ApiParts, key: str) -> LaunchClaims:
    return parts.tokens.verify(key, parts.ports.clock.now_ms())


async def _enrolling(parts: ApiParts, key: str) -> LaunchClaims:
    claims = await _learner(parts, key)
    if not claims.enrol:
        raise NotAllowed("enrol.not_granted", "This launch does not allow the learner to enrol.")
    return claims


async def _registering(parts: ApiParts, key: str) -> Registering:
    ticket = parts.tokens.verify_passkey(key, parts.ports.clock.now_ms())
    if ticket is not None:
        return Registering(
            institution_id=ticket.institution_id,
            learner_id=ticket.learner_id,
            key_id=ticket.ticket_id,
            supervised=True,
        )
    claims = await _enrolling(parts, key)
    return Registering(
        institution_id=claims.institution_id, learner_id=claims.learner_id, key_id=claims.token_id, supervised=False
    )


async def _statement(parts: ApiParts, key: str) -> StatementTicket:
    return parts.statement_tokens.verify(key, parts.ports.clock.now_ms())


PUBLIC: Final = Role((), _no_client)
PLATFORM: Final = Role(("platformKey",), _platform)
OWNER: Final = Role(("staffKey",), _owner)
STAFF: Final = Role(("staffKey", "reviewerKey"), _staff)
REVIEWER: Final = Role(("reviewerKey",), _reviewer, ("review.personal_key",))
ANY_KEY: Final = Role(("platformKey", "staffKey", "reviewerKey"), _any_key)
LEARNER: Final = Role(("launchToken",), _learner)
PARTY: Final = Role(
    ("platformKey", "staffKey", "reviewerKey", "employerKey", "launchToken", "statementToken"),
    _party,
    ("token.audience", "token.malformed", "token.forged", "token.expired"),
)
ENROLLING: Final = Role(("launchToken",), _enrolling, ("enrol.not_granted",))
REGISTERING: Final = Role(("launchToken",), _registering, ("enrol.not_granted",))
STATEMENT: Final = Role(("statementToken",), _statement)

Public = Depends(PUBLIC)
"""Among a route's ``dependencies``: the route says that it asks for no key."""
ByPlatform = Annotated[Institution, Depends(PLATFORM)]
ByOwner = Annotated[Institution, Depends(OWNER)]
ByStaff = Annotated[Caller, Depends(STAFF)]
ByReviewer = Annotated[Caller, Depends(REVIEWER)]
ByAnyKey = Annotated[Caller, Depends(ANY_KEY)]
ByLearner = Annotated[LaunchClaims, Depends(LEARNER)]
ByParty = Annotated[Actor, Depends(PARTY)]
ByEnrolling = Annotated[LaunchClaims, Depends(ENROLLING)]
ByRegistering = Annotated[Registering, Depends(REGISTERING)]
ByStatement = Annotated[StatementTicket, Depends(STATEMENT)]
