"""Each answer of a platform on each state of a row."""

from __future__ import annotations

import pytest

from zaichang.ledger.filing.rows import RowState
from zaichang.ledger.filing.states import IN_FLIGHT, STANDING, Told, told


@pytest.mark.parametrize(
    ("state", "answer", "effect"),
    [
        ("prepared", "sent", Told.CHANGES),
        ("sent", "accepted", Told.CHANGES),
        ("acknowledged", "refused", Told.CHANGES),
        ("accepted", "refused", Told.CHANGES),
        ("accepted", "registered", Told.CHANGES),
        ("accepted", "sent", Told.STALE),
        ("registered", "accepted", Told.STALE),
        ("registered", "registered", Told.STALE),
        ("refused", "refused", Told.STALE),
        ("refused", "sent", Told.STALE),
        ("refused", "accepted", Told.CONTRADICTS),
        ("registered", "refused", Told.CONTRADICTS),
    ],
)
def test_an_answer_changes_repeats_or_contradicts(state: str, answer: str, effect: Told) -> None:
    assert told(RowState(state), RowState(answer)) is effect


def test_a_refusal_is_neither_under_way_nor_there() -> None:
    assert set(RowState) - IN_FLIGHT - STANDING == {RowState.REFUSED}
