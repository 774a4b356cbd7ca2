"""Honest learners on bad days: at most a minute lost, no session lost, the same verdicts on replay."""

from pathlib import Path

import pytest

from support.suites import run, scenario_files
from zaichang_simulation.suite import HONEST_LOSS_MAX_MS, Case

FILES = scenario_files(Path(__file__).parent)


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 25


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_honest_learner_keeps_what_was_studied(path: Path) -> None:
    case: Case = run(path)
    assert case.result is not None
    assert case.result.findings == ()
    assert case.replay_equal
    assert case.loss_ms <= HONEST_LOSS_MAX_MS
    assert case.verdict == "kept"
