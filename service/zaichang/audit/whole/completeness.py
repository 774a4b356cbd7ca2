"""Whether the bundle of a period holds every session that began in it. Pure.

The bundle brings a whole range of the log: each leaf is either a session's of the bundle, or stands beside them. Folded
with the hashes left and right of the range they must give the signed root, so no leaf of the range can be left out.

  1. the range's leaves are all here, and give the root                                 ``E_INCLUSION``
  2. the range covers the period: its begin and end are bounded by witnesses, or by the log's own dates where the
     reader asks for no witness                                                         ``E_INCOMPLETE``, undecided
  3. no session's start dated in the period is among the leaves beside                  ``E_INCOMPLETE``
  4. no leaf of a session of the bundle is among them                                   ``E_INCOMPLETE``
"""

from __future__ import annotations

from collections.abc import Sequence

from zaichang.audit.bundle import Bundle, Period
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.time_checks import LATE_MS, SKEW_MS, SeenAt
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.range_proof import range_root


def check_period(
    bundle: Bundle,
    leaves: Sequence[KnownLeaf],
    checkpoint: Checkpoint,
    seen: Sequence[SeenAt],
    findings: Findings,
    *,
    witnessed: bool,
) -> None:
    """Check a bundle that says to hold a whole period; others say nothing and are passed over.

    Args:
        bundle: The bundle.
        leaves: Its readable leaves.
        checkpoint: The signed checkpoint.
        seen: When witnesses have seen which size.
        findings: Takes the results.
        witnessed: Whether the reader asks for witnesses.
    """
    period, about, before = bundle.period, About(origin=bundle.origin), len(findings.checks)
    if period is None:
        return
    beside = dict(period.beside)
    if not _whole(bundle, period, checkpoint, beside, findings):
        return
    others = _parsed(bundle, beside, findings)
    if others is None:
        return
    _covers(bundle, period, checkpoint, {**others, **{leaf.index: leaf for leaf in leaves}}, seen, findings, witnessed)
    own = {leaf.sid for leaf in leaves if leaf.sid}
    count = 0
    for leaf in leaves:
        if leaf.kind == "session.start" and period.from_ms <= leaf.number("at") < period.to_ms:
            count += 1
            if not period.first <= leaf.index < period.end:
                message = "A session began in the period and its start is outside the range that is shown."
                findings.failed("period", "E_INCOMPLETE", message, leaf.about(bundle.origin), field="first")
    for leaf in others.values():
        if leaf.sid in own:
            message = "A leaf of this session is left out of its chain."
            findings.failed("period", "E_INCOMPLETE", message, leaf.about(bundle.origin), field="leaf")
        elif leaf.kind == "session.start" and period.from_ms <= leaf.number("at") < period.to_ms:
            message = "This session began in the period, and the bundle leaves it out."
            findings.failed("period", "E_INCOMPLETE", message, leaf.about(bundle.origin), field="sid")
    if len(findings.checks) == before:
        message = f"{count} sessions began in the period; leaves {period.first} to {period.end - 1} are all here."
        findings.passed("period", about, message)


def _whole(
    bundle: Bundle, period: Period, checkpoint: Checkpoint, beside: dict[int, bytes], findings: Findings
) -> bool:
    """Whether the range's leaves are all here and give the signed root (1)."""
    about = About(origin=bundle.origin)
    held = {**beside, **{leaf.index: leaf.leaf for leaf in bundle.leaves}}
    if len(period.beside) != len(beside) or any(not period.first <= index < period.end for index in beside):
        message = "A leaf stands beside the sessions twice, or outside the range."
        findings.failed("period", "E_INCLUSION", message, about, field="beside")
        return False
    inside = sum(1 for index in held if period.first <= index < period.end)
    if period.end < period.first or inside != period.end - period.first:
        message = f"Of leaves {period.first} to {period.end - 1} only {inside} are here."
        findings.failed("period", "E_INCOMPLETE", message, about, field="beside")
        return False
    hashes = [leaf_hash(held[index]) for index in range(period.first, period.end)]
    try:
        root = range_root(hashes, period.first, checkpoint.size, period.left, period.right)
    except EvidenceError as error:
        findings.error("period", error, about, field="period")
        return False
    message = "The leaves of the range are not those that were signed."
    return findings.equal("period", "E_INCLUSION", about, "root", checkpoint.root, root, message)


def _parsed(bundle: Bundle, beside: dict[int, bytes], findings: Findings) -> dict[int, KnownLeaf] | None:
    found: dict[int, KnownLeaf] = {}
    for index, data in beside.items():
        try:
            found[index] = KnownLeaf(index=index, data=data, hash=leaf_hash(data), value=parse_leaf(data))
        except EvidenceError as error:
            findings.error("period", error, About(origin=bundle.origin, index=index), field="beside")
            return None
    return found


def _covers(
    bundle: Bundle,
    period: Period,
    checkpoint: Checkpoint,
    leaves: dict[int, KnownLeaf],
    seen: Sequence[SeenAt],
    findings: Findings,
    witnessed: bool,
) -> None:
    """Check that no leaf before or after the range can be of the period (2)."""
    if witnessed:
        early = any(entry.size >= period.first and entry.at_ms <= period.from_ms + SKEW_MS for entry in seen)
        late = any(entry.size <= period.end and entry.at_ms >= period.to_ms + LATE_MS for entry in seen)
        by = "No witness is shown to have seen the log"
    else:
        first, last = leaves.get(period.first), leaves.get(period.end - 1)
        early = first is not None and first.latest_ms < period.from_ms
        late = period.end == checkpoint.size or (last is not None and last.earliest_ms >= period.to_ms)
        by = "The log's own dates do not show it"
    about = About(origin=bundle.origin)
    if period.first and not early:
        message = f"{by} at the range's begin before the period began: sessions may stand before it."
        findings.undecided("period", "E_INCOMPLETE", message, about, field="first")
    if not late:
        message = f"{by} at the range's end ten minutes after the period: sessions may follow. Export it again then."
        findings.undecided("period", "E_INCOMPLETE", message, about, field="end")
