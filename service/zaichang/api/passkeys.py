"""Routes of passkeys: registration by the learner, tickets, lists and removal by the institution."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.requests import Request

from zaichang.api.access import ByPlatform, ByRegistering
from zaichang.api.contract import contract_router, refused
from zaichang.api.models.common import Done
from zaichang.api.models.passkeys import PasskeyAnswer, PasskeyMade, PasskeyOptions, PasskeyTicketAnswer
from zaichang.api.parameters import LearnerInPath
from zaichang.api.parts import Parts
from zaichang.api.websocket import origin_allowed
from zaichang.core.errors import NotAllowed
from zaichang.core.ids import check_id
from zaichang.ports.passkeys import StoredPasskey

CredentialId = Annotated[
    str, Path(max_length=1_400, pattern=r"^[A-Za-z0-9_-]+$", description="A passkey's name, base64url.")
]
_REGISTERING: Final = {
    403: ("passkey.exists", "passkey.ticket_used", "origin.not_allowed"),
    404: ("learner.erased",),
}
_MADE: Final = {403: ("passkey.exists", "passkey.ticket_used"), 422: ("passkey.refused", "passkey.not_begun")}


def passkeys_router() -> APIRouter:
    """Return ``/v1/enrol/{learner}/passkey``, ``/v1/enrol-me/passkey`` and ``/v1/passkeys``."""
    router = contract_router("enrolment", "/v1")

    @router.post("/enrol/{learner}/passkey", responses=refused({404: ("learner.erased",), 422: ("id.invalid",)}))
    async def give_passkey_ticket(institution: ByPlatform, learner: LearnerInPath, parts: Parts) -> PasskeyTicketAnswer:
        """Give a ticket with which the learner's device registers a passkey, while the institution looks on.

        Open `page_path` on the learner's own device (as a link or a QR code), or hand the ticket to a page of your own.
        It holds for a quarter of an hour.
        """
        ticket, until_ms = await parts.passkeys.ticket(institution.institution_id, check_id(learner, "learner"))
        return PasskeyTicketAnswer(ticket=ticket, until_ms=until_ms, page_path=f"/passkey#ticket={ticket}")

    @router.post("/enrol-me/passkey/options", responses=refused({**_REGISTERING, 422: ("passkey.origin",)}))
    async def begin_passkey(who: ByRegistering, request: Request, parts: Parts) -> PasskeyOptions:
        """Begin to register a passkey: the first one of the learner, or any with a ticket."""
        parts.rates.spend("passkeys", who.key_id, parts.rates.limits.photos)
        origin = request.headers.get("origin")
        if origin is None or not origin_allowed(origin, request.headers.get("host"), parts.allowed_origins):
            raise NotAllowed(
                "origin.not_allowed",
                "Pages of this origin may not register passkeys here.",
                "Add the page's origin to allowed_origins of the service.",
            )
        return PasskeyOptions(options=await parts.passkeys.begin(who, origin))

    @router.post("/enrol-me/passkey", responses=refused(_MADE))
    async def register_passkey(who: ByRegistering, asked: PasskeyMade, parts: Parts) -> PasskeyAnswer:
        """Register the passkey that the learner's device has made."""
        return _shown(await parts.passkeys.finish(who, asked.credential))

    @router.get("/passkeys/{learner}", responses=refused({422: ("id.invalid",)}))
    async def list_passkeys(institution: ByPlatform, learner: LearnerInPath, parts: Parts) -> list[PasskeyAnswer]:
        """List a learner's passkeys."""
        held = await parts.passkeys.held(institution.institution_id, check_id(learner, "learner"))
        return [_shown(each) for each in held]

    @router.delete(
        "/passkeys/{learner}/{credential}", responses=refused({404: ("passkey.unknown",), 422: ("id.invalid",)})
    )
    async def remove_passkey(
        institution: ByPlatform, learner: LearnerInPath, credential: CredentialId, parts: Parts
    ) -> Done:
        """Remove a passkey, such as that of a lost device. Running sessions do not accept it any more."""
        await parts.passkeys.remove(institution.institution_id, check_id(learner, "learner"), credential)
        return Done(ok=True)

    return router


def _shown(made: StoredPasskey) -> PasskeyAnswer:
    key = made.passkey
    return PasskeyAnswer(
        credential=key.credential_id,
        domain=made.rp_id,
        at_ms=key.at_ms,
        supervised=key.supervised,
        synced=key.synced,
    )
