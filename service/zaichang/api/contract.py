"""The rules that hold for every route: role first, known query parameters only, a bounded body, one error shape.

``ContractRoute`` fixes the order:

1. The role (``api.access``) returns the caller, or refuses the call.
2. A query parameter that the route does not declare, or that is given twice, is refused.
3. A JSON body is read up to its model's limit and parsed.
4. FastAPI validates parameters and body. Each refusal has the one error shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from zaichang.api.access import Role
from zaichang.api.models.common import Asked, ErrorAnswer
from zaichang.core.errors import PeerViolation

A = TypeVar("A", bound=Asked)
PHOTO_MAX_BYTES: Final = 8_000_000
"""A phone's photo; the decoder has its own limits (50 megapixels are refused there)."""
_TOLD_MAX: Final = 5
_PLACE_MAX_CHARS: Final = 64
_HINT: Final = "See docs/http.md."


class ContractRoute(APIRoute):
    """A route that follows the four steps of this module."""

    @property
    def role(self) -> Role[Any]:
        """The role that may call the route. A route without a role is an error in our code."""
        roles = [each.call for each in _all(self.dependant) if isinstance(each.call, Role)]
        if len(roles) != 1:
            raise TypeError(f"{self.path} must depend on exactly one role, not on {len(roles)}.")
        return roles[0]

    @property
    def body_model(self) -> type[Asked] | None:
        """The pydantic model of the JSON body; None where the route has no body."""
        model = self.body_field.field_info.annotation if self.body_field is not None else None
        return model if isinstance(model, type) and issubclass(model, Asked) else None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that Starlette calls for a request."""
        serve = super().get_route_handler()
        role, model = self.role, self.body_model
        known = frozenset(field.alias for each in _all(self.dependant) for field in each.query_params)
        refusal = model.refusal if model is not None else "http.invalid"

        async def handle(request: Request) -> Response:
            await role(request)
            _check_query(request, known)
            if model is not None:
                request = _parsed(request, await bounded_body(request, model.max_bytes))
            try:
                return await serve(request)
            except RequestValidationError as error:
                found = error.errors()
                in_body = all(item["loc"][:1] == ("body",) for item in found)
                raise _invalid(found, refusal if in_body else "http.invalid") from None

        return handle


def contract_router(tag: str, prefix: str = "") -> APIRouter:
    """Return a router whose routes are ``ContractRoute``.

    Args:
        tag: Groups the routes in openapi.json.
        prefix: Beginning of each route's path.
    """
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        route_class=ContractRoute,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )


def refused(codes: Mapping[int, tuple[str, ...]]) -> dict[int | str, dict[str, Any]]:
    """Return the error codes that a route itself can answer with, in the form of FastAPI's ``responses=``.

    Args:
        codes: Error codes by HTTP status.
    """
    return {
        status: {"model": ErrorAnswer, "description": ", ".join(f"`{code}`" for code in found)}
        for status, found in codes.items()
    }


async def bounded_body(request: Request, limit: int) -> bytes:
    """Return a request's body. Reading stops as soon as it is longer than the limit.

    Args:
        request: The request.
        limit: Most bytes of the body.

    Raises:
        PeerViolation: ``http.too_large``.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
        raise _too_large(limit)
    read: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        read.append(chunk)
    return b"".join(read)


def json_of(data: bytes) -> Any:
    """Return the value of a JSON body.

    Raises:
        PeerViolation: ``http.not_json``.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise PeerViolation("http.not_json", "The request's body is not JSON.") from None


def value_as(model: type[A], value: object) -> A:
    """Return a parsed JSON value as an instance of a model.

    Args:
        model: The pydantic model.
        value: The parsed JSON value.

    Raises:
        PeerViolation: The model's own refusal code where the value does not fit.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _invalid(error.errors(include_context=False), model.refusal) from None


def _invalid(found: Sequence[Mapping[str, Any]], code: str) -> PeerViolation:
    """Return the error for a request that does not fit its model; it names the first fields that are wrong."""
    places = [_place(item) for item in found[:_TOLD_MAX]]
    more = f" (and {len(found) - _TOLD_MAX} more)" if len(found) > _TOLD_MAX else ""
    return PeerViolation(code, f"The request does not fit: {'; '.join(places)}{more}.", _HINT)


def _place(item: Mapping[str, Any]) -> str:
    where = item["loc"][1:] if item["loc"][:1] == ("body",) else item["loc"]
    # A field's name may be the caller's: it is cut, and a lone surrogate in it must not break the answer's encoding.
    place = ".".join(str(part)[:_PLACE_MAX_CHARS] for part in where).encode("utf-8", "replace").decode()
    return f"{place}: {item['msg']}" if place else str(item["msg"])


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for each in dependant.dependencies:
        yield from _all(each)


def _check_query(request: Request, known: frozenset[str]) -> None:
    given = [name for name, _ in request.query_params.multi_items()]
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        shown = unknown[:_PLACE_MAX_CHARS].encode("utf-8", "replace").decode()
        allowed = ", ".join(sorted(known)) or "none"
        raise PeerViolation("http.invalid", f"There is no query parameter {shown!r}.", f"Known here: {allowed}.")
    if len(set(given)) != len(given):
        raise PeerViolation("http.invalid", "A query parameter is given twice.", _HINT)


def _parsed(request: Request, data: bytes) -> Request:
    """Return the request with its body read. The body is parsed as JSON, whatever content type the client declares."""
    scope = {**request.scope, "headers": list(request.scope["headers"])}
    MutableHeaders(scope=scope)["content-type"] = "application/json"
    held = Request(scope, request.receive)
    held._body, held._json = data, json_of(data)
    return held


def _too_large(limit: int) -> PeerViolation:
    return PeerViolation("http.too_large", f"The request's body may have {limit} bytes.")
