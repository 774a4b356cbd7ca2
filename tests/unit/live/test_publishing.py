"""The lines of the outbox."""

from __future__ import annotations

import json
from dataclasses import replace

from support.stores import ROW
from zaichang.core.enums import Route
from zaichang.live.publishing import outbox_line
from zaichang.ports.records import StoredMinute

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
    row = replace(ROW, period="2025-11-01", route=Route.CHALLENGE)
    value = json.loads(outbox_line(row, StoredMinute(minute=3, body=RECORD), "log.example/inst/2026", 17))
    assert (value["period"], value["route"]) == ("2025-11-01", "challenge")
