"""A batch as the institution sees it, made without a service."""

from __future__ import annotations

from typing import Any

from tests.support.filed_rows import filed
from zaichang.api.hours.filing_views import row_line
from zaichang.hours.filing.joining import BatchView
from zaichang.hours.filing.manifest import RulesName, manifest_text
from zaichang.ledger.filing.rows import Filed, row_digest, row_values
from zaichang.ports.hours.filing import Cut
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.note import sign_note

SIGNER = Ed25519Signer("zaichang.local/inst/2026", b"\x07" * 32)


def signed(row: Filed) -> Filed:
    """Return a row with its own digest."""
    from dataclasses import replace

    values = row_values(row.key, row.operation, row.category, row.amount, row.unit, row.replaces, row.statement)
    return replace(row, digest=row_digest(values, row.salt))


def view(*rows: Filed, **changes: Any) -> BatchView:
    """Return the view of a batch with these rows; their digests and its manifest are made to fit."""
    made = [signed(row) for row in rows]
    head: dict[str, object] = {
        "batch": "cq-2026-0001", "institution": "inst", "target": "cq", "year": "2026", "number": 1,
    }  # fmt: skip
    rules = RulesName(name="cq-pharmacist-2025", version="1", digest="ab" * 32)
    cut = Cut(log_year=2026, size=9, from_index=1, to_index=8)
    text = manifest_text(head, made, rules, [(SIGNER.name, cut)], 5)
    values: dict[str, Any] = {
        "batch_id": "cq-2026-0001", "institution": "inst", "target": "cq", "year": 2026, "number": 1,
        "manifest": sign_note(text, [SIGNER]), "rows": tuple(row_line(row).model_dump() for row in made),
    }  # fmt: skip
    return BatchView(**{**values, **changes})


def prepared(n: int, **changes: Any) -> Filed:
    """Return a row that waits to be sent."""
    return filed(n, "prepared", **changes)
