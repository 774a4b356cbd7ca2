"""Routes of employers: the institution gives each a key of its own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from zaichang.api.access import ByOwner
from zaichang.api.contract import contract_router, refused
from zaichang.api.models.activities import EmployerKey, EmployerLine, EmployerRequest, EmployersAnswer
from zaichang.api.models.common import Done
from zaichang.api.parameters import id_in_path
from zaichang.api.parts import Parts
from zaichang.core.ids import check_id
from zaichang.ports.hours.activities import UnitId

UnitInPath = Annotated[UnitId, id_in_path("The employer.", "hospital-1")]


def employers_router() -> APIRouter:
    """Return ``/v1/employers``."""
    router = contract_router("activities", "/v1")

    @router.get("/employers")
    async def list_employers(institution: ByOwner, parts: Parts) -> EmployersAnswer:
        """List the institution's employers."""
        found = await parts.activities.employers.all(institution.institution_id)
        return EmployersAnswer(
            employers=[
                EmployerLine(
                    employer=each.unit_id,
                    zh=each.name_zh,
                    en=each.name_en,
                    created_ms=each.created_ms,
                    revoked_ms=each.revoked_ms,
                )
                for each in found
            ]
        )

    @router.put("/employers/{unit}", responses=refused({422: ("employer.name", "id.invalid")}))
    async def put_employer(institution: ByOwner, unit: UnitInPath, asked: EmployerRequest, parts: Parts) -> EmployerKey:
        """Give an employer a key of its own, which is shown once; an older key of the same employer ends."""
        key = await parts.activities.employers.add(institution.institution_id, unit, asked.zh, asked.en)
        return EmployerKey(employer=unit, key=key)

    @router.delete("/employers/{unit}", responses=refused({404: ("employer.unknown",), 422: ("id.invalid",)}))
    async def revoke_employer(institution: ByOwner, unit: UnitInPath, parts: Parts) -> Done:
        """End an employer's key; its confirmations stay."""
        await parts.activities.employers.revoke(institution.institution_id, check_id(unit, "employer"))
        return Done(ok=True)

    return router
