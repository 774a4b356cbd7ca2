"""The suites' figures: what cheats gained, what honest learners lost."""

from pathlib import Path

from support.sim import PaintedAnalyser
from zaichang_simulation import suite
from zaichang_simulation.analysis import Gallery
from zaichang_simulation.redteam.page import figures, page

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
    rows = suite.rows(cases)
    found = figures(rows)
    assert (found.gained_s, found.claimed_s) == (50, 50)
    assert found.cheat_credit == 1.0
    assert found.worst_loss_s == 140
    assert (found.lost_sessions, found.replays_differ) == (0, 0)
    assert all(case.replay_equal for case in cases if case.result)
    assert not next(case for case in cases if case.result is None).replay_equal
    text = page(rows)
    assert "- 50.0 s: C5 (through). The learner sleeps." in text
    through, absent, robbed = (
        next(row for row in rows if row["title"] == title) for title in ("through", "unseen", "robbed")
    )
    assert [through[name] for name in ("technique", "honest_s", "claimed_s", "credited_s", "review_s")] == (
        ["C5", 10.0, 60.0, 60.0, 0.0]
    )
    assert (through["verdict"], through["why"]) == ("NOT STOPPED", ["SESSION_FINISHED"])
    assert "its media are absent" in str(absent["verdict"])
    assert (robbed["kind"], robbed["lost_s"]) == ("honest", 140.0) and "| robbed | 140.0 |" in text
    assert "- C5, 3600 s (known): Known." in text
    assert "100.00%" in text
    assert "NOT STOPPED" in suite.row(cases[1]) and "media absent" in suite.row(cases[2])
