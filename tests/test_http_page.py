"""docs/http.md: the service takes its examples, and writes its outbox line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import http_page
import pytest

from support.study import ManualClock, service
from support.web import Web, studied
from zaichang.api.app import describe
from zaichang.api.openapi import contract_routes

ROUTES = {route.unique_id: route for route in contract_routes(describe()) if route.body_model is not None}


def examples() -> dict[str, Any]:
    """Return the JSON body of each route's example, by the heading that it stands under."""
    found: dict[str, Any] = {}
    name = ""
    lines = iter(http_page.http_page().splitlines())
    for line in lines:
        if line.startswith("### "):
            name = line.removeprefix("### ").replace("-", "_")
        if line.startswith("Body ") and next(lines) == "" and next(lines) == "```json":
            found[name] = json.loads(next(lines))
    return found


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_each_example_of_a_body_fits_its_model(name: str) -> None:
    model = ROUTES[name].body_model
    assert model is not None
    model.model_validate(examples()[name])


async def test_the_outbox_line_has_the_fields_of_a_line_that_the_service_wrote(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        keys = await services.institutions.add("inst", "机构", "Institution")
        lesson = await services.store.lesson("inst", "course", "lesson")
        await services.store.put_lesson(replace(lesson, category="public", course_version="2026.1"))
        await studied(Web(services, clock, keys, None))  # type: ignore[arg-type]  # no client: it studies only
        [path] = (tmp_path / "outbox").glob("*.jsonl")
        written = json.loads(path.read_bytes().splitlines()[0])
    shown = json.loads(http_page.example_lines()[0])
    assert shown.keys() == written.keys() and shown["record"].keys() == written["record"].keys()
    assert shown["log"].keys() == written["log"].keys()
