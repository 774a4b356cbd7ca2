"""Records add up by themselves."""

from __future__ import annotations

import dataclasses

import pytest

from zaichang.session import decisions as d


def minute(**changes: object) -> d.Minute:
    return dataclasses.replace(d.Minute(index=0, from_ms=0, to_ms=60_000, verdict=d.Verdict.REFUSED), **changes)


def test_verified_time_is_the_exact_sum() -> None:
    assert minute().verified_ms == 0
    assert minute(verified=((0, 59_999), (70_000, 70_001))).verified_ms == 60_000


def test_the_letters_go_into_the_log_and_never_change() -> None:
    assert {verdict.name: verdict.value for verdict in d.Verdict} == {
        "VERIFIED": "V",
        "REFUSED": "F",
        "INDETERMINATE": "U",
    }


def test_decisions_cannot_be_changed() -> None:
    for kind in (*d.Decision.__args__, d.Minute, d.Final):
        assert dataclasses.is_dataclass(kind)
        assert kind.__dataclass_params__.frozen, kind
    with pytest.raises(dataclasses.FrozenInstanceError):
        minute().index = 5  # type: ignore[misc]  # what the test is about
