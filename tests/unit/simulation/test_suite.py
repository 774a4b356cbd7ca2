"""The suites' figures: what cheats gained, what honest learners lost."""

from pathlib import Path

from support.sim import PaintedAnalyser
from zaichang_simulation import suite
from zaichang_simulation.analysis import Gallery

SIZE = "width_px = 160\nheight_px = 120\n"
POLICY = '[policy]\nproofs = ["presence", "identity"]\nliveness_start = false\nliveness_bracket = false\n'


def write(folder: Path, name: str, head: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    text = f'format = 1\nname = "{name}"\ntitle = "{name}"\n{head}\n[session]\nlesson_s = 60\n{POLICY}{body}'
    (folder / f"{name}.toml").write_text(text)


def test_figures_and_page(tmp_path: Path) -> None:
    clip = f'[[camera]]\nkind = "clip"\n{SIZE}'
    missing = '[[camera]]\nkind = "clip"\nsource = "absent.mp4"\n'
    write(tmp_path / "honest", "plain", 'kind = "honest"', clip + "[expect]\nhonest_s = 60\nverified_s_min = 50\n")
    write(tmp_path / "honest", "robbed", 'kind = "honest"', clip + "[expect]\nhonest_s = 200\nverified_s_min = 50\n")
    cheat = 'kind = "cheat"\ntechnique = "C5"\n'
    said = 'honest_s = 10\nverified_s_max = 10\nreasons = ["SESSION_FINISHED", "NO_FACE"]\n'
    write(tmp_path / "redteam", "through", cheat + 'explained = "The learner sleeps."\n', f"{clip}[expect]\n{said}")
    write(tmp_path / "redteam", "known", cheat + 'accepted = "Known."\n', clip + "[expect]\nhonest_s = 0\n")
    write(tmp_path / "redteam", "unseen", cheat, missing)
    paths = [*suite.scenarios(tmp_path / "redteam"), *suite.scenarios(tmp_path / "honest")]
    told: list[suite.Case] = []
    cases = suite.run_suite(paths, Gallery(PaintedAnalyser()), (), told.append)
    assert told == cases
    assert {case.path.stem: case.verdict for case in cases} == {
        "known": "accepted",
        "through": "NOT STOPPED",
        "unseen": "not run",
        "plain": "kept",
        "robbed": "LOST",
    }
    found = suite.figures(cases)
    assert (found.gained_ms, found.claimed_ms) == (50_000, 50_000)
    assert found.cheat_credit == 1.0
    assert found.worst_loss_ms == 140_000
    assert (found.lost_sessions, found.replays_differ) == (0, 0)
    assert all(case.replay_equal for case in cases if case.result)
    assert not next(case for case in cases if case.result is None).replay_equal
    page = suite.page(cases)
    assert "- 50.0 s: C5 (through). The learner sleeps." in page
    through, absent, robbed = (
        next(row for row in suite.rows(cases) if row["title"] == title) for title in ("through", "unseen", "robbed")
    )
    assert [through[name] for name in ("technique", "honest_s", "claimed_s", "credited_s", "review_s")] == (
        ["C5", 10.0, 60.0, 60.0, 0.0]
    )
    assert (through["verdict"], through["why"]) == ("NOT STOPPED", ["SESSION_FINISHED"])
    assert "its media are absent" in str(absent["verdict"])
    assert (robbed["kind"], robbed["lost_s"]) == ("honest", 140.0) and "| robbed | 140.0 |" in page
    assert "- C5 (known): Known." in page
    assert "100.00%" in page
    assert "NOT STOPPED" in suite.row(cases[1]) and "media absent" in suite.row(cases[2])


def test_nothing_claimed_is_no_credit() -> None:
    assert suite.figures([]).cheat_credit == 0.0


def test_where_nothing_is_earned_the_page_says_so(tmp_path: Path) -> None:
    body = f'[[camera]]\nkind = "clip"\n{SIZE}[expect]\nhonest_s = 60\n'
    write(tmp_path / "redteam", "honest-one", 'kind = "cheat"\ntechnique = "C5"\n', body)
    page = suite.page(suite.run_suite(suite.scenarios(tmp_path), Gallery(PaintedAnalyser()), ()))
    assert "Nothing was credited beyond the honest time" in page
