"""Media that a decision may grant: its first milliseconds, and intervals of the right shape."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.audit.changes.rulings import at_most, intervals


@pytest.mark.parametrize("granted", [[["a", "b"]], [[1]], "all", [[5, 5]], [[True, 50]], [[9, 3]], None])
def test_intervals_of_another_shape_are_none(granted: Any) -> None:
    assert intervals(granted) is None


def test_the_first_milliseconds_are_kept() -> None:
    assert at_most(((0, 5), (10, 20), (30, 40)), 8) == ((0, 5), (10, 13))
    assert at_most(((0, 5),), 0) == ()
