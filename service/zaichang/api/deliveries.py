"""Route of an institution's media servers: what they sent to whom (I5)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from zaichang.api.deps import ApiDeps, body, parsed, platform
from zaichang.ports.records import Delivery
from zaichang.review.media_delivery import RECORDS_MAX

BODY_MAX_BYTES = 512_000


class DeliveryRecord(BaseModel):
    """One record of a delivery log."""

    model_config = ConfigDict(extra="forbid", strict=True)

    launch: Annotated[str, Field(min_length=1, max_length=64)]
    from_ms: int
    to_ms: int
    sent_ms: int


class DeliveriesRequest(BaseModel):
    """Records, in any order."""

    model_config = ConfigDict(extra="forbid", strict=True)

    records: Annotated[list[DeliveryRecord], Field(max_length=RECORDS_MAX)]


def deliveries_router(deps: ApiDeps) -> APIRouter:
    """Return ``/v1/deliveries``."""
    router = APIRouter(prefix="/v1")

    @router.post("/deliveries")
    async def deliveries(request: Request) -> dict[str, Any]:
        institution = await platform(request, deps)
        asked = parsed(DeliveriesRequest, await body(request, BODY_MAX_BYTES))
        records = [
            Delivery(launch=each.launch, start_ms=each.from_ms, end_ms=each.to_ms, sent_ms=each.sent_ms)
            for each in asked.records
        ]
        return {"records": len(records), "new": await deps.deliveries.take(institution.institution_id, records)}

    return router
