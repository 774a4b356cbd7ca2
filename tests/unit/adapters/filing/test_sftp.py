"""A real SFTP server in this process: files appear whole, and a server with another key is not spoken to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from support.filing_sftp import server
from support.filing_views import prepared, view
from zaichang.adapters.filing.sftp import SftpPlatform
from zaichang.adapters.filing.sheets import write_sheet
from zaichang.core.errors import ConfigError, NotAllowed, PeerViolation
from zaichang.hours.filing.joining import join
from zaichang.hours.filing.people import read_people
from zaichang.hours.filing.targets import read_target
from zaichang.ports.hours.filing import Document, Platform, Ticket


def document(platform: Platform, folder: Path) -> Document:
    target = read_target(folder / "target.toml")
    people = read_people(folder / "people.csv")
    filled, _ = join(view(prepared(1)), people, target.mapping, target.terms, target.capabilities)
    return platform.prepare(filled)


async def test_a_batch_goes_out_whole_and_its_receipt_comes_back(tmp_path: Path) -> None:
    async with server(tmp_path) as (platform, root):
        made = document(platform, tmp_path)
        ticket = await platform.send(made)
        assert await platform.send(made) == ticket
        names = {path.name for path in (root / "in").iterdir()}
        assert names == {"cq-2026-0001.csv", "cq-2026-0001.manifest", "cq-2026-0001.sha256"}, "and no .part is left"
        assert (root / "in" / "cq-2026-0001.csv").read_bytes() == made.data

        assert (await platform.poll(ticket)).data == b""
        rows = [{"记录编号": "li/law/2026/1", "结果": "通过", "原因代码": "", "原因": ""}]
        (root / "out" / "cq-2026-0001.receipt.csv").write_bytes(write_sheet("csv", list(rows[0]), rows))
        assert [str(word.state) for word in (await platform.poll(ticket)).rows] == ["accepted"]
        with pytest.raises(ConfigError, match="no list"):
            await platform.listing(2026)
        listed = [{"记录编号": "li/law/2026/1", "学时": "2"}]
        (root / "out" / "2026.list.csv").write_bytes(write_sheet("csv", list(listed[0]), listed))
        assert [tuple(row) for row in await platform.listing(2026)] == [("li/law/2026/1", "2")]

        with pytest.raises(NotAllowed, match="other bytes"):
            await platform.send(replace(made, data=made.data + b"x"))
        assert (root / "in" / "cq-2026-0001.csv").read_bytes() == made.data
        assert await platform.match({"li": {}}) == {}
        with pytest.raises(ConfigError, match="by hand"):
            await platform.register("law", {})


async def test_another_host_key_or_a_missing_folder_is_ours_to_mend(tmp_path: Path) -> None:
    async with server(tmp_path) as (platform, root):
        (root / "in").rmdir()
        with pytest.raises(ConfigError) as refused:
            await platform.send(document(platform, tmp_path))
        assert refused.value.code == "filing.sftp"
        known = (tmp_path / "known_hosts").read_text().split(" ")[0]
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        (tmp_path / "known_hosts").write_text(f"{known} {other}")
        with pytest.raises(ConfigError, match="HostKeyNotVerifiable"):
            await platform.poll(Ticket(batch_id="cq-2026-0001", lines=()))


async def test_a_server_that_is_gone_is_asked_again_later(tmp_path: Path) -> None:
    async with server(tmp_path) as (platform, _):
        assert isinstance(platform, SftpPlatform)
    with pytest.raises(PeerViolation) as refused:
        await platform.poll(Ticket(batch_id="cq-2026-0001", lines=()))
    assert refused.value.code == "filing.unreachable"
