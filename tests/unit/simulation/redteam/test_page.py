"""docs/redteam.md: three measurements side by side, made from their records alone."""

from typing import Any

from zaichang_simulation.redteam.page import figures, gain_s, page, worst_cheat, worst_day

STOPPED = {
    "kind": "cheat",
    "technique": "C1",
    "title": "Sends a photo",
    "honest_s": 100.0,
    "claimed_s": 600.0,
    "credited_s": 110.0,
    "review_s": 0.0,
    "lost_s": 0.0,
    "verdict": "stopped",
    "why": [],
    "explained": "A burst.",
}
ACCEPTED = {
    **STOPPED,
    "technique": "F4",
    "title": "Reads",
    "credited_s": 600.0,
    "verdict": "accepted",
    "accepted": "By law.",
}
HONEST = {
    "kind": "honest",
    "technique": "",
    "title": "A tunnel",
    "honest_s": 600.0,
    "claimed_s": 600.0,
    "credited_s": 590.0,
    "review_s": 0.0,
    "lost_s": 10.0,
    "verdict": "kept",
    "why": [],
}
ABSENT = {"kind": "cheat", "technique": "C2", "title": "x", "verdict": "not run: its media are absent"}


def _class(name: str, beyond_s: float, hour_s: float, **more: Any) -> dict[str, Any]:
    row = {"class": name, "beyond_s": beyond_s, "in_an_hour_s": hour_s, "target_s": 87.0, "kept": hour_s <= 87}
    return {**row, "accepted": False, "locked_out": False, **more}


SEARCH = {
    "commit": "0123456789abcdef",
    "machine": {"cores": 2},
    "parameters": {
        "sessions": 1_000,
        "seconds": 50,
        "policy": "default 2",
        "seed": 1,
        "accepted": {"no-faces": "A program reads."},
    },
    "rows": [
        _class("pause", 20.0, 80.0),
        _class("hold", 30.0, 360.0),
        _class("no-faces", 600.0, 3_600.0, accepted=True, kept=True),
        _class("honest-line", 12.5, 13.0, target_s=60.0),
        _class("honest-review", 500.0, 600.0, target_s=60.0, locked_out=True),
    ],
}


def test_the_suites_sums_leave_out_accepted_and_absent_ones() -> None:
    found = figures([STOPPED, ACCEPTED, HONEST, ABSENT])
    assert (found.stopped, found.accepted, found.honest) == (1, 1, 1)
    assert (found.gained_s, found.claimed_s, found.all_gained_s) == (10.0, 500.0, 510.0)
    assert (found.cheat_credit, found.worst_loss_s, found.lost_sessions) == (0.02, 10.0, 0)
    assert gain_s({**STOPPED, "credited_s": 3.0}) == 0


def test_nothing_claimed_is_no_credit() -> None:
    assert figures([]).cheat_credit == figures([]).all_credit == 0.0


def test_replays_that_differ_are_counted() -> None:
    assert figures([STOPPED, {**HONEST, "replays_differ": 2}]).replays_differ == 2


def test_the_worst_of_the_search_is_not_an_accepted_class_and_no_review() -> None:
    assert worst_cheat(SEARCH)["class"] == "hold"
    assert worst_day(SEARCH)["class"] == "honest-line"


def test_three_figures_stand_side_by_side() -> None:
    fresh = {"cheat_credit": "46 %", "honest_loss": "33 s", "locked_out": "2", "size": "36 cheats, 40 honest days"}
    text = page([STOPPED, ACCEPTED, HONEST], SEARCH, fresh)
    assert "| 2.00% of the claimed time, 1 cheats | 10.0% of an hour (360 s), class hold | 46 % |" in text
    assert "| 10.0 s | 12.5 s in ten minutes, class honest-line | 33 s |" in text
    assert "| 0 | 1 | 2 |" in text
    assert "| hold | 30.0 | 360 | 87 | **missed** |" in text
    assert "- F4, 3000 s (Reads): By law." in text
    assert "- class no-faces, 3600 s (found by the search): A program reads." in text
    assert "- 10.0 s: C1 (Sends a photo). A burst." in text
    assert "| A tunnel | 10.0 |" in text


def test_what_earns_most_comes_first() -> None:
    more = {**STOPPED, "title": "Sends two", "credited_s": 111.0}
    part = {**ACCEPTED, "title": "Naps", "credited_s": 200.0}
    text = page([STOPPED, more, part, ACCEPTED], SEARCH)
    assert text.index("C1 (Sends two)") < text.index("C1 (Sends a photo)")
    assert text.index("class no-faces, 3600 s") < text.index("F4, 3000 s (Reads)") < text.index("F4, 1800 s (Naps)")


def test_the_route_without_faces_has_its_own_table() -> None:
    reads = {**ACCEPTED, "title": "Reads the page", "route": "challenge", "schema": 7}
    day = {**HONEST, "title": "No camera", "route": "challenge", "review_s": 30.0, "schema": 7}
    text = page([STOPPED, day, reads])
    section = text.split("## The route without faces")[1].split("\n## ")[0]
    assert section.index("| F4 | Reads the page | 600 | 600 | 0 | accepted |") < section.index(
        "| honest | No camera | 600 | 590 | 30 | kept |"
    )
    assert "Sends a photo" not in section
    assert "Run under policy schema 7." in text
    assert "| No camera | 30.0 |" in text.split("goes to a person")[1]
    assert "No scenario of this route was run." in page([STOPPED])


def test_where_nothing_is_earned_the_page_says_so() -> None:
    assert "Nothing was credited beyond the honest time" in page([{**STOPPED, "credited_s": 100.0}])


def test_the_fresh_set_s_cheats_are_listed_by_what_they_earn() -> None:
    cheat = {"kind": "cheat", "title": "T", "fair_s": 10.0, "claimed_s": 90.0, "review_s": 5.0, "accepted": False}
    rows = [
        {**cheat, "scenario": "small", "credited_s": 11.0},
        {**cheat, "scenario": "large", "credited_s": 80.0, "accepted": True},
        {"kind": "honest", "scenario": "day", "title": "D", "fair_s": 9.0, "credited_s": 9.0},
    ]
    fresh = {"at": "2026-11-30", "commit": "abc", "result": "first", "notes": ["n"], "rows": rows}
    section = page([HONEST], None, fresh).split("## The fresh set")[1].split("## Accepted")[0]
    assert section.index("| large: T | 10 | 90 | 80 | 5 | accepted |") < section.index(
        "| small: T | 10 | 90 | 11 | 5 |  |"
    )
    assert "Note: n." in section and "day" not in section
