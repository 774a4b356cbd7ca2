"""The outbox's lines against the log: an altered, added, doubled or missing line is found."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.audit.findings import Findings
from zaichang.audit.openings.field_openings import LESSON, SUBJECT
from zaichang.audit.openings.lesson_opening import lesson_payload
from zaichang.audit.whole.outbox_check import LoggedHours, OutboxCheck, SessionSalts
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import LeafKind
from zaichang.tlog import leaf
from zaichang.tlog.commit import commitment
from zaichang.tlog.merkle import leaf_hash

ORIGIN, SID, HASH = "hours.example.org/log/2026", "ab" * 16, b"\x01" * 32
PLACE = leaf.SessionRef(origin=ORIGIN, sid=SID, seq=0, prev=None, at_ms=60_000)
SALTS = SessionSalts(owner=b"\x02" * 32, lesson=HASH)
SUBJ_C = commitment(SUBJECT, SALTS.owner, canonical_bytes({"institution": "i", "learner": "p"}))
LESSON_C = commitment(LESSON, HASH, lesson_payload("l", "2", "1"))


def ref(seq: int) -> leaf.SessionRef:
    return leaf.SessionRef(origin=ORIGIN, sid=SID, seq=seq, prev=HASH, at_ms=60_000)


ENTRIES = [
    leaf.session_start(PLACE, policy=HASH, course="c", lesson_c=LESSON_C, subj_c=SUBJ_C, sched_c=HASH),
    leaf.session_segment(
        ref(1), n=0, from_ms=0, to_ms=120_000, first_minute=0, minutes="VU", verified_ms=60_000, n_records=2
    ),
    leaf.session_amend(
        ref(2), target=1, target_hash=leaf_hash(b"x"), minute=1, verdict="V", delta_ms=30_000, reason="REVIEW_GRANTED",
        request=HASH,
    ),
    b"no leaf",
    leaf.session_final(
        ref(3), segments=1, n_verified=1, n_refused=0, n_undecided=1, verified_ms=60_000, codes_c=HASH,
        reason="FINISHED",
    ),
    leaf.record(
        LeafKind.ERASURE, ORIGIN, 60_000, request=HASH, date="2026-01-01", basis="pipl-47", sessions=1, scope="all"
    ),
]  # fmt: skip
COMMON = {"session": SID, "course": "c", "lesson": "l", "institution": "i", "learner": "p", "v": 1,
          "lesson_version": "2", "timeline": "1"}  # fmt: skip


def minute(number: int, verdict: str, verified_ms: int, **more: Any) -> dict[str, Any]:
    record = {"verdict": verdict, "verified_ms": verified_ms}
    return {**COMMON, "t": "minute", "minute": number, "policy": HASH.hex(), "record": record,
            "log": {"origin": ORIGIN, "index": 1}, **more}  # fmt: skip


AMENDED = {**COMMON, "t": "amendment", "minute": 1, "verdict": "V", "delta_ms": 30_000, "reason": "REVIEW_GRANTED",
           "log": {"origin": ORIGIN, "index": 2}}  # fmt: skip
HONEST = [minute(0, "V", 60_000), minute(1, "U", 0), AMENDED]


def test_a_session_whose_salts_are_gone_is_said_not_to_be_compared() -> None:
    findings = Findings()
    check = OutboxCheck({ORIGIN: LoggedHours.read(ORIGIN, [ENTRIES])}, findings)
    for line in HONEST:
        check.take(canonical_bytes({**line, "lesson": "x", "learner": "q"}) + b"\n")
    check.finish()
    assert [each.check for each in findings.checks] == ["owners not compared", "outbox"]
    assert "1 sessions" in findings.checks[0].message


def found(lines: list[Any]) -> list[str | None]:
    findings = Findings()
    check = OutboxCheck({ORIGIN: LoggedHours.read(ORIGIN, [ENTRIES[:2], ENTRIES[2:]])}, findings, {SID: SALTS})
    for line in lines:
        check.take((line if isinstance(line, bytes) else canonical_bytes(line)) + b"\n")
    check.finish()
    bad = [each.field for each in findings.checks if each.code is not None]
    assert any("are as the log states" in each.message for each in findings.checks) is not bool(bad)
    return bad


def test_honest_lines_pass_also_when_one_is_written_twice() -> None:
    assert found(HONEST) == found([*HONEST, HONEST[0]]) == []


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        ([minute(0, "V", 61_000), *HONEST[1:]], ["verified_ms"]),
        ([minute(0, "F", 60_000), *HONEST[1:]], ["verdict"]),
        ([*HONEST, minute(0, "V", 1)], ["minute"]),
        ([*HONEST, minute(2, "V", 60_000)], ["minute"]),
        (HONEST[1:], ["line"]),
        (HONEST[:2], ["line"]),
        ([*HONEST[:2], {**AMENDED, "delta_ms": 50_000}], ["delta_ms"]),
        ([*HONEST[:2], {**AMENDED, "minute": 0}], ["minute"]),
        ([*HONEST, minute(0, "V", 60_000, session="cd" * 16)], ["log"]),
        ([*HONEST, minute(0, "V", 60_000, log={"origin": ORIGIN, "index": 9})], ["log"]),
        ([*HONEST, minute(0, "V", 60_000, log={"origin": "other/log", "index": 1})], ["log"]),
        ([*HONEST, minute(0, "V", 60_000, log="none")], ["log"]),
        ([minute(0, "V", 60_000, course="x"), *HONEST[1:]], ["course"]),
        ([minute(0, "V", 60_000, lesson="x"), *HONEST[1:]], ["lesson"]),
        ([minute(0, "V", 60_000, timeline="2"), *HONEST[1:]], ["lesson"]),
        ([minute(0, "V", 60_000, learner="q"), *HONEST[1:]], ["learner"]),
        ([minute(0, "V", 60_000, institution="j"), *HONEST[1:]], ["learner"]),
        ([*HONEST[:2], {**AMENDED, "learner": "q"}], ["learner"]),
        ([*HONEST, {**AMENDED, "log": {"origin": ORIGIN, "index": 1}}], ["t"]),
        ([*HONEST, b"{"], ["line 4"]),
    ],
)
def test_an_alteration_is_found_and_named(lines: list[Any], fields: list[str]) -> None:
    assert found(lines) == fields


ENDED = {**COMMON, "t": "end", "reason": "FINISHED", "verified_ms": 60_000, "proofs": {},
         "minutes": {"verified": 1, "refused": 0, "undecided": 1}, "log": {"origin": ORIGIN, "index": 4}}  # fmt: skip
ERASED = {"v": 1, "t": "erasure", "institution": "i", "scope": "all", "sessions": [SID],
          "log": {"origin": ORIGIN, "index": 5}}  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        ([ENDED, ERASED], []),
        ([{**ENDED, "verified_ms": 60_001}], ["verified_ms"]),
        ([{**ENDED, "reason": "ABANDONED"}], ["reason"]),
        ([{**ENDED, "learner": "q"}], ["learner"]),
        ([{**ENDED, "minutes": {"verified": 2, "refused": 0, "undecided": 0}}], ["minutes"]),
        ([{**ENDED, "session": "cd" * 16}], ["log"]),
        ([{**ENDED, "log": {"origin": ORIGIN, "index": 1}}], ["log"]),
        ([{**ERASED, "scope": "biometrics"}], ["scope"]),
        ([{**ERASED, "log": {"origin": ORIGIN, "index": 4}}], ["log"]),
    ],
)
def test_ends_and_erasures_are_as_the_log_states(lines: list[Any], fields: list[str]) -> None:
    assert found([*HONEST, *lines]) == fields
