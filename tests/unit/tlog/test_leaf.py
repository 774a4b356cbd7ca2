import json

import pytest

from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.tlog import leaf
from zaichang.tlog.schema import KINDS

ORIGIN = "hours.example.org/log/2026"


FIRST = leaf.SessionRef(origin=ORIGIN, sid="ab" * 16, seq=0, prev=None, at_ms=1)


LATER = leaf.SessionRef(
    origin=ORIGIN, sid="ab" * 16, seq=1, prev=b"\x01" * 32, at_ms=2, anchor=leaf.Anchor(size=7, root=b"\x02" * 32)
)


SEGMENT = {"n": 0, "from_ms": 1, "to_ms": 2, "first_minute": 0, "minutes": "VFU", "verified_ms": 60_000, "n_records": 3}


def samples() -> list[bytes]:
    digest = b"\x03" * 32
    start = {"policy": digest, "course": "c", "lesson": "l", "subj_c": digest, "sched_c": digest}
    reveal = leaf.ScheduleReveal(secret=digest, client_nonce=b"\x01" * 16)
    final = {"segments": 1, "n_verified": 1, "n_refused": 1, "n_undecided": 1, "verified_ms": 60_000}
    amend = {"target": 5, "target_hash": digest, "minute": 2, "verdict": "V", "delta_ms": -5}
    return [
        leaf.session_start(FIRST, **start),
        leaf.session_start(FIRST, **start, device_c=digest, client_nonce_c=digest, course_v=digest),
        leaf.session_segment(LATER, **SEGMENT),
        leaf.session_final(LATER, **final, reason="SESSION_FINISHED", codes={"NO_FACE": 2}, sched=reveal),
        leaf.session_void(LATER, target=5, target_hash=digest, reason="APPEAL", request=digest),
        leaf.session_amend(LATER, **amend, reason="APPEAL"),
        leaf.record("policy", ORIGIN, 1, name="default", digest=digest),
        leaf.record("key", ORIGIN, 1, action="add", role="log", vkey="a+01234567+AAAA", from_size=0),
        leaf.record(
            "upload", ORIGIN, 1, target="p", from_index=0, to_index=9, request=digest, response=digest, status=200
        ),
        leaf.record("erasure", ORIGIN, 1, request=digest, date="2026-11-22", basis="pipl-47", sessions=3),
        leaf.record("sampling", ORIGIN, 1, announce=digest, size=9, root=digest, stage="draw"),
    ]


def test_every_kind_can_be_built_and_read_back() -> None:
    kinds = set()
    for data in samples():
        value = leaf.parse_leaf(data)
        assert canonical_bytes(value) == data
        kinds.add(value["t"])
    assert kinds == set(KINDS)


def test_optional_parts_are_left_out_instead_of_null() -> None:
    value = json.loads(samples()[0])
    assert "anchor" not in value
    assert value["prev"] == ""
    assert json.loads(samples()[2])["anchor"] == {"root": "02" * 32, "size": 7}


def test_builders_refuse_what_the_parser_refuses() -> None:
    with pytest.raises(EvidenceError, match="minutes"):
        leaf.session_segment(LATER, **(SEGMENT | {"minutes": "ok!"}))
    with pytest.raises(EvidenceError, match="prev"):
        leaf.session_segment(leaf.SessionRef(origin=ORIGIN, sid="s", seq=3, prev=None, at_ms=1), **SEGMENT)
    with pytest.raises(EvidenceError, match="basis"):
        leaf.record("erasure", ORIGIN, 1, request=bytes(32), date="2026-11-22", basis="Asked by Li Ming", sessions=1)


def test_a_final_without_a_schedule_says_so() -> None:
    final = {"segments": 1, "n_verified": 1, "n_refused": 0, "n_undecided": 0, "verified_ms": 60_000}
    assert "sched" not in leaf.parse_leaf(leaf.session_final(LATER, **final, reason="SESSION_FINISHED"))
