"""A platform with a JSON interface: a batch under its id, the mapping's names, and only the columns that it uses."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from support.filing_platform import SECRET, FakePlatform
from support.filing_side import write_files
from support.filing_views import prepared, view
from zaichang.adapters.filing.https import HttpsPlatform
from zaichang.adapters.filing.requests import Access, Requests
from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.hours.filing.joining import join
from zaichang.hours.filing.people import read_people
from zaichang.hours.filing.targets import read_target
from zaichang.ports.hours.filing import Capabilities, Document, Ticket


def reach(folder: Path, transport: httpx.AsyncBaseTransport) -> HttpsPlatform:
    target = read_target(write_files(folder))
    access = Access(url="https://platform.example", now_s=lambda: 5, nonce=lambda: "n", secret=SECRET)
    return HttpsPlatform(target.mapping, Requests(access, transport), Capabilities(replace=True, match=True))


def document(folder: Path, platform: HttpsPlatform, amount: int = 2) -> Document:
    target = read_target(folder / "target.toml")
    people = read_people(folder / "people.csv")
    filled, _ = join(view(prepared(1, amount=amount)), people, target.mapping, target.terms, platform.capabilities())
    return platform.prepare(filled)


async def test_a_batch_is_taken_once_and_answered_row_by_row(tmp_path: Path) -> None:
    fake = FakePlatform()
    platform = reach(tmp_path, fake.transport())
    made = document(tmp_path, platform)
    ticket = await platform.send(made)
    assert (ticket.count, ticket.status) == (1, 202)
    assert (await platform.send(made)).count == 1
    assert (len(fake.batches), fake.met) == (1, {"again": 1})
    with pytest.raises(NotAllowed, match="409"):
        await platform.send(document(tmp_path, platform, amount=3))
    assert [(word.key, str(word.state)) for word in (await platform.poll(ticket)).rows] == [
        ("li/law/2026/1", "accepted")
    ]  # fmt: skip
    assert [tuple(row) for row in await platform.listing(2026)] == [("li/law/2026/1", "2")]
    assert await platform.register("law", {"title": "药事法规"}) == "C-law"


async def test_a_batch_that_never_arrived_has_no_answer(tmp_path: Path) -> None:
    platform = reach(tmp_path, FakePlatform().transport())
    answer = await platform.poll(Ticket(batch_id="cq-2026-0009", lines=()))
    assert (answer.rows, answer.data, answer.status) == ((), b"", 404)


async def test_an_answer_is_asked_for_once_and_a_refused_question_is_no_answer(tmp_path: Path) -> None:
    fake, asked = FakePlatform(), []
    platform = reach(tmp_path, fake.transport())
    ticket = await platform.send(document(tmp_path, platform))

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(403, text="no") if len(asked) > 1 else fake._answer(request)

    platform = reach(tmp_path, httpx.MockTransport(handle))
    assert len((await platform.poll(ticket)).rows) == 1 and asked == ["/batches/cq-2026-0001"]
    with pytest.raises(NotAllowed, match="403"):
        await platform.poll(ticket)


async def test_the_match_step_sends_the_mapping_s_columns_alone(tmp_path: Path) -> None:
    met: list[dict[str, object]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        met.append(json.loads(request.content))
        return httpx.Response(200, json={"unknown": [{"id": "wang", "code": "P4"}, {"id": "stranger"}]})

    platform = reach(tmp_path, httpx.MockTransport(handle))
    people = read_people(tmp_path / "people.csv")
    assert await platform.match(people) == {"wang": "P4"}
    assert set(met[0]["people"][0]) == {"id", "name", "id_number"}, "not the consent"  # type: ignore[index]


@pytest.mark.parametrize("body", [{}, {"count": True}, {"count": "1"}, {"rows": 1}, {"rows": [{"结果": "通过"}]}])
async def test_answers_that_cannot_be_read_are_no_success(tmp_path: Path, body: dict[str, object]) -> None:
    platform = reach(tmp_path, httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
    made = document(tmp_path, platform)
    with pytest.raises(PeerViolation):
        await platform.send(made)
    with pytest.raises(PeerViolation):
        await platform.poll(Ticket(batch_id=made.batch_id, lines=made.lines))
    with pytest.raises(PeerViolation):
        await platform.register("law", {})
