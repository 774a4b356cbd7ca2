"""The lines of the outbox."""

from __future__ import annotations

import json
from dataclasses import replace

from support.stores import ROW
from zaichang.core.enums import LeafKind, Mode, Route
from zaichang.core.ids import InstitutionId, SessionId
from zaichang.live.publishing import SESSIONS_A_LINE, end_line, erasure_lines, outbox_line
from zaichang.ports.records import StoredLeaf, StoredMinute

RECORD = (
    b'{"from_ms":1000,"index":3,"reasons":[],"to_ms":61100,"verdict":"V","verified":[[0,60000]],"verified_ms":60000}'
)


def line(number: int) -> bytes:
    return outbox_line(ROW, StoredMinute(minute=number, body=RECORD), "log.example/inst/2026", 17)


def test_a_line_names_the_minute_and_where_its_verdict_is() -> None:
    value = json.loads(line(3))
    assert (value["session"], value["minute"], value["log"]) == (
        "s1",
        3,
        {"index": 17, "origin": "log.example/inst/2026"},
    )
    assert value["record"]["verified"] == [[0, 60_000]]
    assert value["server_ms"] == 60_100 and value.keys().isdisjoint({"period", "route"})
    assert line(3).count(b"\n") == 1 and line(3).endswith(b"\n")


def test_a_line_says_in_which_year_it_counts_and_whether_a_face_was_compared() -> None:
    row = replace(
        ROW, period="2025-11-01", route=Route.CHALLENGE, category="public", mode=Mode.BROADCAST, course_version="2026.1"
    )
    value = json.loads(outbox_line(row, StoredMinute(minute=3, body=RECORD), "log.example/inst/2026", 17))
    assert (value["period"], value["route"]) == ("2025-11-01", "challenge")
    assert (value["category"], value["mode"], value["course_version"]) == ("public", "broadcast", "2026.1")


def test_the_line_of_an_end_has_the_log_s_sums_and_counts_the_proofs() -> None:
    leaf = StoredLeaf(
        leaf_seq=2, kind=LeafKind.FINAL, at_ms=99_000, entry_index=7,
        body=b'{"reason":"FINISHED","verified_ms":5,"n_verified":1,"n_refused":2,"n_undecided":3}',
    )  # fmt: skip
    kinds = ("SessionStarted", "CaptureAssessed", "CaptureAssessed", "LivenessAssessed", "HeartbeatReceived")
    events = [b'{"e":"' + kind.encode() + b'"}' for kind in kinds]
    written = end_line(ROW, leaf, events, "log.example/inst/2026", 7)
    value = json.loads(written)
    assert (value["t"], value["session"], value["closed_ms"], value["reason"]) == ("end", "s1", 99_000, "FINISHED")
    assert value["proofs"] == {"capture": 2, "liveness": 1}
    assert (value["verified_ms"], value["minutes"]) == (5, {"verified": 1, "refused": 2, "undecided": 3})
    assert written.endswith(b"\n") and value["log"] == {"index": 7, "origin": "log.example/inst/2026"}


def test_the_lines_of_an_erasure_name_every_session_once_and_no_learner() -> None:
    sessions = [SessionId(f"s{number:04}") for number in range(SESSIONS_A_LINE + 1)]
    lines = [json.loads(each) for each in erasure_lines(InstitutionId("inst"), "all", sessions, "log", 3)]
    assert [len(each["sessions"]) for each in lines] == [SESSIONS_A_LINE, 1]
    assert [name for each in lines for name in each["sessions"]] == sessions
    assert all("learner" not in each and each["scope"] == "all" for each in lines)
    assert erasure_lines(InstitutionId("inst"), "all", [], "log", 3) == []
