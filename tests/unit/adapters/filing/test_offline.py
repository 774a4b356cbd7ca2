"""Filing by hand: documents go into a folder, receipts and lists come back from it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from support.filing_side import LI_NUMBER, write_files
from support.filing_views import prepared, view
from zaichang.adapters.filing.offline import OfflinePlatform
from zaichang.adapters.filing.sheets import read_sheet, write_sheet
from zaichang.core.errors import ConfigError, NotAllowed, PeerViolation
from zaichang.hours.filing.joining import join
from zaichang.hours.filing.people import read_people
from zaichang.hours.filing.targets import Target, read_target
from zaichang.main.filing_platforms import open_platform
from zaichang.ports.hours.filing import Document, Ticket


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return read_target(write_files(tmp_path))


def document(target: Target, tmp_path: Path) -> Document:
    people = read_people(tmp_path / "people.csv")
    filled, _ = join(view(prepared(1)), people, target.mapping, target.terms, target.capabilities)
    return open_platform(target).prepare(filled)


async def test_the_document_its_digest_and_its_manifest_lie_in_the_folder(target: Target, tmp_path: Path) -> None:
    platform, made = open_platform(target), document(target, tmp_path)
    ticket = await platform.send(made)
    assert (await platform.send(made)) == ticket, "sent again: the same files"
    assert (ticket.count, ticket.lines[0].key) == (None, "li/law/2026/1")
    out = tmp_path / "out"
    [row] = read_sheet((out / "cq-2026-0001.xlsx").read_bytes(), "a.xlsx")
    assert row["身份证号"] == LI_NUMBER
    digest = hashlib.sha256(made.data).hexdigest()
    assert (out / "cq-2026-0001.sha256").read_text() == f"{digest}  cq-2026-0001.xlsx\n"
    assert (out / "cq-2026-0001.manifest").read_bytes() == made.manifest
    assert (out.stat().st_mode & 0o777, (out / "cq-2026-0001.xlsx").stat().st_mode & 0o777) == (0o700, 0o600)
    assert sorted(path.suffix for path in out.iterdir()) == [".manifest", ".sha256", ".xlsx"]


async def test_another_document_of_the_same_batch_is_not_written_over(target: Target, tmp_path: Path) -> None:
    platform, made = open_platform(target), document(target, tmp_path)
    await platform.send(made)
    people = (tmp_path / "people.csv").read_text()
    (tmp_path / "people.csv").write_text(people.replace("李明", "李名"))
    with pytest.raises(NotAllowed, match="other bytes"):
        await platform.send(document(target, tmp_path))


async def test_a_receipt_is_read_once_it_is_there(target: Target, tmp_path: Path) -> None:
    platform, ticket = open_platform(target), Ticket(batch_id="cq-2026-0001", lines=())
    assert (await platform.poll(ticket)).data == b""
    rows = [{"记录编号": "li/law/2026/1", "结果": "不通过", "原因代码": "E1", "原因": "无此人"}]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "cq-2026-0001.receipt.csv").write_bytes(write_sheet("csv", list(rows[0]), rows))
    answer = await platform.poll(ticket)
    assert [(word.key, str(word.state), word.code) for word in answer.rows] == [("li/law/2026/1", "refused", "E1")]


async def test_a_list_is_read_and_its_absence_told(target: Target, tmp_path: Path) -> None:
    platform = open_platform(target)
    with pytest.raises(ConfigError) as refused:
        await platform.listing(2026)
    assert refused.value.code == "filing.no_list"
    rows = [{"记录编号": "li/law/2026/1", "学时": "2.6"}]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "2026.list.xlsx").write_bytes(write_sheet("xlsx", list(rows[0]), rows))
    assert [tuple(row) for row in await platform.listing(2026)] == [("li/law/2026/1", "2.6")]
    (tmp_path / "out" / "2026.list.xlsx").write_bytes(write_sheet("xlsx", ["x"], []) + b"")
    assert list(await platform.listing(2026)) == []
    (tmp_path / "out" / "2026.list.xlsx").write_bytes(b"no workbook")
    with pytest.raises(PeerViolation):
        await platform.listing(2026)


async def test_people_serve_this_platform(target: Target) -> None:
    platform = open_platform(target)
    assert isinstance(platform, OfflinePlatform)
    assert await platform.match({"li": {}}) == {}
    with pytest.raises(ConfigError, match="by hand"):
        await platform.register("law", {})
