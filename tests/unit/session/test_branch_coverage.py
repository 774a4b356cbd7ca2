"""The rules are covered to the last branch by their own unit tests."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from support.branches import unreached_branches


def test_the_unit_tests_of_the_session_core_reach_every_branch(
    root: Path, tmp_path: Path, tests_elsewhere: Counter[str]
) -> None:
    assert unreached_branches(root, "session", tmp_path, tests_elsewhere["session"]) == ""
