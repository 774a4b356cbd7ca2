"""Statements in a learning record store: stored once, voided, looked up, listed page by page."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from support.filing_lrs import HOME, Store
from support.filing_side import LI_NUMBER, write_files
from support.filing_views import prepared, view
from zaichang.adapters.filing.lrs import LrsPlatform
from zaichang.adapters.filing.requests import Access, Requests
from zaichang.core.errors import ConfigError, NotAllowed, PeerViolation
from zaichang.hours.filing.joining import join
from zaichang.hours.filing.people import read_people
from zaichang.hours.filing.targets import read_target
from zaichang.ledger.filing.rows import Filed
from zaichang.ports.hours.filing import Document


def reach(folder: Path, store: Store, account: str = "learner") -> LrsPlatform:
    target = read_target(write_files(folder))
    access = Access(url="https://lrs.example/xAPI", now_s=lambda: 0, nonce=lambda: "")
    return LrsPlatform(target.mapping, Requests(access, httpx.MockTransport(store.answer)), HOME, account)


def document(folder: Path, platform: LrsPlatform, *rows: Filed) -> Document:
    target = read_target(folder / "target.toml")
    people = read_people(folder / "people.csv")
    filled, _ = join(view(*rows), people, target.mapping, target.terms, platform.capabilities())
    return platform.prepare(filled)


async def states(platform: LrsPlatform, made: Document) -> list[tuple[str, str]]:
    ticket = await platform.send(made)
    return [(word.key, str(word.state)) for word in (await platform.poll(ticket)).rows]


async def test_a_row_is_stored_once_and_a_correction_voids_it(tmp_path: Path) -> None:
    store = Store()
    platform = reach(tmp_path, store)
    made = document(tmp_path, platform, prepared(1, amount="8/3"))
    assert await states(platform, made) == [("li/law/2026/1", "accepted")]
    assert await states(platform, made) == [("li/law/2026/1", "accepted")] and len(store.statements) == 1
    newer = document(tmp_path, platform, prepared(2, operation="replace", replaces=1, amount=3))
    assert await states(platform, newer) == [("li/law/2026/1", "accepted"), ("li/law/2026/2", "accepted")]
    assert [tuple(row) for row in await platform.listing(2026)] == [("li/law/2026/2", "3")]
    assert await platform.listing(2025) == []
    assert await platform.register("law", {}) == f"{HOME}/courses/law"
    assert await platform.match({"li": {}}) == {}


async def test_a_batch_that_was_stored_by_half_is_completed(tmp_path: Path) -> None:
    store = Store()
    platform = reach(tmp_path, store)
    await platform.send(document(tmp_path, platform, prepared(1)))
    both = document(tmp_path, platform, prepared(1), prepared(1, course="rules"))
    assert [key for key, _ in await states(platform, both)] == ["li/law/2026/1", "li/rules/2026/1"]
    other = document(tmp_path, platform, prepared(1, amount=9))
    with pytest.raises(NotAllowed, match="another statement"):
        await platform.send(other)


async def test_nothing_is_known_of_a_statement_that_is_not_there(tmp_path: Path) -> None:
    store = Store()
    platform = reach(tmp_path, store)
    ticket = await platform.send(document(tmp_path, platform, prepared(1)))
    store.statements.clear()
    assert (await platform.poll(ticket)).data == b""


async def test_the_account_is_a_column_of_the_file_of_people(tmp_path: Path) -> None:
    platform = reach(tmp_path, Store(), account="id_number")
    [statement] = json.loads(document(tmp_path, platform, prepared(1)).data)
    assert statement["actor"]["account"] == {"homePage": HOME, "name": LI_NUMBER}
    with pytest.raises(ConfigError, match="names the account"):
        document(tmp_path, reach(tmp_path, Store(), account="nickname"), prepared(1))


async def test_refusals_and_a_list_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    platform = reach(tmp_path, store)
    made = document(tmp_path, platform, prepared(1), prepared(1, course="rules"))
    await platform.send(made)
    monkeypatch.setattr("zaichang.adapters.filing.lrs.PAGES_MAX", 1)
    with pytest.raises(PeerViolation, match="pages"):
        await platform.listing(2026)
    monkeypatch.setattr(store, "answer", lambda request: httpx.Response(400, text="bad"))
    with pytest.raises(NotAllowed, match="400"):
        await reach(tmp_path, store).send(made)
    with pytest.raises(ConfigError, match="IRI"):
        LrsPlatform(read_target(tmp_path / "target.toml").mapping, platform._requests, "college", "learner")


def test_each_activity_is_a_course_of_its_own(tmp_path: Path) -> None:
    platform = reach(tmp_path, Store())
    made = document(tmp_path, platform, prepared(1, course="law"), prepared(1, course="activity/a1"))
    courses = [statement["object"]["id"] for statement in json.loads(made.data)]
    assert courses == [f"{HOME}/courses/law", f"{HOME}/courses/activity/a1"]
