"""openapi.json says what the routes do: the copy in the tree is current, and every operation is complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import error_codes

from support.web import web
from zaichang.api.__main__ import FILE
from zaichang.api.access import KEYS
from zaichang.api.app import describe
from zaichang.api.openapi import TAGS, as_text


def operations() -> list[dict[str, Any]]:
    paths = describe().openapi()["paths"]
    return [operation for path in paths.values() for operation in path.values()]


def test_the_copy_in_the_tree_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == as_text(describe().openapi()), "run: python -m zaichang.api --write"


def test_every_operation_is_named_described_and_grouped() -> None:
    names = [each["operationId"] for each in operations()]
    assert len(names) == len(set(names)) > 30
    for each in operations():
        assert each["summary"].endswith(".") and each["tags"][0] in TAGS, each["operationId"]
        assert all(set(need) <= set(KEYS) for need in each["security"])
        for parameter in each.get("parameters", []):
            assert parameter["description"], (each["operationId"], parameter["name"])


def test_every_answer_has_a_schema_and_every_refusal_the_one_shape() -> None:
    for each in operations():
        for status, answer in each["responses"].items():
            for content in answer["content"].values():
                assert content["schema"], (each["operationId"], status)
            if int(status) >= 400:
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}


def test_every_error_code_that_it_names_exists() -> None:
    known = {code for item in error_codes.all_raised() for code in item.codes} | {error_codes.UNFORESEEN}
    for each in operations():
        for status, answer in each["responses"].items():
            if int(status) < 400:
                continue
            for code in re.findall(r"`([^`]+)`", answer["description"]):
                area, _, what = code.partition(".")
                found = any(other.startswith(f"{area}.") for other in known) if what == "*" else code in known
                assert found, (each["operationId"], code)


def test_every_field_of_a_model_is_described() -> None:
    schemas = describe().openapi()["components"]["schemas"]
    for name, schema in schemas.items():
        if name == "JsonValue":
            continue
        assert schema.get("description"), name
        for field, about in schema.get("properties", {}).items():
            inner = about.get("items", about)
            assert about.get("description") or "$ref" in inner or inner.get("description") or "anyOf" in inner, (
                name,
                field,
            )


async def test_it_is_served_and_no_page_loads_from_another_host(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        served = await page.client.get("/openapi.json")
        assert served.json() == describe().openapi() and served.headers["content-type"] == "application/json"
        for path in ("/docs", "/redoc"):
            assert (await page.client.get(path)).status_code == 404
