"""The lines of the outbox."""

from __future__ import annotations

import json

from support.stores import ROW
from zaichang.live.publishing import outbox_line
from zaichang.ports.records import StoredMinute

RECORD = b'{"index":3,"reasons":[],"verdict":"V","verified":[[0,60000]],"verified_ms":60000}'


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
    assert line(3).count(b"\n") == 1 and line(3).endswith(b"\n")
