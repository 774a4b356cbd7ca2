"""The red team's rows in the table of README.md, and its sentence in README.zh-CN.md, from the same records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from zaichang_simulation.redteam.page import HOUR_S, Figures, Row, figures, worst_cheat, worst_day

_FIRST: Final = "| time that the "
_ROWS: Final = re.compile(rf"^{re.escape(_FIRST)}.*\n(?:\| (?:the same with|most time|most that).*\n)*", re.MULTILINE)
_CHINESE: Final = re.compile(r"^红队测试：.*$", re.MULTILINE)


def english(text: str, rows: Sequence[Row], search: Row | None) -> str:
    """Return README.md with the red team's rows made anew."""
    return _ROWS.sub(lambda _: _table(figures(rows), search), text, count=1)


def chinese(text: str, rows: Sequence[Row], search: Row | None) -> str:
    """Return README.zh-CN.md with the red team's line made anew."""
    return _CHINESE.sub(lambda _: _line(figures(rows), search), text, count=1)


def _table(found: Figures, search: Row | None) -> str:
    page = "[red team](docs/redteam.md)"
    lines = [
        f"{_FIRST}{found.stopped} cheats to be stopped earned, of the time they claimed |"
        f" {found.cheat_credit:.2%} ({found.gained_s:,.1f} of {found.claimed_s:,.1f} s) | {page} |",
        f"| the same with {found.accepted} more that are known and accepted | {found.all_credit:.1%}"
        f" ({found.all_gained_s:,.1f} of {found.all_claimed_s:,.1f} s) | [red team](docs/redteam.md#accepted) |",
        f"| most time an honest learner lost on {found.honest} bad days | {found.worst_loss_s:.1f} s | {page} |",
    ]
    if search is not None:
        worst, day = worst_cheat(search), worst_day(search)
        link = "[red team](docs/redteam.md#the-search)"
        lines += [
            f"| most that a way found by a search earned in an hour beyond the time watched, accepted ones left out |"
            f" {worst['in_an_hour_s']:.0f} s (target {worst['target_s']:.0f} s), {worst['in_an_hour_s'] / HOUR_S:.1%} |"
            f" {link} |",
            "| most time lost in ten minutes on an honest day found by the search |"
            f" {day['beyond_s']:.1f} s | {link} |",
        ]
    return "\n".join(line.replace("%", " %") for line in lines) + "\n"


def _line(found: Figures, search: Row | None) -> str:
    text = (
        f"红队测试：{found.stopped} 种应当拦住的作弊手法，声称学习 {found.claimed_s:,.1f} 秒，"
        f"只有 {found.gained_s:,.1f} 秒被错误计入（{100 * found.cheat_credit:.2f} %）；"
        f"加上 {found.accepted} 种已知并接受的手法，{found.all_claimed_s:,.1f} 秒"
        f"中有 {found.all_gained_s:,.1f} 秒（{100 * found.all_credit:.1f} %）。"
    )
    if search is not None:
        worst, day = worst_cheat(search), worst_day(search)
        text += (
            f"自动搜索（不含已接受的类别）找到的最有效的手法，每小时多得 {worst['in_an_hour_s']:.0f} 秒"
            f"（目标 {worst['target_s']:.0f} 秒）；诚实学员十分钟内最多损失 {day['beyond_s']:.1f} 秒。"
        )
    return text
