"""The terms of a session have one list, for the outbox and for the hour ledger."""

from __future__ import annotations

import json
from dataclasses import replace

from support.stores import ROW
from zaichang.core.enums import LeafKind, Mode, Route
from zaichang.core.units import MINUTE_MS
from zaichang.hours.feed import study_fact
from zaichang.live.publishing import outbox_line
from zaichang.ports.records import StoredLeaf, StoredMinute

WORDS = {"route": "face", "category": "public", "mode": "recorded", "course_version": "2"}
SPOKEN = replace(ROW, route=Route.FACE, category="public", mode=Mode.RECORDED, course_version="2")


def test_only_known_words_are_said() -> None:
    assert ROW.words() == {}
    assert SPOKEN.words() == WORDS


def test_the_outbox_and_the_ledger_say_the_same_words() -> None:
    record = {"from_ms": 0, "to_ms": MINUTE_MS, "verified": [], "verified_ms": 0, "index": 0, "verdict": "V"}
    minute = StoredMinute(minute=0, body=json.dumps(record).encode())
    leaf = StoredLeaf(leaf_seq=0, kind=LeafKind.SEGMENT, at_ms=1, body=b'{"verified_ms":0}', entry_index=3)
    line = json.loads(outbox_line(SPOKEN, minute, "log", 3))
    fact = json.loads(study_fact(SPOKEN, [minute], [leaf]).body)
    assert {name: line[name] for name in WORDS} == {name: fact[name] for name in WORDS} == WORDS
