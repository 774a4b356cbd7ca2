"""The shell judges no liveness: what it runs a try with holds no number that a policy does not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import zaichang.live
from zaichang.protocol import limits
from zaichang.session.policy import Policy

HERE = Path(zaichang.live.__file__).parent
FILES = sorted(HERE.glob("liveness_*.py"))
UNITS = {0, 1, 2, 100, 1_000, 8, 16, 32}
"""Counting, the share of a unit (hundredths, thousandths), and the bytes, base and bits of a drawn number."""


def numbers(tree: ast.AST) -> list[int | float]:
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [value for value in constants if isinstance(value, int | float) and not isinstance(value, bool)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_threshold_is_left_in_the_shell(path: Path) -> None:
    assert set(numbers(ast.parse(path.read_text()))) <= UNITS


def test_the_files_are_there_and_a_threshold_would_be_seen() -> None:
    assert {path.name for path in FILES} == {"liveness_driver.py", "liveness_frames.py", "liveness_trial.py"}
    assert numbers(ast.parse("LEAVE_DEG: Final = 12.0\nif frames >= 4: pass")) == [12.0, 4]


def test_only_the_pure_trial_judges_movements_and_light() -> None:
    judges = {"judge_movement", "judge", "judge_light", "Outcome"}
    for path in HERE.glob("*.py"):
        imported = {
            name.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        }
        assert not imported & judges, path.name


def test_the_limits_that_the_protocol_page_tells_are_the_default_policys() -> None:
    policy = Policy()
    assert policy.liveness_frames_per_s == limits.LIVENESS_FRAMES_PER_S
    assert policy.liveness_frames_max == limits.LIVENESS_FRAMES_MAX
