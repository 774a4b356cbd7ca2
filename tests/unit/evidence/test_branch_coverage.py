"""This room is covered to the last branch by its own unit tests."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from support.branches import unreached_branches


def test_the_unit_tests_of_this_room_reach_every_branch(
    root: Path, tmp_path: Path, tests_elsewhere: Counter[str]
) -> None:
    assert unreached_branches(root, "evidence", tmp_path, tests_elsewhere["evidence"]) == ""
