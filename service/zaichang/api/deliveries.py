"""Route for an institution's media servers: they report the media that they sent to a learner (rule I5)."""

from __future__ import annotations

from fastapi import APIRouter

from zaichang.api.access import ByPlatform
from zaichang.api.contract import contract_router, refused
from zaichang.api.models.lessons import DeliveriesAnswer, DeliveriesRequest
from zaichang.api.parts import Parts
from zaichang.ports.records import Delivery


def deliveries_router() -> APIRouter:
    """Return ``/v1/deliveries``."""
    router = contract_router("lessons", "/v1")

    @router.post(
        "/deliveries",
        responses=refused(
            {
                403: ("delivery.too_many",),
                404: ("learner.erased",),
                422: ("delivery.invalid", "id.invalid"),
            }
        ),
    )
    async def add_deliveries(institution: ByPlatform, asked: DeliveriesRequest, parts: Parts) -> DeliveriesAnswer:
        """Take records of the media that the institution's servers sent."""
        records = [
            Delivery(launch=each.launch, start_ms=each.from_ms, end_ms=each.to_ms, sent_ms=each.sent_ms)
            for each in asked.records
        ]
        new = await parts.deliveries.take(institution.institution_id, records)
        return DeliveriesAnswer(records=len(records), new=new)

    return router
