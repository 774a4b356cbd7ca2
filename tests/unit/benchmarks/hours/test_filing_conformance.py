"""The conformance run: our adapter keeps its promises, and one that does not is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.hours.filing_conformance import broken, table
from tests.support import filing_conformance
from tests.support.filing_conformance import BEHAVIOURS, conformance
from tests.support.filing_peers import Peer
from zaichang.ports.hours.filing import Answer, Document, Ticket


async def test_the_json_interface_keeps_all_twelve(tmp_path: Path) -> None:
    found = {"https": await conformance("https", tmp_path)}
    assert broken(found) == [] and len(BEHAVIOURS) == 12
    lines = table(found)
    assert len(lines) == 13 and all(line.endswith("kept") for line in lines[1:])


class Careless:
    """An adapter that believes every count, and takes each answer for a yes."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def send(self, document: Document) -> Ticket:
        ticket: Ticket = await self._inner.send(document)
        return replace(ticket, count=len(ticket.lines))

    async def poll(self, ticket: Ticket) -> Answer:
        return Answer(rows=(), status=200, data=b"fine")


async def test_a_careless_adapter_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = {name: BEHAVIOURS[name] for name in ("count", "refused", "unknown word")}
    monkeypatch.setattr(filing_conformance, "BEHAVIOURS", chosen)

    def careless(peer: Peer) -> Peer:
        peer.platform = Careless(peer.platform)
        return peer

    found = await conformance("https", tmp_path, careless)
    assert len(broken({"careless": found})) == 3, found
