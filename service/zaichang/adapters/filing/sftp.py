"""A platform that takes files by SFTP: a file appears under its name only when all of it is there."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zaichang.adapters.filing.offline import sheet_of
from zaichang.adapters.filing.sheets import KINDS, READ_MAX_BYTES, read_sheet
from zaichang.core.errors import ConfigError, NotAllowed, PeerViolation
from zaichang.hours.filing.mapping import FilingMapping
from zaichang.hours.filing.receipts import listed_rows, receipt_rows
from zaichang.ledger.filing.reconcile import Listed
from zaichang.ports.hours.filing import Answer, Capabilities, Document, Filled, Ticket

try:
    import asyncssh
except ImportError as error:
    raise ConfigError(
        "install.filing_missing",
        f"SFTP needs parts that are not installed ({error.name}).",
        "Install them: pip install 'zaichang[filing]'.",
    ) from error

CONNECT_S: Final = 20
_OURS: Final = (
    asyncssh.HostKeyNotVerifiable, asyncssh.PermissionDenied, asyncssh.KeyImportError, asyncssh.SFTPPermissionDenied,
    asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath,
)  # fmt: skip
"""Errors that trying again does not cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpAddress:
    """Where the files go.

    Attributes:
        host: The server.
        port: Its port.
        user: The account.
        key_file: Our private key.
        known_hosts: The server's key; a server that shows another one is not spoken to.
        outgoing: Folder for documents.
        incoming: Folder with receipts and lists.
        kind: ``xlsx`` or ``csv``.
    """

    host: str
    port: int
    user: str
    key_file: Path
    known_hosts: Path
    outgoing: str
    incoming: str
    kind: str


class SftpPlatform:
    """Files by SFTP: the names are those of the offline adapter."""

    def __init__(self, mapping: FilingMapping, address: SftpAddress, capabilities: Capabilities) -> None:
        """Use the address; nothing is opened before it is used."""
        self._mapping = mapping
        self._address = address
        self._capabilities = capabilities

    def capabilities(self) -> Capabilities:
        """See the port."""
        return self._capabilities

    def prepare(self, batch: Filled) -> Document:
        """See the port."""
        return sheet_of(batch, self._mapping, self._address.kind)

    async def send(self, document: Document) -> Ticket:
        """Put manifest, digest and document, in this order, each under a passing name first.

        Raises:
            NotAllowed: ``filing.other_document`` where the batch lies there with other bytes.
        """
        digest = f"{hashlib.sha256(document.data).hexdigest()}  {document.name}\n".encode()
        stem = document.batch_id
        files = ((f"{stem}.manifest", document.manifest), (f"{stem}.sha256", digest), (document.name, document.data))
        async with self._open() as sftp:
            for name, data in files:
                path = f"{self._address.outgoing}/{name}"
                there = await self._get(sftp, path)
                if there == data:
                    continue
                if there is not None:
                    raise NotAllowed(
                        "filing.other_document",
                        f"{path} lies at {self._address.host} with other bytes: the file of people has changed since.",
                        "Ask the platform whether it took the file; if not, have it removed and send again.",
                    )
                async with sftp.open(f"{path}.part", "wb") as file:
                    await file.write(data)
                await sftp.posix_rename(f"{path}.part", path)
        return Ticket(batch_id=document.batch_id, lines=document.lines)

    async def poll(self, ticket: Ticket) -> Answer:
        """See the port; an answer without bytes where no receipt lies there yet."""
        name, data = await self._read(f"{ticket.batch_id}.receipt")
        rows = receipt_rows(read_sheet(data, name), self._mapping.receipt) if data else ()
        return Answer(rows=rows, status=0, data=data)

    async def match(self, people: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
        """See the port: files cannot ask."""
        return {}

    async def register(self, course: str, values: Mapping[str, str]) -> str:
        """See the port.

        Raises:
            ConfigError: ``filing.by_hand``.
        """
        raise ConfigError(
            "filing.by_hand", "This platform registers courses by hand.", "Put its code in the target file."
        )

    async def listing(self, year: int) -> Sequence[Listed]:
        """See the port.

        Raises:
            ConfigError: ``filing.no_list``.
        """
        name, data = await self._read(f"{year}.list")
        if not data:
            raise ConfigError("filing.no_list", f"{self._address.incoming} has no list of {year}.")
        return listed_rows(read_sheet(data, name), self._mapping.listing)

    async def _read(self, stem: str) -> tuple[str, bytes]:
        async with self._open() as sftp:
            for kind in KINDS:
                data = await self._get(sftp, f"{self._address.incoming}/{stem}.{kind}")
                if data is not None:
                    return f"{stem}.{kind}", data
        return "", b""

    async def _get(self, sftp: asyncssh.SFTPClient, path: str) -> bytes | None:
        """Return a file's bytes; None where there is none."""
        try:
            async with sftp.open(path, "rb", encoding=None) as file:
                data: object = await file.read(READ_MAX_BYTES + 1)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None
        return data if isinstance(data, bytes) else None

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[asyncssh.SFTPClient]:
        """Connect.

        Raises:
            ConfigError: ``filing.sftp`` where key or host key does not fit.
            PeerViolation: ``filing.unreachable``.
        """
        address = self._address
        try:
            async with (
                asyncssh.connect(
                    address.host,
                    port=address.port,
                    username=address.user,
                    client_keys=[str(address.key_file)],
                    known_hosts=str(address.known_hosts),
                    config=[],
                    agent_path=None,
                    connect_timeout=CONNECT_S,
                    login_timeout=CONNECT_S,
                ) as connection,
                connection.start_sftp_client() as sftp,
            ):
                yield sftp
        except _OURS as error:
            raise ConfigError(
                "filing.sftp",
                f"{address.host} was not opened ({type(error).__name__}).",
                "Compare known_hosts and key_file of the target file with the platform's.",
            ) from None
        except (OSError, asyncssh.Error) as error:
            raise PeerViolation(
                "filing.unreachable", f"{address.host} gave no answer ({type(error).__name__}).", "Try again later."
            ) from None
