"""The other side of each adapter of filing, made to misbehave on demand: for the conformance run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import httpx

from tests.support.filing_lrs import HOME, Store
from tests.support.filing_platform import SECRET, FakePlatform
from tests.support.filing_sftp import server
from tests.support.filing_side import write_files
from zaichang.adapters.filing.https import HttpsPlatform
from zaichang.adapters.filing.lrs import LrsPlatform
from zaichang.adapters.filing.offline import OfflinePlatform
from zaichang.adapters.filing.requests import Access, Requests
from zaichang.adapters.filing.sheets import read_sheet, write_sheet
from zaichang.hours.filing.targets import read_target
from zaichang.ports.hours.filing import Capabilities, Platform

ANSWERS: Final = ("half", "twice", "refused", "words", "unknown word", "foreign key", "contradiction")
"""Behaviours of a receipt; a platform that gives none cannot show them."""
TRIPS: Final = ("down", "500", "slow", "lost")


class Word(NamedTuple):
    """One line of a receipt, as a platform writes it."""

    key: str
    word: str = "通过"
    code: str = ""
    message: str = ""

    def row(self) -> dict[str, str]:
        """Return it under the headings of the mapping."""
        return {"记录编号": self.key, "结果": self.word, "原因代码": self.code, "原因": self.message}


class Peer(Protocol):
    """The other side of one adapter.

    Attributes:
        platform: The adapter that reaches it.
        can: The behaviours that it can show.
    """

    platform: Platform
    can: frozenset[str]

    def behave(self, mood: str) -> None:
        """Misbehave from now on; empty: no more."""

    def taken(self, batch_id: str) -> list[str]:
        """Return the keys of a batch as they stand there, each as often as it does."""

    def answer(self, batch_id: str, words: Sequence[Word]) -> None:
        """Give this receipt from now on."""


class _Line:
    """An HTTP transport that misbehaves."""

    def __init__(self, handle: Callable[[httpx.Request], httpx.Response]) -> None:
        self.handle, self.mood = handle, ""

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        match self.mood:
            case "down":
                raise httpx.ConnectTimeout("down", request=request)
            case "500":
                return httpx.Response(500, text="oops")
            case "slow":
                raise httpx.ReadTimeout("slow", request=request)
            case "lost":
                self.handle(request)
                raise httpx.ReadError("lost", request=request)
            case _:
                return self.handle(request)


class HttpsPeer:
    """A platform of our JSON interface."""

    can = frozenset((*TRIPS, "count", *ANSWERS))

    def __init__(self, folder: Path) -> None:
        self.fake = FakePlatform()
        self.line = _Line(self.fake._answer)
        access = Access(url="https://platform.example", now_s=lambda: 5, nonce=lambda: "n", secret=SECRET)
        mapping = read_target(write_files(folder)).mapping
        self.platform: Platform = HttpsPlatform(
            mapping, Requests(access, self.line.transport()), Capabilities(replace=True)
        )

    def behave(self, mood: str) -> None:
        self.line.mood = mood if mood in TRIPS else ""
        self.fake.moods = {"count": 100} if mood == "count" else {}

    def taken(self, batch_id: str) -> list[str]:
        body = self.fake.batches.get(batch_id)
        return [row["key"] for row in body["rows"]] if body else []

    def answer(self, batch_id: str, words: Sequence[Word]) -> None:
        self.fake.answers[batch_id] = [word.row() for word in words]


class FolderPeer:
    """People, or a server, that take sheets out of a folder and put receipts into another."""

    can = frozenset(ANSWERS)

    def __init__(self, platform: Platform, out: Path, back: Path) -> None:
        self.platform, self._out, self._back = platform, out, back

    def behave(self, mood: str) -> None:
        assert not mood

    def taken(self, batch_id: str) -> list[str]:
        path = self._out / f"{batch_id}.csv"
        return [row["记录编号"] for row in read_sheet(path.read_bytes(), path.name)] if path.exists() else []

    def answer(self, batch_id: str, words: Sequence[Word]) -> None:
        rows = [word.row() for word in words]
        self._back.mkdir(exist_ok=True)
        (self._back / f"{batch_id}.receipt.csv").write_bytes(write_sheet("csv", list(Word("").row()), rows))


class LrsPeer:
    """A learning record store: it stores or does not, and gives no receipts."""

    can = frozenset(TRIPS)

    def __init__(self, folder: Path) -> None:
        self.store = Store()
        self.line = _Line(self.store.answer)
        access = Access(url="https://lrs.example/xAPI", now_s=lambda: 0, nonce=lambda: "")
        mapping = read_target(write_files(folder)).mapping
        self.platform: Platform = LrsPlatform(mapping, Requests(access, self.line.transport()), HOME, "learner")

    def behave(self, mood: str) -> None:
        self.line.mood = mood

    def taken(self, batch_id: str) -> list[str]:
        results: list[Any] = [one["result"] for one in self.store.statements.values() if "result" in one]
        ours = [result["extensions"][f"{HOME}/filing"] for result in results]
        return [row["key"] for row in ours if row["batch"] == batch_id]

    def answer(self, batch_id: str, words: Sequence[Word]) -> None:
        assert all(word == Word(word.key) for word in words), "an LRS refuses no single row"


@asynccontextmanager
async def opened(adapter: str, folder: Path) -> AsyncIterator[Peer]:
    """Yield the other side of a shipped adapter: ``https``, ``offline``, ``sftp`` or ``lrs``."""
    folder.mkdir(parents=True, exist_ok=True)
    if adapter == "https":
        yield HttpsPeer(folder)
    elif adapter == "lrs":
        yield LrsPeer(folder)
    elif adapter == "offline":
        mapping, out = read_target(write_files(folder)).mapping, folder / "out"
        yield FolderPeer(OfflinePlatform(mapping, out, "csv", Capabilities(replace=True)), out, out)
    else:
        async with server(folder) as (platform, root):
            yield FolderPeer(platform, root / "in", root / "out")
