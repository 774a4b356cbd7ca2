"""A platform with a JSON interface over HTTPS.

The interfaces of the authorities are not public. This is ours, to agree on: batches are posted under their id, so a
retry is the same request, and the field names of receipts and lists come from the mapping file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from zaichang.adapters.filing.requests import Requests, json_object, text_rows
from zaichang.core.errors import PeerViolation
from zaichang.hours.filing.exchange import whole_refusal
from zaichang.hours.filing.mapping import FilingMapping
from zaichang.hours.filing.receipts import listed_rows, receipt_rows
from zaichang.ledger.filing.reconcile import Listed
from zaichang.ports.hours.filing import Answer, Capabilities, Document, Filled, Ticket

_NOT_FOUND = 404


class HttpsPlatform:
    """Posts batches as JSON."""

    def __init__(self, mapping: FilingMapping, requests: Requests, capabilities: Capabilities) -> None:
        """Use the requests' address and credentials."""
        self._mapping = mapping
        self._requests = requests
        self._capabilities = capabilities

    def capabilities(self) -> Capabilities:
        """See the port."""
        return self._capabilities

    def prepare(self, batch: Filled) -> Document:
        """See the port."""
        body = {
            "batch": batch.batch_id,
            "year": str(batch.year),
            "count": len(batch.entries),
            "manifest": batch.manifest.decode(),
            "rows": [
                {"key": entry.line.key, "operation": str(entry.line.operation), "values": dict(entry.values)}
                for entry in batch.entries
            ],
        }
        return Document(
            batch_id=batch.batch_id,
            name=f"{batch.batch_id}.json",
            data=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
            lines=tuple(entry.line for entry in batch.entries),
            manifest=batch.manifest,
        )

    async def send(self, document: Document) -> Ticket:
        """See the port: ``POST /batches``, with the batch's id as the idempotency key."""
        headers = {"idempotency-key": document.batch_id}
        status, data = await self._requests.take("POST", "/batches", document.data, headers)
        count = json_object(data).get("count")
        if isinstance(count, bool) or not isinstance(count, int):
            raise PeerViolation("filing.answer", "The answer names no count of rows.")
        return Ticket(batch_id=document.batch_id, lines=document.lines, count=count, status=status, data=data)

    async def poll(self, ticket: Ticket) -> Answer:
        """See the port: ``GET /batches/BATCH``; 404 says that the batch never arrived, or is not read yet."""
        status, data = await self._requests.ask("GET", f"/batches/{ticket.batch_id}")
        if status == _NOT_FOUND:
            return Answer(rows=(), status=status, data=b"")
        if not 200 <= status < 300:
            raise whole_refusal(status, data[:400].decode("utf-8", "replace"))
        rows = receipt_rows(text_rows(json_object(data).get("rows")), self._mapping.receipt)
        return Answer(rows=rows, status=status, data=data if rows else b"")

    async def match(self, people: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
        """See the port: ``POST /match``, with the columns that the mapping uses and no others."""
        used = [
            column.source.removeprefix("person.") for column in self._mapping.columns
            if column.source.startswith("person.")
        ]  # fmt: skip
        asked = [{"id": learner, **{name: person.get(name, "") for name in used}} for learner, person in people.items()]
        _, data = await self._requests.take("POST", "/match", {"people": asked})
        unknown = text_rows(json_object(data).get("unknown"))
        return {row["id"]: row.get("code") or "unknown" for row in unknown if row.get("id") in people}

    async def register(self, course: str, values: Mapping[str, str]) -> str:
        """See the port: ``POST /courses``."""
        _, data = await self._requests.take("POST", "/courses", {"course": course, "values": dict(values)})
        code = json_object(data).get("code")
        if not isinstance(code, str) or not code:
            raise PeerViolation("filing.answer", "The answer names no code of the course.")
        return code

    async def listing(self, year: int) -> Sequence[Listed]:
        """See the port: ``GET /rows?year=YEAR``."""
        _, data = await self._requests.take("GET", f"/rows?year={year}")
        return listed_rows(text_rows(json_object(data).get("rows")), self._mapping.listing)
