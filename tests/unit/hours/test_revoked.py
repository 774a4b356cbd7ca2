"""Positions that were taken back leave the facts of their session, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.hours.revoked import cut, without_revoked
from zaichang.ledger.facts import Run
from zaichang.session.playhead import IntervalSet

RUN = Run(1_000, 60, 0, 60, 3)


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ((), [RUN]),
        (((500, 600),), [RUN]),
        (((0, 60),), [Run(1_060, 60, 60, 60, 1), Run(1_120, 60, 120, 60, 1)]),
        (((60, 120),), [Run(1_000, 60, 0, 60, 1), Run(1_120, 60, 120, 60, 1)]),
        (((0, 170),), [Run(1_170, 10, 170, 10, 1)]),
        (((20, 30), (60, 180)), [Run(1_000, 20, 0, 20, 1), Run(1_030, 30, 30, 30, 1)]),
        (((0, 180),), []),
    ],
)
def test_a_run_keeps_the_positions_that_stand(gone: IntervalSet, left: list[Run]) -> None:
    assert cut(RUN, gone) == left


def test_faster_media_never_takes_more_server_time_than_the_run() -> None:
    parts = cut(Run(0, 50, 0, 60, 1), ((10, 20),))
    assert parts == [Run(0, 10, 0, 10, 1), Run(20, 30, 20, 40, 1)]
    assert sum(part.wall_ms for part in parts) <= 50


def entry(key: str, *runs: Run, session: str = "s", **more: Any) -> dict[str, Any]:
    return {"id": key, "session": session, "runs": [list(run) for run in runs], **more}


def test_a_revocation_changes_what_came_before_it_and_not_a_later_grant() -> None:
    minute = Run(0, 60, 0, 60, 1)
    found = without_revoked(
        [
            entry("amend/s/10", minute),
            entry("amend/s/9", revoked=[[0, 60]]),
            entry("study/s", minute),
            entry("study/t", minute, session="t"),
        ]
    )
    assert [each["runs"] for each in found] == [[list(minute)], [], [], [list(minute)]]
    assert all("revoked" not in each for each in found)
