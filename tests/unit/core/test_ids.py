"""Identifiers become file names and log fields, so their alphabet is narrow."""

from __future__ import annotations

import pytest

from zaichang.core.errors import PeerViolation
from zaichang.core.ids import check_id


@pytest.mark.parametrize("value", ["a", "A1", "9", "a.b_c-d", "x" * 64, "0" * 32])
def test_acceptable(value: str) -> None:
    assert check_id(value, "lesson_id") is value


@pytest.mark.parametrize(
    "value", ["", "x" * 65, ".hidden", "-rf", "_a", "a/b", "..", "a b", "课程", "a\n", "a\x00", "a\\b", "a%2f", "é"]
)
def test_refused_with_the_field_and_without_the_value(value: str) -> None:
    with pytest.raises(PeerViolation) as caught:
        check_id(value, "lesson_id")
    assert caught.value.code == "id.invalid"
    assert "lesson_id" in caught.value.message
    assert f"got {len(value)} characters" in caught.value.message
    assert len(value) < 3 or value not in caught.value.message
