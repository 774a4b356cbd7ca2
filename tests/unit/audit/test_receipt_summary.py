"""The sentences of a receipt, for leaves of each version."""

from __future__ import annotations

import pytest

from zaichang.audit.receipt_summary import Leaf, summary

AT_MS = 1_790_000_100_000
COUNTS: Leaf = {"verified_ms": 61_000, "n_verified": 1, "n_refused": 2, "n_undecided": 3, "reason": "SESSION_FINISHED"}


@pytest.mark.parametrize(
    ("version", "shown", "times"),
    [(2, {"lesson": "l"}, "2026-09-21 22:15:00 to 2026-09-21 22:30:00 (UTC+8)"),
     (3, {}, "between 2026-09-21 22:15:00 and 2026-09-21 22:45:00 (UTC+8, in whole quarters of an hour)")],
)  # fmt: skip
def test_the_sentence_says_when_and_how_long(version: int, shown: Leaf, times: str) -> None:
    start: Leaf = {"v": version, "at": AT_MS, "course": "c", **shown}
    final: Leaf = {"v": version, "at": AT_MS + 900_000, **COUNTS}
    said = summary(start, final, lesson="l")["en"]
    assert said.startswith(f"Course c, lesson l, {times}: 1 min 1 s verified; minutes: 1 verified, 2 not counted")


def test_a_void_and_an_unknown_reason_are_said() -> None:
    said = summary({"v": 3, "course": "c"}, {**COUNTS, "v": 3, "reason": "NO_SUCH"}, voided=True)
    assert said["zh"].startswith("已作废，不计学时。课程 c 课时未公开，") and said["zh"].endswith("NO_SUCH")
