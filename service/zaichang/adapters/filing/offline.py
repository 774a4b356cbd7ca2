"""A platform that people serve: the document goes into a folder, its receipt and list are put there by hand."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from zaichang.adapters.filing.sheets import KINDS, READ_MAX_BYTES, read_sheet, write_sheet
from zaichang.core.errors import ConfigError, NotAllowed
from zaichang.hours.filing.mapping import FilingMapping
from zaichang.hours.filing.receipts import listed_rows, receipt_rows
from zaichang.ledger.filing.reconcile import Listed
from zaichang.ports.hours.filing import Answer, Capabilities, Document, Filled, Ticket


class OfflinePlatform:
    """Files by hand: ``BATCH.xlsx``, ``BATCH.manifest`` and ``BATCH.sha256`` go out.

    ``BATCH.receipt.xlsx`` (or ``.csv``) and ``YEAR.list.xlsx`` come back.
    """

    def __init__(self, mapping: FilingMapping, folder: Path, kind: str, capabilities: Capabilities) -> None:
        """Use a folder; it is created with the first document.

        Args:
            mapping: Columns, and headings of receipt and list.
            folder: Where the files go.
            kind: ``xlsx`` or ``csv``.
            capabilities: As the platform's people say.
        """
        self._mapping = mapping
        self._folder = folder
        self._kind = kind
        self._capabilities = capabilities

    def capabilities(self) -> Capabilities:
        """See the port."""
        return self._capabilities

    def prepare(self, batch: Filled) -> Document:
        """See the port."""
        return sheet_of(batch, self._mapping, self._kind)

    async def send(self, document: Document) -> Ticket:
        """Write the files; a file of that name with other bytes is left alone.

        Raises:
            NotAllowed: ``filing.other_document`` where the batch was written with other bytes before.
        """
        await asyncio.to_thread(self._write, document)
        return Ticket(batch_id=document.batch_id, lines=document.lines)

    async def poll(self, ticket: Ticket) -> Answer:
        """See the port; an answer without bytes where no receipt is there yet."""
        name, data = await asyncio.to_thread(self._read, f"{ticket.batch_id}.receipt")
        rows = receipt_rows(read_sheet(data, name), self._mapping.receipt) if data else ()
        return Answer(rows=rows, status=0, data=data)

    async def match(self, people: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
        """See the port: no one can be asked."""
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
            ConfigError: ``filing.no_list`` where no list was put into the folder.
        """
        name, data = await asyncio.to_thread(self._read, f"{year}.list")
        if not data:
            raise ConfigError(
                "filing.no_list",
                f"{self._folder} has no list of {year}.",
                f"Export the platform's list as {year}.list.xlsx or {year}.list.csv into that folder.",
            )
        return listed_rows(read_sheet(data, name), self._mapping.listing)

    def _write(self, document: Document) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = f"{hashlib.sha256(document.data).hexdigest()}  {document.name}\n".encode()
        path = self._folder / document.name
        if path.exists() and path.read_bytes() != document.data:
            raise NotAllowed(
                "filing.other_document",
                f"{path} was written before with other bytes: the file of people has changed since.",
                "Look whether it was handed in; if not, move it away and send again.",
            )
        manifest = self._folder / f"{document.batch_id}.manifest"
        checksum = self._folder / f"{document.batch_id}.sha256"
        for target, data in ((manifest, document.manifest), (checksum, digest), (path, document.data)):
            part = target.with_suffix(".part")
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)

    def _read(self, stem: str) -> tuple[str, bytes]:
        for kind in KINDS:
            path = self._folder / f"{stem}.{kind}"
            if path.is_file():
                with path.open("rb") as file:
                    return path.name, file.read(READ_MAX_BYTES + 1)
        return "", b""


def sheet_of(batch: Filled, mapping: FilingMapping, kind: str) -> Document:
    """Return a batch as one sheet."""
    columns = [column.name for column in mapping.columns]
    return Document(
        batch_id=batch.batch_id,
        name=f"{batch.batch_id}.{kind}",
        data=write_sheet(kind, columns, [entry.values for entry in batch.entries]),
        lines=tuple(entry.line for entry in batch.entries),
        manifest=batch.manifest,
    )
