import random
from pathlib import Path

import pytest

from benchmarks.adversary.__main__ import said
from benchmarks.adversary.campaign import CLASSES as ALL
from benchmarks.adversary.campaign import honest
from benchmarks.adversary.change import Cheats
from benchmarks.adversary.habits import CLASSES, Honest
from benchmarks.adversary.kept import load_ways
from benchmarks.adversary.known import KNOWN
from benchmarks.adversary.scenarios import FOLDER, scenario, write
from benchmarks.adversary.ways import Way, rule
from zaichang_simulation.format.loader import Loaded, parse


def _loaded(way: Way, *, honest: bool = False) -> Loaded:
    return parse(scenario("pause", way, "said", honest=honest), Path())


@pytest.mark.parametrize("name", KNOWN)
def test_every_known_way_is_a_valid_scenario(name: str) -> None:
    assert _loaded(KNOWN[name]).scenario.name == "search-pause"


def test_ways_of_the_search_are_valid_scenarios() -> None:
    chance, space = random.Random(1), Cheats("everything")  # noqa: S311  (repeatable)
    way = space.fresh(chance)
    for _ in range(150):
        way = space.changed(way, chance)
        _loaded(way)


@pytest.mark.parametrize("kind", CLASSES)
def test_honest_days_are_valid_scenarios_with_a_floor(kind: str) -> None:
    chance, space = random.Random(1), Honest(kind)  # noqa: S311  (repeatable)
    for _ in range(20):
        loaded = _loaded(space.way(space.fresh(chance)), honest=True)
        assert loaded.scenario.expect.loss_s_max == 60


def test_events_actions_and_holding_back_are_said() -> None:
    way = Way(rules=(rule("round", "leave", 2, 18), rule("play", "pause", 13, 6, times=3)), wait_ms=9_000)
    found = _loaded(way).scenario
    assert [(each.on, each.after_s, each.for_s) for each in found.camera[1:]] == [("round_over", 2, 18)]
    assert [(each.on, each.first) for each in found.player] == [("play", 3)]
    assert found.cheat[0].delay_s == 9  # type: ignore[union-attr]  # of captures


def test_what_cannot_be_said_is_a_comment() -> None:
    text = scenario("end", Way(rules=(rule("play", "report_end", 1),), hush=True), "said", honest=False)
    assert "# Not in the file: play + 1 s: report end" in text
    assert "# Not in the file: reports wait behind a picture" in text


def test_each_class_has_its_file(tmp_path: Path) -> None:
    write({"pause": (KNOWN["pauses-every-13-s"], "said", False)}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["pause.toml"]


def test_the_kept_files_are_the_kept_ways_one_for_each_class() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(ALL)
    for kind, way in load_ways().items():
        text = (FOLDER / f"{kind}.toml").read_text(encoding="utf-8")
        assert text == scenario(kind, way, said(way), honest=honest(kind)), f"write {kind} anew with --keep"
