"""Every technique of the red team, against the whole service with the real models."""

from pathlib import Path

import pytest

from support.suites import run, scenario_files

FOLDER = Path(__file__).parent
FILES = scenario_files(FOLDER)
TECHNIQUES = [
    *(f"F{n}" for n in range(1, 5)),
    *(f"S{n}" for n in range(1, 5)),
    *(f"K{n}" for n in range(1, 4)),
    *(f"P{n}" for n in range(1, 7)),
    "H1",
    *(f"A{n}" for n in range(1, 8)),
    *(f"C{n}" for n in range(1, 12)),
    "D1",
]


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_every_technique_has_a_folder(technique: str) -> None:
    assert scenario_files(FOLDER / technique)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_technique_earns_no_more_than_was_honest(path: Path) -> None:
    case = run(path)
    assert case.loaded.scenario.technique == path.parent.name
    assert case.result is not None
    assert case.result.findings == ()
    assert case.verdict in ("stopped", "accepted")
