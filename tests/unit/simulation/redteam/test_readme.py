import pytest

from unit.simulation.redteam.test_page import ACCEPTED, HONEST, SEARCH, STOPPED
from zaichang_simulation.redteam.readme import chinese, english

ROWS = [STOPPED, ACCEPTED, HONEST]
TABLE = (
    "# Head\n| measured | figure | page |\n|---|---|---|\n| time that the 3 cheats to be stopped earned | 1 | x |\n"
    "| the same with 5 more | 2 | x |\n| most time an honest learner lost on 3 bad days | 3 | x |\n"
    "| another | 4 | y |\n"
)


def test_the_rows_are_made_anew_and_the_others_stay() -> None:
    text = english(TABLE, ROWS, SEARCH)
    assert (
        "| time that the 1 cheats to be stopped earned, of the time they claimed | 2.00 % (10.0 of 500.0 s) |" in text
    )
    assert "| the same with 1 more that are known and accepted | 51.0 % (510.0 of 1,000.0 s) |" in text
    assert "earned in an hour beyond the time watched, accepted ones left out | 360 s (target 87 s), 10.0 % |" in text
    assert "on an honest day found by the search | 12.5 s |" in text
    assert text.startswith("# Head\n") and text.endswith("| another | 4 | y |\n")


@pytest.mark.parametrize("search", [None, SEARCH])
def test_writing_twice_changes_nothing(search: dict[str, object] | None) -> None:
    once = english(TABLE, ROWS, search)
    assert english(once, ROWS, search) == once
    line = chinese("一\n红队测试：旧\n二\n", ROWS, search)
    assert chinese(line, ROWS, search) == line


def test_the_chinese_line_has_the_same_figures() -> None:
    line = chinese("一\n红队测试：旧\n二\n", ROWS, SEARCH)
    assert "红队测试：1 种应当拦住的作弊手法，声称学习 500.0 秒，只有 10.0 秒被错误计入（2.00 %）" in line
    assert "每小时多得 360 秒（目标 87 秒）" in line
    assert line.startswith("一\n") and line.endswith("\n二\n")
