"""Routes of the institution's reviewers: sessions, minute by minute, and captures; all need the staff key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from zaichang.api.deps import ApiDeps, staff
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import NotFound
from zaichang.core.ids import check_id
from zaichang.core.reasons import SENTENCES, ReasonCode
from zaichang.session.policy import policy_from_mapping, policy_to_mapping
from zaichang.storage.ports import SessionRow, StoredLeaf, StoredMinute

PAGE_MAX = 200
_SIGNATURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n", "image/png"), (b"RIFF", "image/webp"))


def review_router(deps: ApiDeps) -> APIRouter:
    """Return ``/v1/sessions``, ``/v1/sessions/{id}``, captures, and ``/v1/policies/{digest}``."""
    router = APIRouter(prefix="/v1")
    store = deps.ports.store

    @router.get("/sessions")
    async def sessions(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
        before_ms: Annotated[int, Query(ge=0, lt=2**53)] = 2**53 - 1,
    ) -> dict[str, Any]:
        institution = await staff(request, deps)
        rows = await store.sessions_of(institution.institution_id, limit, before_ms)
        return {
            "institution": {"id": institution.institution_id, "zh": institution.name_zh, "en": institution.name_en},
            "now_ms": deps.ports.clock.now_ms(),
            "sessions": [_summary(row, await store.minutes(row.session_id)) for row in rows],
        }

    @router.get("/sessions/{session_id}")
    async def session(request: Request, session_id: str) -> dict[str, Any]:
        row = await _own(request, deps, session_id)
        leaves = await store.leaves(session_id)
        minutes = await store.minutes(session_id)
        log = await deps.ports.logs.log_for(row.institution_id, row.opened_ms)
        return {
            **_summary(row, minutes),
            "now_ms": deps.ports.clock.now_ms(),
            "policy_digest": row.policy_digest,
            "log": log.origin,
            "timeline": [_minute(minute, leaves) for minute in minutes],
            "leaves": [
                {"seq": leaf.leaf_seq, "kind": leaf.kind, "at_ms": leaf.at_ms, "index": leaf.entry_index}
                for leaf in leaves
            ],
            "captures": [
                {"id": kept.capture_id, "at_ms": kept.at_ms, "kept": kept.deleted_ms is None}
                for kept in await store.captures(session_id)
            ],
        }

    @router.get("/sessions/{session_id}/captures/{capture_id}")
    async def capture(request: Request, session_id: str, capture_id: str) -> Response:
        row = await _own(request, deps, session_id)
        key = deps.ports.vault.unlock(await store.learner(row.institution_id, row.learner_id))
        picture = await asyncio.to_thread(deps.ports.blobs.get, key, session_id, check_id(capture_id, "capture_id"))
        kind = next((name for start, name in _SIGNATURES if picture.startswith(start)), "application/octet-stream")
        return Response(picture, media_type=kind, headers={"cache-control": "no-store"})

    @router.get("/policies/{digest}")
    async def policy(digest: str) -> dict[str, Any]:
        body = await store.policy(digest)
        return policy_to_mapping(policy_from_mapping(parse_canonical_object(body)))

    return router


async def _own(request: Request, deps: ApiDeps, session_id: str) -> SessionRow:
    """Return a session of the calling institution; another institution's is as unknown as none."""
    institution = await staff(request, deps)
    row = await deps.ports.store.session(check_id(session_id, "session_id"))
    if row.institution_id != institution.institution_id:
        raise NotFound("session.unknown", "There is no such session.")
    return row


def _summary(row: SessionRow, minutes: Sequence[StoredMinute]) -> dict[str, Any]:
    records = [json.loads(minute.body) for minute in minutes]
    return {
        "session": row.session_id,
        "learner": row.learner_id,
        "course": row.course_id,
        "lesson": row.lesson_id,
        "state": row.state,
        "opened_ms": row.opened_ms,
        "closed_ms": row.closed_ms,
        "superseded_by": row.superseded_by,
        "minutes": len(records),
        "verified_ms": sum(record["verified_ms"] for record in records),
        "verdicts": "".join(record["verdict"] for record in records),
    }


def _minute(minute: StoredMinute, leaves: Sequence[StoredLeaf]) -> dict[str, Any]:
    record: Mapping[str, Any] = json.loads(minute.body)
    leaf = next((leaf for leaf in leaves if leaf.leaf_seq == minute.leaf_seq), None)
    reasons = [ReasonCode(code) for code in record["reasons"]]
    return {
        **record,
        "reasons": [{"code": code.value, "zh": SENTENCES[code].zh, "en": SENTENCES[code].en} for code in reasons],
        "log_index": None if leaf is None else leaf.entry_index,
    }
