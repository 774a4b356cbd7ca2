"""Leaves of every kind, for tests of their builders and of their schema."""

from __future__ import annotations

from zaichang.core.enums import LeafKind
from zaichang.tlog import leaf

ORIGIN = "hours.example.org/log/2026"


FIRST = leaf.SessionRef(origin=ORIGIN, sid="ab" * 16, seq=0, prev=None, at_ms=1)


LATER = leaf.SessionRef(
    origin=ORIGIN, sid="ab" * 16, seq=1, prev=b"\x01" * 32, at_ms=2, anchor=leaf.Anchor(size=7, root=b"\x02" * 32)
)


SEGMENT = {"n": 0, "from_ms": 1, "to_ms": 2, "first_minute": 0, "minutes": "VFU", "verified_ms": 60_000, "n_records": 3}


def samples() -> list[bytes]:
    """Return one leaf of each kind, and a start with all its optional fields."""
    digest = b"\x03" * 32
    start = {"policy": digest, "course": "c", "lesson_c": digest, "subj_c": digest, "sched_c": digest}
    reveal = leaf.ScheduleReveal(secret=digest, client_nonce=b"\x01" * 16)
    final = {"segments": 1, "n_verified": 1, "n_refused": 1, "n_undecided": 1, "verified_ms": 60_000}
    amend = {"target": 5, "target_hash": digest, "minute": 2, "verdict": "V", "delta_ms": -5}
    return [
        leaf.session_start(FIRST, **start),
        leaf.session_start(FIRST, **start, device_c=digest, client_nonce_c=digest, course_v=digest),
        leaf.session_segment(LATER, **SEGMENT),
        leaf.session_final(LATER, **final, reason="SESSION_FINISHED", codes_c=digest, sched=reveal),
        leaf.session_void(LATER, target=5, target_hash=digest, reason="APPEAL", request=digest),
        leaf.session_amend(LATER, **amend, reason="APPEAL", request=digest),
        leaf.record(LeafKind.POLICY, ORIGIN, 1, name="default", digest=digest),
        leaf.record(LeafKind.KEY, ORIGIN, 1, action="add", role="log", vkey="a+01234567+AAAA", from_size=0),
        leaf.record(
            LeafKind.UPLOAD,
            ORIGIN,
            1,
            target="p",
            from_index=0,
            to_index=9,
            request=digest,
            response=digest,
            status=200,
        ),
        leaf.record(LeafKind.ERASURE, ORIGIN, 1, request=digest, date="2026-11-22", basis="pipl-47", sessions=3),
        leaf.record(LeafKind.SAMPLING, ORIGIN, 1, announce=digest, size=9, root=digest, stage="draw"),
        leaf.record(
            LeafKind.PROJECT,
            ORIGIN,
            1,
            course="c",
            filing="2026/12",
            published="2026-01-02",
            from_day="2026-01-03",
            to_day="2026-12-31",
        ),
        leaf.record(LeafKind.CERTIFICATE, ORIGIN, 1, action="issue", cert_c=digest),
        leaf.record(LeafKind.CERTIFICATE, ORIGIN, 1, action="replace", cert_c=digest, target=5, target_hash=digest),
        leaf.record(
            LeafKind.CERTIFICATE,
            ORIGIN,
            1,
            action="revoke",
            cert_c=digest,
            target=5,
            target_hash=digest,
            reason="REVOKED_ERROR",
        ),
        leaf.record(LeafKind.ACTIVITY, ORIGIN, 1, aid="a1", seq=0, prev="", stage="submit", document_c=digest),
    ]
