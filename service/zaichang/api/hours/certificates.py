"""Routes of certificates of hours: issue, list, copy, and revoke by two people."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from zaichang.api.access import ByReviewer, ByStaff
from zaichang.api.contract import contract_router, refused
from zaichang.api.decisions.revocations import PAGE_MAX
from zaichang.api.hours.certificate_files import COPY_CODES, PDF_ANSWER, PDF_CODES, file_answer, pdf_answer
from zaichang.api.models.certificates import (
    NUMBER_PATTERN,
    CertificateCopyRequest,
    CertificateEndRequest,
    CertificateLine,
    CertificateRequest,
    CertificatesAnswer,
    RulesTitle,
)
from zaichang.api.parameters import LearnerFilter
from zaichang.api.parts import Parts
from zaichang.api.views import names_of, reason_view
from zaichang.audit.certificate.proof import write_proof
from zaichang.audit.changes.rulings import REVOKE_REASONS
from zaichang.core.ids import LearnerId, check_id
from zaichang.hours.badges import MEDIA_TYPE
from zaichang.hours.certificates import CertificateWanted
from zaichang.hours.packs import load_rules, shipped_rules
from zaichang.ports.hours.certificates import CertificateRow

Number = Annotated[
    str,
    Path(
        description="The certificate's number.",
        examples=["9f3a01bc77d20e41"],
        json_schema_extra={"pattern": NUMBER_PATTERN},
    ),
]


def certificates_router() -> APIRouter:
    """Return ``/v1/certificates``."""
    router = contract_router("hours", "/v1")

    @router.get("/certificates", responses=refused({422: ("id.invalid",)}))
    async def list_certificates(
        caller: ByStaff,
        parts: Parts,
        learner: LearnerFilter = "",
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 50,
    ) -> CertificatesAnswer:
        """List the institution's certificates, the newest first."""
        wanted = LearnerId(check_id(learner, "learner")) if learner else None
        found = await parts.certificates.listed(caller.institution.institution_id, wanted, limit)
        return CertificatesAnswer(
            institution=names_of(caller.institution),
            reviewer=caller.reviewer_id,
            certificates=[_line(each) for each in found],
            packs=[
                RulesTitle(name=name, zh=load_rules(name).title_zh, en=load_rules(name).title_en)
                for name in shipped_rules()
            ],
            reasons=[reason_view(code.value) for code in REVOKE_REASONS],
        )

    @router.get("/certificates/{number}", responses=refused({404: ("certificate.unknown",)}))
    async def get_certificate(caller: ByStaff, number: Number, parts: Parts) -> CertificateLine:
        """Show one certificate of the institution, found by its number."""
        return _line(await parts.certificates.found(caller.institution.institution_id, number))

    @router.post(
        "/certificates",
        responses=refused(
            {
                403: (
                    "certificate.nothing",
                    "certificate.not_accepted",
                    "certificate.exists",
                    "certificate.closed",
                    "certificate.proposed",
                    "learner.erased",
                ),
                404: ("learner.unknown", "certificate.unknown"),
                422: ("certificate.invalid", "id.invalid"),
            }
        ),
    )
    async def issue_certificate(caller: ByReviewer, asked: CertificateRequest, parts: Parts) -> CertificateLine:
        """Issue a certificate of a learner's year, or one in the place of another; the log gets an entry."""
        wanted = CertificateWanted(
            learner_id=check_id(asked.learner, "learner"),
            rules=asked.rules,
            year=asked.year,
            name=asked.name,
            replaces=asked.replaces,
        )
        return _line(await parts.certificates.issue(caller.institution, caller.reviewer_id, wanted))

    @router.post(
        "/certificates/{number}/proof",
        response_class=Response,
        responses={
            200: {
                "description": "The certificate's data with its proof, as a file that `zaichang verify` checks.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **refused(COPY_CODES),
        },
    )
    async def copy_certificate(
        caller: ByStaff, number: Number, asked: CertificateCopyRequest, parts: Parts
    ) -> Response:
        """Give the data of a certificate that stands, proved to the newest checkpoint."""
        proof = await parts.certificates.proof(caller.institution.institution_id, number, asked.name)
        return file_answer(write_proof(proof), "application/json", f"{number}.certificate.json")

    @router.post("/certificates/{number}/pdf", response_class=Response, responses={**PDF_ANSWER, **refused(PDF_CODES)})
    async def print_certificate(
        caller: ByStaff, number: Number, asked: CertificateCopyRequest, parts: Parts
    ) -> Response:
        """Give a certificate that stands as a PDF, proved to the newest checkpoint."""
        proof = await parts.certificates.proof(caller.institution.institution_id, number, asked.name)
        return await pdf_answer(parts.drawing, proof)

    @router.post(
        "/certificates/{number}/badge",
        response_class=Response,
        responses={
            200: {
                "description": "The certificate as an Open Badges 3.0 credential: a VC-JWT signed with EdDSA.",
                "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
            },
            **refused({**COPY_CODES, 403: (*COPY_CODES[403], "certificate.badge_key")}),
        },
    )
    async def badge_certificate(
        caller: ByStaff, number: Number, asked: CertificateCopyRequest, parts: Parts
    ) -> Response:
        """Give a certificate that stands as a badge for other systems; it holds no name."""
        proof = await parts.certificates.proof(caller.institution.institution_id, number, asked.name)
        row = await parts.certificates.found(caller.institution.institution_id, number)
        status = parts.status_lists.entry(row.institution_id, row.status_place)
        badge = parts.badges.badge(replace(proof, name="", name_salt=b""), status)
        return file_answer(badge.encode(), MEDIA_TYPE, f"{number}.badge.jwt")

    @router.post(
        "/certificates/{number}/revocation",
        responses=refused(
            {
                403: ("certificate.closed", "certificate.proposed"),
                404: ("certificate.unknown",),
                422: ("certificate.invalid",),
            }
        ),
    )
    async def propose_end(
        caller: ByReviewer, number: Number, asked: CertificateEndRequest, parts: Parts
    ) -> CertificateLine:
        """Propose to revoke a certificate."""
        desk, institution_id = parts.certificates, caller.institution.institution_id
        return _line(await desk.propose_end(institution_id, caller.reviewer_id, number, asked.reason, asked.note))

    @router.post(
        "/certificates/{number}/revocation/confirm",
        responses=refused(
            {
                403: ("certificate.same_person", "certificate.not_proposed", "certificate.not_logged"),
                404: ("certificate.unknown",),
            }
        ),
    )
    async def confirm_end(caller: ByReviewer, number: Number, parts: Parts) -> CertificateLine:
        """Confirm another reviewer's proposal: the certificate is revoked, and the log gets an entry."""
        return _line(
            await parts.certificates.confirm_end(caller.institution.institution_id, caller.reviewer_id, number)
        )

    @router.post(
        "/certificates/{number}/revocation/refuse",
        responses=refused({403: ("certificate.not_proposed",), 404: ("certificate.unknown",)}),
    )
    async def refuse_end(caller: ByReviewer, number: Number, parts: Parts) -> CertificateLine:
        """Refuse a proposal, or withdraw one's own."""
        desk, institution_id = parts.certificates, caller.institution.institution_id
        return _line(await desk.refuse_end(institution_id, caller.reviewer_id, number))

    return router


def _line(row: CertificateRow) -> CertificateLine:
    return CertificateLine(
        number=row.number,
        learner=row.learner_id,
        year=row.year,
        rules=row.rules,
        state=row.state,
        issued_ms=row.issued_ms,
        issued_by=row.issued_by,
        replaces=row.replaces,
        replaced_by=row.replaced_by,
        entry=row.entry_index,
        reason=row.reason,
        note=row.note,
        proposed_by=row.proposed_by,
        decided_by=row.decided_by,
        decided_ms=row.decided_ms,
        revocation_entry=row.revoke_index,
    )
