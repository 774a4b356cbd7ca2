"""A real SFTP server in this process, for tests and the conformance run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh

from tests.support.filing_side import write_files
from zaichang.hours.filing.targets import read_target
from zaichang.main.filing_platforms import open_platform
from zaichang.ports.hours.filing import Platform

TARGET = """
format = "zaichang-filing-target@1"
target = "cq"
rules = "cq-pharmacist-2025"
adapter = "sftp"
mapping = "mapping.toml"
consent = "not_required"
[capabilities]
replace = true
[sftp]
host = "127.0.0.1"
port = {port}
user = "college"
key_file = "client.key"
known_hosts = "known_hosts"
outgoing = "/in"
incoming = "/out"
kind = "csv"
"""


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[tuple[Platform, Path]]:
    """A server that knows our key, and the platform that speaks to it; its root is a folder."""
    host, client = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    client.write_private_key(str(folder / "client.key"))
    client.write_public_key(str(folder / "authorized"))
    root = folder / "root"
    for name in ("in", "out"):
        (root / name).mkdir(parents=True)

    def sftp(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(root))  # type: ignore[arg-type]  # its own documented use

    async with asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[host], authorized_client_keys=str(folder / "authorized"), sftp_factory=sftp
    ) as listener:
        port = listener.get_port()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host.export_public_key().decode()}")
        target = read_target(write_files(folder, target=TARGET.replace("{port}", str(port))))
        yield open_platform(target), root
