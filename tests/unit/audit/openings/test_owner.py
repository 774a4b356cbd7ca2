"""A session is the learner's whom both its start and its first event name."""

from __future__ import annotations

import pytest

from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.openings.owner import check_owner
from zaichang.core.canonical import CanonicalValue, canonical_bytes

START = KnownLeaf(index=3, data=b"", hash=bytes(32), value={"origin": "log", "sid": "s"})
OWNER: dict[str, CanonicalValue] = {"institution": "inst", "learner": "ann"}
EVENT: dict[str, CanonicalValue] = {"institution_id": "inst", "learner_id": "ann"}


@pytest.mark.parametrize(
    ("opened", "first", "found"),
    [
        (OWNER, canonical_bytes(EVENT), []),
        ({**OWNER, "learner": "bob"}, canonical_bytes(EVENT), ["E_OPENING"]),
        (OWNER, canonical_bytes({**EVENT, "learner_id": "bob"}), ["E_OPENING"]),
        (OWNER, canonical_bytes({**EVENT, "institution_id": "other"}), ["E_OPENING"]),
        ({}, canonical_bytes(EVENT), ["E_OPENING", "E_OPENING"]),
        (None, canonical_bytes(EVENT), []),
        (OWNER, None, []),
        (OWNER, b"no event", []),
        (OWNER, canonical_bytes({}), []),
    ],
)
def test_the_opened_learner_is_the_first_event_s(
    opened: dict[str, CanonicalValue] | None, first: bytes | None, found: list[str]
) -> None:
    findings = Findings()
    check_owner(START, opened, first, findings)
    assert [check.code for check in findings.checks] == found
