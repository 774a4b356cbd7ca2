"""Dates of a whole log: by a quorum of witnesses, and by the runs of the reader's own mirror."""

from __future__ import annotations

from support.cosigned import checkpoint_of
from support.evidence_bundle import AT_MS, SIGNER
from support.small_logs import TRUST, files_of
from unit.audit.whole.test_past import DAY_MS, log_of, open_ends
from zaichang.audit.findings import Findings
from zaichang.audit.history import first_sight_line
from zaichang.audit.time_checks import SKEW_MS
from zaichang.audit.whole.dates import Dates
from zaichang.audit.whole.leaf_head import LeafHead
from zaichang.core.units import ROUND_MS


def test_a_mirrors_own_times_date_a_log_without_witnesses() -> None:
    log = log_of(20)
    files = files_of(log.leaves)
    half = checkpoint_of(SIGNER, log.leaves[:30])
    before = [first_sight_line(half, AT_MS + ms) for ms in (60_000, DAY_MS // 2, 3 * DAY_MS)]
    whole = first_sight_line(files["checkpoint"], AT_MS + 4 * DAY_MS)
    assert open_ends(files, TRUST, whole) == [], "the first run says nothing of records that were there already"
    assert open_ends(files, TRUST, before[0] + b"\n" + whole + b"\nbroken") == []
    assert {status for status, _, _ in open_ends(files, TRUST, before[1] + b"\n" + whole)} == {"undecided"}
    held_back = open_ends(files, TRUST, before[2] + b"\n" + whole)
    assert held_back == [("fail", "E_TIME_LATE", index) for index in range(30, 60)]
    early = first_sight_line(files["checkpoint"], AT_MS - DAY_MS)
    assert ("fail", "E_TIME_LATE", 0) in open_ends(files, TRUST, early), "dated after the mirror had seen it"
    other = first_sight_line(checkpoint_of(SIGNER, log_of(7, AT_MS + ROUND_MS).leaves), AT_MS)
    assert open_ends(files, TRUST, other) == [("fail", "E_CONSISTENCY", None)]


def test_without_bounds_nothing_is_reported() -> None:
    findings = Findings()
    dates = Dates("o", findings)
    dates.take(LeafHead(t="session.start", origin="o", at=1, sid="s"), 0)
    dates.finish()
    assert findings.checks == []


def test_no_leaf_is_dated_ahead_of_the_reader_s_clock() -> None:
    for ahead_ms, expected in ((SKEW_MS, []), (SKEW_MS + 1, [("E_TIME_LATE", 7)])):
        for kind in ("session.void", "policy"):
            head = LeafHead(t=kind, origin="o", at=AT_MS + ahead_ms)
            findings = Findings()
            dates = Dates("o", findings)
            dates.bound([], [], AT_MS)
            dates.take(head, 7)
            assert [(check.code, check.index) for check in findings.checks] == expected
