"""Options that several actions of ``zaichang file`` share, and the running service as they reach it."""

from __future__ import annotations

import asyncio
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from zaichang.audit.source import read_file
from zaichang.cli.service_call import ask
from zaichang.core.civil import date_text
from zaichang.hours.filing.joining import BatchView
from zaichang.ledger.filing.lines import LineAnswer

_KEY_MAX: Final = 1_000


def add_service(action: ArgumentParser) -> None:
    """Add the service's address, the reviewer's key and ``--json``."""
    action.add_argument("--service", metavar="URL", required=True, help="the running service")
    action.add_argument(
        "--key-file", type=Path, metavar="FILE", required=True, help="holds the key of the reviewer who asks"
    )
    action.add_argument("--json", action="store_true", help="print JSON")


def add_target(action: ArgumentParser) -> None:
    """Add the target file."""
    action.add_argument("--target", type=Path, metavar="FILE", required=True, help="the platform (docs/filing.md)")


def year_label(text: str) -> int:
    """Return the label of a year.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise ArgumentTypeError(f"{text!r} is no label of a year, such as 2026")
    return int(text)


def today() -> str:
    """Return the day in China."""
    return date_text(time.time_ns() // 1_000_000)


class ServiceAtUrl:
    """The running service at ``--service``."""

    def __init__(self, args: Namespace) -> None:
        """Read the key."""
        self._url: str = args.service
        self._key = read_file(args.key_file, _KEY_MAX).decode("utf-8").strip()

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Get a path below ``/v1/filing``, or post a body to it."""
        return ask(self._url, self._key, f"/v1/filing{path}", body)

    async def batch(self, batch_id: str) -> BatchView:
        """See ``hours.filing.exchange.Service``."""
        found = await asyncio.to_thread(self.ask, f"/batches/{batch_id}")
        batch = found["batch"]
        return BatchView(
            batch_id=batch["batch"],
            institution=found["institution"]["id"],
            target=batch["target"],
            year=int(batch["year"]),
            number=batch["number"],
            manifest=found["manifest"].encode(),
            rows=tuple(found["rows"]),
            document=next((each["document"] for each in reversed(found["exchanges"]) if each["kind"] == "sent"), ""),
        )

    async def tell(
        self, batch_id: str, kind: str, rows: Sequence[LineAnswer], document: str, answer: str, status: int
    ) -> Mapping[str, object]:
        """See ``hours.filing.exchange.Service``."""
        body = {
            "kind": kind,
            "rows": [{"key": row.key, "state": str(row.state), "code": row.code} for row in rows],
            "document": document,
            "answer": answer,
            "status": status,
        }
        return await asyncio.to_thread(self.ask, f"/batches/{batch_id}/words", body)
