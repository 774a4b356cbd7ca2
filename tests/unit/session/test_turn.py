"""A turn: what it reads from the rules once, and the decisions in their order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import POLICY
from support.hands import Hands
from zaichang.session import decisions as d
from zaichang.session.policy import DRAWN_SINCE_SCHEMA
from zaichang.session.turn import Turn


@pytest.mark.parametrize(
    ("schema", "route", "uses", "drawn", "sampled"),
    [
        (DRAWN_SINCE_SCHEMA, "face", True, True, True), (DRAWN_SINCE_SCHEMA - 1, "face", True, False, False),
        (DRAWN_SINCE_SCHEMA, "challenge", False, True, False),
    ],
)  # fmt: skip
def test_a_turn_knows_whether_captures_prove_and_are_drawn_samples(
    schema: int, route: str, uses: bool, drawn: bool, sampled: bool
) -> None:
    state = Hands(POLICY, route=route).state
    turn = Turn(state, replace(POLICY, schema=schema), 7)
    assert (turn.uses_captures, turn.drawn, turn.sampled) == (uses, drawn, sampled)
    assert turn.state is state and turn.now_ms == 7


def test_decisions_stay_in_their_order_and_a_turn_holds_nothing_else() -> None:
    turn: Any = Hands(POLICY).turn()
    turn.add(d.OrderResume())
    turn.add(d.RejectReveal())
    assert turn.out == [d.OrderResume(), d.RejectReveal()]
    with pytest.raises(AttributeError):
        turn.other = 1
