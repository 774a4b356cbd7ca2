"""Every technique of the red team, against the whole service with the real models."""

from pathlib import Path

import pytest

from support.suites import run, scenario_files
from zaichang_simulation.format.loader import load

FOLDER = Path(__file__).parent
FILES = scenario_files(FOLDER)
EARNED_MAX_S = {"c10-comes-when-called": 90}
"""Beyond the burst of 12 s that late packets are allowed; each is explained by its scenario."""
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


def test_whatever_is_accepted_or_explained_is_a_risk_that_the_threat_model_names() -> None:
    text = (FOLDER.parents[1] / "docs" / "threat-model.md").read_text(encoding="utf-8")
    risks = text.split("## Accepted residual risks")[1].split("\n## ")[0]
    scenarios = [load(path).scenario for path in FILES]
    known = {scenario.technique for scenario in scenarios if scenario.accepted or scenario.explained}
    assert {"A7", "C7", "C10", "F4", "S2"} <= known
    assert {technique for technique in known if f"- ({technique}) " not in risks} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_technique_is_really_tried_and_must_be_named(path: Path) -> None:
    """A scenario says what the cheat claims beyond what was honest, what it may earn, and why it is stopped."""
    scenario = load(path).scenario
    expect = scenario.expect
    assert scenario.title
    assert expect.honest_s is not None or expect.honest_until_s is not None or expect.verified_s_max is not None
    if not scenario.accepted:
        assert expect.gain_s_max is not None
        assert expect.gain_s_max <= EARNED_MAX_S.get(scenario.name, 12)
        named = [*expect.reasons, *expect.indicators, *expect.cases, *expect.refusals]
        assert named, "it must be said why"
    tried = expect.claimed_s_min is not None or "HEARTBEAT_REJECTED" in expect.indicators
    assert tried, "nothing says that the dangerous state was reached"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_technique_earns_no_more_than_was_honest(path: Path) -> None:
    case = run(path)
    assert case.replay_equal
    assert case.loaded.scenario.technique == path.parent.name
    assert case.result is not None
    assert case.result.findings == ()
    assert case.verdict in ("stopped", "accepted")
