"""The learner's receipt over HTTP. It needs the launch token of the same session, and requests are limited."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from zaichang.api.access import ByLearner
from zaichang.api.contract import contract_router, refused
from zaichang.api.parameters import SessionInPath
from zaichang.api.parts import Parts
from zaichang.core.errors import EvidenceError, NotFound, PeerViolation
from zaichang.core.ids import check_id
from zaichang.log.bundles import place_of
from zaichang.log.reader import LogReader
from zaichang.log.receipts import session_receipt
from zaichang.log.witness_client import witnessed
from zaichang.ports.log.places import LogPlace

PER_MINUTE: Final = 6
_MINUTE_MS: Final = 60_000
_REMEMBERED: Final = 10_000


class AskLimit:
    """A limit of requests per minute for each session. Only the most recent sessions are remembered."""

    def __init__(self, per_minute: int = PER_MINUTE, remembered: int = _REMEMBERED) -> None:
        """Begin with no request counted.

        Args:
            per_minute: Requests that one session may make in a minute.
            remembered: Number of sessions whose requests are remembered.
        """
        self._per_minute = per_minute
        self._remembered = remembered
        self._asked: OrderedDict[str, list[int]] = OrderedDict()

    def ask(self, key: str, now_ms: int) -> None:
        """Count a request.

        Args:
            key: The session's id.
            now_ms: Server time.

        Raises:
            PeerViolation: ``http.too_often`` where the session made too many.
        """
        recent = [at for at in self._asked.pop(key, []) if at > now_ms - _MINUTE_MS]
        self._asked[key] = recent
        if len(self._asked) > self._remembered:
            self._asked.popitem(last=False)
        if len(recent) >= self._per_minute:
            raise TooOften("http.too_often", f"A receipt may be asked for {self._per_minute} times a minute.", "Wait.")
        recent.append(now_ms)


class TooOften(PeerViolation):
    """The error for too many requests."""

    http_status = 429


def receipts_router() -> APIRouter:
    """Return ``/v1/sessions/{id}/receipt``, for the learner's page (the review page has its own routes)."""
    router = contract_router("learner", "/v1")
    limit = AskLimit()

    @router.get(
        "/sessions/{session_id}/receipt",
        response_class=Response,
        responses={
            200: {
                "description": "The receipt, as a file; `zaichang verify` checks it (docs/evidence.md).",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **refused(
                {
                    403: ("receipt.not_ended",),
                    404: ("session.unknown", "learner.erased"),
                    422: ("id.invalid",),
                    429: ("http.too_often",),
                }
            ),
        },
    )
    async def get_receipt(claims: ByLearner, session_id: SessionInPath, parts: Parts) -> Response:
        """Give the learner's receipt of the session that this very token opened, six times a minute at most."""
        check_id(session_id, "session_id")
        row = await parts.ports.history.session_of_token(claims.token_id)
        if row is None or row.session_id != session_id:
            # The same answer for another's session and for none: nothing is to be learnt from asking.
            raise NotFound("session.unknown", "This token has no such session.")
        limit.ask(session_id, parts.ports.clock.now_ms())
        reader = await asyncio.to_thread(_reader, place_of(parts.logs, row))
        data = await session_receipt(parts.ports.evidence, parts.ports.vault, reader, row)
        name = f'attachment; filename="{session_id}.receipt.json"'
        return Response(data, media_type="application/json", headers={"content-disposition": name})

    return router


def _reader(place: LogPlace) -> LogReader:
    """Return a reader of the newest cosigned checkpoint; of the newest checkpoint where no witness has cosigned one."""
    newest = LogReader(place.published)
    try:
        cosigned = LogReader(place.published, witnessed(place.side_files))
    except (NotFound, EvidenceError):
        return newest
    # Some seconds behind at most; a session that ended since is shown by the newest.
    return cosigned if cosigned.size == newest.size else newest
