"""Checks that a session's last leaf opens the commitments of its first one: the two halves of the capture schedule."""

from __future__ import annotations

from collections.abc import Mapping

from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import CanonicalValue
from zaichang.session.schedule import client_commitment
from zaichang.tlog.commit import schedule_commitment


def check_halves(start: KnownLeaf, final: KnownLeaf, findings: Findings) -> Mapping[str, CanonicalValue] | None:
    """Return the revealed values if they open both commitments and give the stated level; otherwise None.

    Args:
        start: The session's first leaf.
        final: Its last.
        findings: Where findings are recorded.
    """
    about = final.about(start.text("origin"))
    reveal = final.value.get("sched")
    if not isinstance(reveal, dict):
        message = "The session's end does not reveal its schedule."
        findings.failed("schedule", "E_SCHED", message, about, field="sched")
        return None
    secret = schedule_commitment(start.sid, bytes.fromhex(str(reveal["s"]))).hex()
    committed, nonce = start.text("client_nonce_c"), str(reveal.get("r", ""))
    opened = client_commitment(nonce) if nonce else ""
    if committed and not nonce and not final.number("verified_ms"):
        opened = committed  # never revealed, and nothing was counted: there was no schedule
    level = (2 if "b" in reveal else 1) if nonce and committed else 0
    stated = reveal.get("level", 0)
    good = True
    for field, expected, got, message in (
        ("sched", start.text("sched_c"), secret, "The schedule's secret is not the one committed to at the start."),
        ("client_nonce_c", committed, opened, "The client's nonce is not the one committed to at the start."),
        ("level", level, stated, "The schedule's level is not what its commitments give."),
    ):
        good &= findings.equal("schedule", "E_SCHED", about, field, expected, got, message)
    return reveal if good else None
