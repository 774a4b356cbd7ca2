"""Time: neither back-dated nor pre-dated.

A leaf names the newest checkpoint that the server held (``anchor``), so it cannot be older than that; and a cosigned
checkpoint that covers it states a time, so it cannot be younger than that. The log's own clock proves nothing alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf

SKEW_MS: Final = 300_000
"""How far the clocks of an institution and a witness may differ."""


def check_times(origin: str, leaves: Sequence[KnownLeaf], seen_s: int | None, findings: Findings) -> None:
    """Check one session's leaves, in their order.

    Args:
        origin: The log.
        leaves: The leaves.
        seen_s: When a trusted witness states to have seen a checkpoint that covers them; None without one.
        findings: Where to note what is found.
    """
    anchored = 0
    for leaf in leaves:
        about, at = leaf.about(origin), leaf.number("at")
        anchor = leaf.value.get("anchor")
        size = anchor.get("size") if isinstance(anchor, dict) else None
        if isinstance(size, int):
            if size > leaf.index:
                message = "The leaf names a checkpoint that did not exist before it."
                findings.failed(
                    "time", "E_TIME_LOW", message, about, field="anchor", expected=f"<= {leaf.index}", got=size
                )
            if size < anchored:
                message = "The leaf names an older checkpoint than the session's leaf before it."
                findings.failed(
                    "time", "E_TIME_LOW", message, about, field="anchor", expected=f">= {anchored}", got=size
                )
            anchored = max(anchored, size)
        if seen_s is not None and at > seen_s * 1000 + SKEW_MS:
            message = "The leaf is dated after a witness had seen it."
            findings.failed("time", "E_TIME_LATE", message, about, field="at", expected=f"<= {seen_s * 1000}", got=at)
