"""openapi.json: FastAPI's description of the routes, with the roles, common refusals and limits written into it.

``python -m zaichang.api`` prints it; the copy in the tree (service/zaichang/api/openapi.json) must be equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request

from zaichang.api.access import KEYS, Public
from zaichang.api.contract import ContractRoute, contract_router
from zaichang.api.models.enrolment import Photos

DESCRIPTION: Final = (
    "Launches, enrolment, lessons, review and the public log of a Zaichang service. Keys and tokens travel as"
    " `Authorization: Bearer <key>`. Every error has one shape. A field or query parameter that is not named here is"
    " refused. The websocket `/v1/session` is described in docs/protocol.md."
)
TAGS: Final = {
    "launch": "A learning platform launches a lesson; the learner's page asks about it.",
    "enrolment": "References that captures are compared with.",
    "learner": "A learner's own sessions, receipt and appeal.",
    "hours": "Certificates of hours, and the statement of a learner's year.",
    "filing": "Batches of hours for the authorities' platforms, and the platforms' answers.",
    "review": "Sessions, pictures, cases, decisions and the audit trail, for the institution's reviewers.",
    "lessons": "Lessons, their rules and question banks, allowances, reviewers, delivery logs.",
    "activities": "Activities beyond study: checklists, evidence, confirmation, approval, appeals, employers.",
    "public": "Health, policies and the log; no key is needed.",
}
_SCHEMAS: Final = "#/components/schemas/"
_ERROR: Final = {"application/json": {"schema": {"$ref": f"{_SCHEMAS}ErrorAnswer"}}}


def openapi_router() -> APIRouter:
    """Return ``/openapi.json``."""
    router = contract_router("public")

    @router.get("/openapi.json", dependencies=[Public])
    async def get_openapi_document(request: Request) -> dict[str, Any]:
        """Give this description of the API."""
        described: dict[str, Any] = request.app.openapi()
        return described

    return router


def contract_routes(app: FastAPI) -> Iterator[ContractRoute]:
    """Yield all routes of the API, in the order in which they are registered."""
    return (route for route in app.routes if isinstance(route, ContractRoute))


def as_text(described: dict[str, Any]) -> str:
    """Return the OpenAPI document as the text of the file in the tree."""
    return json.dumps(described, ensure_ascii=False, indent=1) + "\n"


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application. It is built once and kept."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    routes = list(contract_routes(app))
    described = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        separate_input_output_schemas=False,
    )
    schemas = described["components"]["schemas"]
    # The models of bodies that may also be a picture are not FastAPI's to find.
    schemas["Photos"] = Photos.model_json_schema(ref_template=_SCHEMAS + "{model}")
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for route in routes:
        for method in sorted(route.methods or ()):
            _complete(described["paths"][route.path_format][method.lower()], route, schemas)
    described["components"] = {
        "securitySchemes": {
            name: {"type": "http", "scheme": "bearer", "description": text} for name, text in KEYS.items()
        },
        "schemas": {name: _untitled(schemas[name]) for name in sorted(schemas)},
    }
    described["paths"] = _untitled(described["paths"])
    return described


def _complete(operation: dict[str, Any], route: ContractRoute, schemas: dict[str, Any]) -> None:
    """Add the role, the refusals and the body's limit to one operation of the document."""
    summary, _, rest = (route.description or route.name).partition("\n\n")
    operation["summary"] = " ".join(summary.split())
    operation.pop("description", None)
    if rest:
        operation["description"] = " ".join(rest.split())
    operation["security"] = [{key: []} for key in route.role.keys]
    model = route.body_model
    if model is not None:
        operation["requestBody"]["description"] = f"At most {model.max_bytes} bytes."
    responses = operation["responses"]
    shown = responses["200"].get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    if shown:
        responses["200"]["description"] = schemas[shown.removeprefix(_SCHEMAS)].get("description", "The answer.")
    elif responses["200"]["description"] == "Successful Response":
        responses["200"]["description"] = "The answer."
    for status, codes in sorted(_refusals(operation, route).items()):
        text = ", ".join(f"`{code}`" for code in dict.fromkeys(codes))
        responses[str(status)] = {"description": text, "content": _ERROR}
    operation["responses"] = {status: responses[status] for status in sorted(responses)}


def _refusals(operation: dict[str, Any], route: ContractRoute) -> dict[int, list[str]]:
    """Return all error codes that a route can answer with, by HTTP status."""
    found: dict[int, list[str]] = {500: ["server.error"], 503: ["storage.*"]}
    keys = route.role.keys
    if keys:
        by_token = keys in (("launchToken",), ("statementToken",))
        found[401], found[403] = ["auth.required"], [] if by_token else ["auth.role"]
        if by_token:
            found[401] += ["token.expired", "token.forged"]
            found[403] += ["token.audience", "token.malformed"]
        found[403] += route.role.codes
    if route.path.startswith("/v1/"):
        found[429] = ["rate.exceeded"]
    found[422] = ["http.invalid"]
    if "requestBody" in operation:
        found[413] = ["http.too_large"]
    if route.body_model is not None or "application/json" in operation.get("requestBody", {}).get("content", {}):
        found[422].append("http.not_json")
    for status, answer in route.responses.items():
        if int(status) >= 400:
            own = [code.strip().strip("`") for code in answer["description"].split(",")]
            found.setdefault(int(status), []).extend(own)
    return found


def _untitled(value: Any) -> Any:
    """Return a schema without the titles that pydantic derives from field names; they add nothing."""
    if isinstance(value, dict):
        return {key: _untitled(each) for key, each in value.items() if key != "title" or not isinstance(each, str)}
    return [_untitled(each) for each in value] if isinstance(value, list) else value
