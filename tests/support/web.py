"""The service's HTTP app with one institution's keys, for tests that ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from support.study import ManualClock, Student, service, token
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.launch.institutions import InstitutionKeys
from zaichang.launch.statement_tokens import STATEMENT_MS, StatementTicket
from zaichang.main.service import Services, create_service_app


@dataclass
class Web:
    services: Services
    clock: ManualClock
    keys: InstitutionKeys
    client: httpx.AsyncClient

    def staff(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys.staff}"}

    def platform(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys.platform}"}


@asynccontextmanager
async def web(
    tmp_path: Path, create: Callable[[Services], FastAPI] = create_service_app, **settings: int
) -> AsyncIterator[Web]:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, **settings) as services:
        keys = await services.institutions.add("inst", "机构", "Institution")
        # An unforeseen error must answer in the one shape, not surface in the test's client.
        transport = httpx.ASGITransport(app=create(services), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Web(services, clock, keys, client)


async def studied(page: Web) -> str:
    student = Student(page.services, page.clock)
    await student.begin(await token(page.services))
    await student.play(70_000)
    await student.finish()
    await student.closed()
    return student.session_id


def statement_token(services: Services, learner: str = "learner", rules: str = "cq-pharmacist-2025") -> str:
    """Return a fresh token for the statement of a learner of ``inst``."""
    ticket = StatementTicket(
        ticket_id="t" * 16, institution_id=InstitutionId("inst"), learner_id=LearnerId(learner), rules=rules
    )
    return services.statement_tokens.issue(ticket, services.ports.clock.now_ms() + STATEMENT_MS)


def code_of(answer: httpx.Response) -> str:
    body = answer.json()
    assert set(body) == {"error"} and set(body["error"]) == {"code", "message", "hint"}
    return str(body["error"]["code"])
