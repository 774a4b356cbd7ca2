"""Routes of the statement: the platform's link for one learner, the learner's year under it, and its certificates."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from zaichang.api.access import ByPlatform, ByStatement
from zaichang.api.contract import contract_router, refused
from zaichang.api.hours.certificate_files import PDF_ANSWER, PDF_CODES, pdf_answer
from zaichang.api.hours.certificates import Number
from zaichang.api.hours.statement_view import StatementReader
from zaichang.api.models.certificates import CertificateCopyRequest
from zaichang.api.models.statements import StatementAnswer, StatementLink, StatementRequest
from zaichang.api.parameters import LearnerInPath
from zaichang.api.parts import Parts
from zaichang.core.errors import PeerViolation
from zaichang.core.ids import check_id
from zaichang.hours.packs import shipped_rules
from zaichang.launch.statement_tokens import STATEMENT_MS, StatementTicket

PRINTED_PER_MINUTE: Final = 6
"""Certificates that one learner may have drawn in a minute."""


def statements_router() -> APIRouter:
    """Return ``/v1/statements/{learner}``, ``/v1/me/statement`` and ``/v1/me/certificates``."""
    router = contract_router("hours", "/v1")

    @router.post("/statements/{learner}", responses=refused({422: ("statement.invalid", "id.invalid")}))
    async def give_statement_token(
        institution: ByPlatform, learner: LearnerInPath, asked: StatementRequest, parts: Parts
    ) -> StatementLink:
        """Give a token with which one learner reads the statement of their own hours, for a quarter of an hour.

        Open `page_path` for the learner, or hand the token to a page of your own. The institution says under which hour
        rules it counts the learner.
        """
        if asked.rules not in shipped_rules():
            raise PeerViolation(
                "statement.invalid",
                f"There are no hour rules {asked.rules!r}.",
                f"Shipped: {', '.join(shipped_rules())}.",
            )
        until_ms = parts.ports.clock.now_ms() + STATEMENT_MS
        ticket = StatementTicket(
            ticket_id=parts.ports.token_hex(16),
            institution_id=institution.institution_id,
            learner_id=check_id(learner, "learner"),
            rules=asked.rules,
        )
        token = parts.statement_tokens.issue(ticket, until_ms)
        return StatementLink(token=token, until_ms=until_ms, page_path=f"/statement#statement={token}")

    @router.get("/me/statement")
    async def get_my_statement(
        ticket: ByStatement,
        parts: Parts,
        year: Annotated[int | None, Query(ge=2000, le=9999, description="The year's label; none: this year.")] = None,
    ) -> StatementAnswer:
        """Show the learner's year: each amount with its reason, the gap, waiting matters, last dates of appeals."""
        return await StatementReader(parts, ticket).answer(year)

    @router.post(
        "/me/certificates/{number}/pdf",
        response_class=Response,
        responses={**PDF_ANSWER, **refused({**PDF_CODES, 429: ("rate.exceeded",)})},
    )
    async def print_my_certificate(
        ticket: ByStatement, number: Number, asked: CertificateCopyRequest, parts: Parts
    ) -> Response:
        """Give the learner a certificate of their own that stands, as a PDF."""
        owner = f"{ticket.institution_id}/{ticket.learner_id}"
        parts.rates.spend("certificates to print", owner, PRINTED_PER_MINUTE)
        proof = await parts.certificates.proof(ticket.institution_id, number, asked.name, ticket.learner_id)
        return await pdf_answer(parts.drawing, proof)

    return router
