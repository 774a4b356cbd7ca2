"""Schemathesis against openapi.json: requests that fit it and requests that do not, with every kind of key.

Bounded and derandomised: the same requests each time. A real server answers on loopback, over a real data folder.
"""

from __future__ import annotations

import asyncio
import functools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from support.study import service, token
from support.web import statement_token
from zaichang.api.app import describe
from zaichang.main.service import create_service_app

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
WAIT_S = 60
KEYS = {
    "platformKey": "platform", "staffKey": "staff", "reviewerKey": "reviewer", "launchToken": "launch",
    "statementToken": "statement",
}  # fmt: skip
CONTRACT = Path(__file__).resolve().parents[3] / "service" / "zaichang" / "api" / "openapi.json"


@functools.cache
def operations() -> dict[str, APIOperation]:
    """Return the operations of the contract that the code describes; not made while tests are collected."""
    schema = schemathesis.openapi.from_dict(describe().openapi())
    return {each.ok().definition.raw["operationId"]: each.ok() for each in schema.get_all_operations()}


@dataclass
class Running:
    """A service at an address, with a key of each kind."""

    url: str
    keys: dict[str, str]


@contextmanager
def running(data: Path) -> Iterator[Running]:
    """Serve a fresh data folder from a thread of its own."""
    ready, found = threading.Event(), list[Running]()

    async def serve(stop: asyncio.Event) -> None:
        async with service(data, rate_address=10**6, rate_key=10**6, rate_photos=10**4, rate_appeals=10**4) as services:
            made = await services.institutions.add("inst", "机构", "Institution")
            keys = {
                "platform": made.platform,
                "staff": made.staff,
                "reviewer": await services.institutions.add_reviewer("inst", "ren"),
                "launch": await token(services, "learner-17", enrol=True),
                "statement": statement_token(services, "learner-17"),
            }
            config = uvicorn.Config(
                create_service_app(services), port=0, log_level="critical", ws="none", lifespan="off"
            )
            server = uvicorn.Server(config)
            task = asyncio.ensure_future(server.serve())
            while not server.started:
                await asyncio.sleep(0)
            port = server.servers[0].sockets[0].getsockname()[1]
            found.append(Running(url=f"http://127.0.0.1:{port}", keys=keys))
            ready.set()
            await stop.wait()
            server.should_exit = True
            await task

    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(stop)))
    thread.start()
    try:
        assert ready.wait(WAIT_S), "the service did not start"
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(WAIT_S)
        loop.close()


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("data")) as found:
        yield found


def probes() -> list[tuple[str, GenerationMode]]:
    """Return every operation with requests that fit, and with others where it takes any input."""
    paths = json.loads(CONTRACT.read_text(encoding="utf-8"))["paths"]
    found = {each["operationId"]: each for methods in paths.values() for each in methods.values()}
    with_input = [name for name, each in found.items() if {"parameters", "requestBody"} & each.keys()]
    return [(name, GenerationMode.POSITIVE) for name in found] + [
        (name, GenerationMode.NEGATIVE) for name in with_input
    ]


def test_every_operation_is_probed() -> None:
    assert {name for name, _ in probes()} == operations().keys()


@pytest.mark.parametrize(("name", "mode"), probes(), ids=lambda each: getattr(each, "value", each))
def test_every_answer_is_one_that_the_contract_names(there: Running, name: str, mode: GenerationMode) -> None:
    operation = operations()[name]
    needed = [key for need in operation.definition.raw["security"] for key in need]
    headers = {"Authorization": f"Bearer {there.keys[KEYS[needed[-1]]]}"} if needed else {}
    seen: set[int] = set()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def probe(case: schemathesis.Case) -> None:
        answer = case.call(base_url=there.url, headers=headers)
        seen.add(answer.status_code)
        checks = [*CHECKS, negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS
        case.validate_response(answer, checks=checks)

    probe()
    assert seen


def test_a_stranger_is_refused_by_every_route_that_needs_a_key(there: Running) -> None:
    with httpx.Client(base_url=there.url) as client:
        for name, operation in operations().items():
            if operation.definition.raw["security"]:
                answer = client.request(operation.method.upper(), operation.path.replace("{", "").replace("}", ""))
                assert answer.status_code == 401, name
