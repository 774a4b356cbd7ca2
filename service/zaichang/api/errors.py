"""One error shape for every route: ``{"error": {"code", "message", "hint"}}``."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from zaichang.core.errors import NotAllowed, ZaichangError
from zaichang.live.rate_limits import RateExceeded

_log = logging.getLogger("zaichang.api")


def install_errors(app: FastAPI) -> None:
    """Make every failure of a route answer in the one error shape."""
    app.add_exception_handler(ZaichangError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


class ErrorResponse(JSONResponse):
    """The response that carries an error.

    A caller may send text that UTF-8 cannot encode (a lone surrogate). Quoting such text must not make the answer fail.
    """

    def render(self, content: Any) -> bytes:
        """Return the body's bytes."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _answer(status: int, code: str, message: str, hint: str = "") -> JSONResponse:
    return ErrorResponse({"error": {"code": code, "message": message, "hint": hint}}, status_code=status)


async def _known(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, ZaichangError):
        return await _unknown(request, error)
    status = error.http_status
    if isinstance(error, NotAllowed) and error.code in ("auth.required", "token.expired", "token.forged"):
        status = 401
    if error.code == "http.too_large":
        status = 413
    headers = {"retry-after": str(error.retry_after_s)} if isinstance(error, RateExceeded) else None
    return ErrorResponse(error.as_dict(), status_code=status, headers=headers)


async def _http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    codes = {404: ("http.not_found", "There is nothing here."), 405: ("http.method", "This method is not served here.")}
    code, message = codes.get(status, ("http.error", f"The request failed with status {status}."))
    return _answer(status, code, message)


async def _unknown(request: Request, error: Exception) -> JSONResponse:
    _log.error("a route failed: %s", type(error).__name__, exc_info=error)
    return _answer(500, "server.error", "Something went wrong on our side.", "Try again; tell us if it stays.")
