"""Whose a session is: the opened pseudonym of its start, held against the session's first event. Pure.

Both were committed to when the session began. Where they differ, the record was made for two people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import CanonicalValue, parse_canonical_object
from zaichang.core.errors import EvidenceError

OWNER_FIELD: Final = "subj_c"
"""Field of a start that commits to the learner."""
_PAIRS: Final = (("institution", "institution_id"), ("learner", "learner_id"))


def check_owner(
    start: KnownLeaf, opened: Mapping[str, CanonicalValue] | None, first: bytes | None, findings: Findings
) -> None:
    """Hold the opened learner and institution against the session's first event, where both are here.

    Args:
        start: The session's first leaf.
        opened: The opened ``subj_c``, or None.
        first: The session's first event, or None.
        findings: Takes the results.
    """
    try:
        event = {} if first is None else parse_canonical_object(first)
    except EvidenceError:
        return  # the opening's own check names it
    for field, name in _PAIRS:
        if opened is not None and name in event:
            message = f"The session was run by another {field} than its start names."
            about = start.about(start.text("origin"))
            findings.equal("opening", "E_OPENING", about, OWNER_FIELD, event[name], opened.get(field), message)
