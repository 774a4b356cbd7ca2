"""Each gate: open, closed, and the case that it is not at issue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from zaichang.core.civil import Date, start_ms
from zaichang.hours.packs import load_rules
from zaichang.ledger.facts import Claim
from zaichang.ledger.gates import PAPERLESS_FROM_MS, closed_gates
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import Gate
from zaichang.ledger.window import window_of

CQ, CME = load_rules("cq-pharmacist-2025"), load_rules("cq-cme-2017")
YEAR = window_of(CME, 2027, start_ms(Date(2027, 6, 1)))
DAY = 86_400_000
MAY = start_ms(Date(2027, 5, 1))


def closed(gate: Gate | str, spans: Any = None, **values: Any) -> tuple[Why, ...]:
    item = CME.item("credit")
    assert item is not None
    some: Any = (gate,)
    claim = Claim(key="c", item="credit", **values)
    return closed_gates(claim, replace(item, gates=some, ranks=frozenset(("first",))), CME, YEAR, spans)


@pytest.mark.parametrize(
    ("gate", "open_ones", "closed_ones", "why"),
    [
        (Gate.EVIDENCE, [{}, {"has_evidence": True}], [{"has_evidence": False}], Why.EVIDENCE_MISSING),
        (Gate.EVIDENCE, [], [{"submitted_ms": MAY}], Why.EVIDENCE_MISSING),
        (
            Gate.IN_TIME,
            [{}, {"submitted_ms": MAY}, {"submitted_ms": YEAR.to_ms - 1, "at_ms": MAY},
             {"submitted_ms": YEAR.to_ms - 1, "at_ms": MAY - 900 * DAY, "to_ms": MAY}],
            [{"submitted_ms": YEAR.to_ms}, {"submitted_ms": YEAR.to_ms, "at_ms": MAY},
             {"submitted_ms": YEAR.to_ms, "at_ms": MAY - 900 * DAY, "to_ms": MAY}],
            Why.LATE,
        ),
        (
            Gate.APPROVED,
            [{}, {"approved": True, "submitted_ms": MAY}, {"approved": True, "approved_ms": MAY}],
            [{"submitted_ms": MAY}, {"approved": True, "approved_ms": YEAR.known_ms}],
            Why.PENDING,
        ),
        (Gate.APPROVED, [], [{"approved": False}], Why.NOT_APPROVED),
        (Gate.PASSED, [{}, {"passed": True}], [{"passed": False}], Why.NOT_PASSED),
        (Gate.FILED, [{}, {"filed": True}], [{"filed": False}], Why.NOT_REGISTERED),
        (Gate.RANK, [{}, {"rank": "First"}, {"rank": "first_"}], [{"rank": "tenth"}], Why.RANK_TOO_LOW),
        (Gate.REGISTERED, [{}, {"registered": True}], [{"registered": False}], Why.NOT_REGISTERED),
        (
            Gate.PAPER,
            [{}, {"paper": True, "held_in": "四川"}, {"paper": True, "at_ms": PAPERLESS_FROM_MS - 1}],
            [{"paper": True}, {"paper": True, "held_in": "重庆市"}, {"paper": True, "at_ms": PAPERLESS_FROM_MS}],
            Why.PAPER_NOT_ACCEPTED,
        ),
        (
            Gate.OUTSIDE_PROOF,
            [{}, {"held_in": "Chongqing", "has_evidence": False},
             {"held_in": "四川", "level": "National", "has_evidence": True}, {"held_in": "四川", "has_evidence": True}],
            [{"held_in": "四川", "has_evidence": False}, {"held_in": "四川"}, {"held_in": "市外"},
             {"held_in": "out_of_city"}],
            Why.NO_PROOF,
        ),
        (Gate.OUTSIDE_PROOF, [], [{"held_in": "四川", "level": "provincial"}], Why.NOT_REGISTERED),
        (
            Gate.AUDITED,
            [{}, {"audited": True}, {"audited": True, "audited_ms": MAY}],
            [{"audited": False}, {"audited": True, "audited_ms": YEAR.known_ms}],
            Why.PENDING,
        ),
        (Gate.AUDITED, [], [{"audited": True, "audited_ms": YEAR.audit_ms}], Why.TOO_LATE),
        (Gate.CONFIRMED, [{}, {"confirmed": True, "confirmed_ms": MAY}], [{"confirmed": False}], Why.PENDING),
        (Gate.RECOGNISED, [{}, {"recognised": True}], [{"recognised_ms": YEAR.known_ms}], Why.PENDING),
        (Gate.ENTERED, [{}, {"entered_ms": YEAR.to_ms - 1}], [{"entered_ms": YEAR.to_ms}], Why.LATE),
        (Gate.AUTHORITY, [{}, {"recognised_by": "长沙市人力资源社会保障局"}], [{"recognised_by": ""}], Why.PENDING),
        (Gate.AUTHORITY, [], [{"recognised_by": "单位"}], Why.NOT_APPROVED),
        (
            Gate.RELATED,
            [{}, {"related": "post"}, {"related": "profession", "category": "public"}],
            [{"category": "public"}, {"related": "neither"}],
            Why.SHOWN_ONLY,
        ),
    ],
)  # fmt: skip
def test_a_gate(gate: Gate, open_ones: list[dict[str, Any]], closed_ones: list[dict[str, Any]], why: Why) -> None:
    for values in open_ones:
        assert closed(gate, **values) == (), values
    for values in closed_ones:
        assert closed(gate, **values)[0] is why, values


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({}, True),
        ({"institution": "i1"}, True),
        ({"institution": "i1", "at_ms": 10}, True),
        ({"institution": "i1", "at_ms": 20}, False),
        ({"institution": "i1", "days": ((10, 1), (15, 1))}, True),
        ({"institution": "i1", "days": ((10, 1), (20, 1))}, False),
        ({"institution": "i2", "at_ms": 10}, False),
    ],
)
def test_published_institutions(values: dict[str, Any], counts: bool) -> None:
    spans = {"i1": ((10, 20),)}
    assert (closed(Gate.PUBLISHED, spans, **values) == ()) is counts
    assert closed(Gate.PUBLISHED, None, **values) == ()


def test_the_gates_stand_in_their_order() -> None:
    item = CQ.item("paper")
    assert item is not None
    claim = Claim(
        key="c", item="paper", has_evidence=False, submitted_ms=YEAR.to_ms + 90 * DAY, approved=False, at_ms=MAY
    )
    assert closed_gates(claim, item, CQ, window_of(CQ, 2027), None) == (
        Why.EVIDENCE_MISSING, Why.NO_PROOF, Why.LATE, Why.NOT_APPROVED
    )  # fmt: skip


def test_no_other_gate_exists() -> None:
    import zaichang.ledger.gates as gates

    item = CME.item("credit")
    assert item is not None
    other: Any = "moon"
    with pytest.raises(AssertionError):
        gates._closed(other, Claim(key="c", item="credit"), item, CME, YEAR, None)
