"""The signed manifest of a batch: counts, sums and digests, without a pseudonym."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.core.ids import InstitutionId
from zaichang.ledger.filing.rows import Filed, rows_digest, sums
from zaichang.ports.hours.filing import Cut
from zaichang.tlog.note import OpenedNote, open_note, parse_note
from zaichang.tlog.trust import Trust

HEADLINE: Final = "zaichang-filing-manifest@1"
"""The first line. It is no log's name, so a manifest is never taken for a checkpoint."""
_MANIFEST_MAX: Final = 65_536

SignManifest: TypeAlias = Callable[[InstitutionId, int, bytes], bytes]
"""Signs a manifest's text with the key of an institution's log of a year; it blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesName:
    """The hour rules of a batch."""

    name: str
    version: str
    digest: str


def manifest_text(
    head: dict[str, object], rows: Sequence[Filed], rules: RulesName, cuts: Sequence[tuple[str, Cut]], at_ms: int
) -> bytes:
    """Return the text of a manifest.

    Args:
        head: ``batch``, ``institution``, ``target``, ``year`` and ``number``.
        rows: The batch's rows in their order.
        rules: The hour rules.
        cuts: The logs' names, and their parts.
        at_ms: Server time.
    """
    values = head | {
        "at": at_ms,
        "rules": rules.name,
        "rules_version": rules.version,
        "rules_digest": rules.digest,
        "rows": len(rows),
        "operations": dict(sorted(Counter(str(row.operation) for row in rows).items())),
        "sums": sums(rows),
        "digest": rows_digest(row.digest for row in rows),
        "logs": [
            {"origin": origin, "size": cut.size, "from": cut.from_index, "to": cut.to_index} for origin, cut in cuts
        ],
    }
    return f"{HEADLINE}\n".encode() + canonical_bytes(values, _MANIFEST_MAX) + b"\n"


def open_manifest(note: bytes, trust: Trust) -> OpenedNote:
    """Check a manifest's signature by a log's key.

    Raises:
        EvidenceError: ``E_NOTE`` where no known log has signed it; ``E_KEY`` where the key had ended by then.
    """
    opened = open_note(note, trust.logs)
    sizes = {log["origin"]: log["size"] for log in read_manifest(note)["logs"]}
    for by in opened.verified:
        end = trust.ended.get((by.name, by.key_id))
        if end is None or sizes.get(by.name, end.size + 1) <= end.size:
            return opened
    raise EvidenceError("E_KEY", "Only keys that had ended by then have signed this manifest.")


def read_manifest(note: bytes) -> dict[str, Any]:
    """Return the values of a manifest; its signature is checked apart.

    Raises:
        EvidenceError: ``E_MANIFEST`` where it is none; ``E_NOTE`` where it is no signed note.
    """
    headline, _, rest = parse_note(note).text.partition(b"\n")
    try:
        values = json.loads(rest)
    except ValueError:
        values = None
    if headline != HEADLINE.encode() or not isinstance(values, dict):
        raise EvidenceError("E_MANIFEST", "This is no manifest of a filing batch.")
    return values
