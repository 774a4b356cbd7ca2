"""Rows of filing batches, made short."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from zaichang.ledger.filing.rows import CaseState, Filed, Operation, RowKey, RowState


def filed(n: int, state: str = "accepted", **changes: Any) -> Filed:
    """Return a row of learner ``li`` and course ``law``; ``amount`` and ``case`` may be plain."""
    values: dict[str, Any] = {
        "key": RowKey(changes.pop("learner", "li"), changes.pop("course", "law"), 2026, n),
        "batch_id": "cq-2026-0001",
        "operation": Operation(changes.pop("operation", "new")),
        "category": "public",
        "amount": Fraction(changes.pop("amount", 2)),
        "unit": "hour",
        "replaces": 0,
        "statement": "ab" * 32,
        "first_ms": 5,
        "last_ms": 9,
        "salt": "00" * 16,
        "digest": "cd" * 32,
        "state": RowState(state),
        "case": CaseState(changes.pop("case")) if "case" in changes else None,
    }
    return Filed(**{**values, **changes})
