"""The figures as JSON, CSV and a page, in Chinese and English."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from typing import Any, Final

from zaichang.hours.monitoring.series import CASES_MIN, FEW, LEARNERS_MIN, LIMIT_SE, RATES, Cell, Rate

FORMAT: Final = "zaichang-figures@1"
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "completion": ("完成率（已完成课 / 已开始课）", "completion (lessons completed / begun)"),
    "refusal": ("未计入率（分钟）", "refusal (minutes)"),
    "no_face": ("无人脸率（分钟）", "no face seen (minutes)"),
    "without_face": ("非人脸方式（学习次数）", "route without a face (sessions)"),
    "appeal": ("申诉率（学习次数）", "appeal (sessions)"),
    "revocation": ("撤销率（学习次数）", "revocation (sessions)"),
}
_SIDES: Final = {"high": ("偏高", "high"), "low": ("偏低", "low")}
_STYLE: Final = (
    "body{font:15px sans-serif;max-width:80em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}"
    "td,th{border:1px solid #999;padding:.2em .6em;text-align:left}.high,.low{background:#fdd;color:#111}"
    "td:first-child{white-space:nowrap}.scroll{overflow-x:auto}"
)


def as_values(year: int, cells: Sequence[Cell]) -> dict[str, Any]:
    """Return the figures as plain values. A number that is held back is null, with ``few`` or ``small`` beside it."""
    return {
        "format": FORMAT,
        "year": year,
        "held_back": {"learners_below": LEARNERS_MIN, "cases_up_to": FEW},
        "compared_from_cases": CASES_MIN,
        "outlier_from_standard_errors": LIMIT_SE,
        "cells": [
            {
                "month": cell.month,
                "institution": cell.institution,
                "course": cell.course,
                "small": cell.learners is None,
                "learners": cell.learners,
                "sessions": cell.sessions,
                "rates": {name: _value(rate) for name, rate in cell.rates.items()},
            }
            for cell in cells
        ],
    }


def _value(rate: Rate) -> dict[str, Any]:
    return {"cases": rate.cases, "share_bp": rate.share_bp, "few": rate.few, "outlier": rate.outlier}


def as_csv(cells: Sequence[Cell]) -> str:
    """Return one row for each cell: each rate in basis points or empty, and the names of its outliers."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(["month", "institution", "course", "learners", "sessions", *(f"{name}_bp" for name in RATES),
                   "held_back", "outliers"])  # fmt: skip
    for cell in cells:
        held = ["small"] if cell.learners is None else [name for name, rate in cell.rates.items() if rate.few]
        found = [f"{name}:{rate.outlier}" for name, rate in cell.rates.items() if rate.outlier]
        shares = ["" if rate.share_bp is None else rate.share_bp for rate in cell.rates.values()]
        numbers = ["" if number is None else number for number in (cell.learners, cell.sessions)]
        rows.writerow([cell.month, cell.institution, cell.course, *numbers, *shares, " ".join(held), " ".join(found)])
    return out.getvalue()


def as_page(year: int, cells: Sequence[Cell]) -> str:
    """Return the figures for people, in both languages; outliers first."""
    outliers = "".join(
        f"<li>{_of(cell)}: {' / '.join(_WORDS[name])} {_share(rate)}, {' / '.join(_SIDES[rate.outlier])} "
        f"({rate.standard_errors:+.1f})</li>"
        for cell in cells
        for name, rate in cell.rates.items()
        if rate.outlier
    )
    heads = "".join(f"<th>{'<br>'.join(_WORDS[name])}</th>" for name in RATES)
    rows = "".join(
        f"<tr><td>{cell.month}</td><td>{html.escape(cell.institution)}</td><td>{html.escape(cell.course)}</td>"
        f"<td>{f'&lt;{LEARNERS_MIN}' if cell.learners is None else cell.learners}</td>"
        f"<td>{'–' if cell.sessions is None else cell.sessions}</td>"
        + "".join(f"<td class='{rate.outlier}'>{_share(rate)}{_side(rate)}</td>" for rate in cell.rates.values())
        + "</tr>"
        for cell in cells
    )
    return (
        "<!doctype html><html lang='zh-CN'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>监测数据 {year} / Figures {year}</title><style>{_STYLE}</style><main>"
        f"<h1>监测数据 {year} / Figures {year}</h1>"
        f"<p>少于 {LEARNERS_MIN} 名学员的不显示；1 至 {FEW} 例（或只差 1 至 {FEW} 例）的比率显示为“少”。"
        f"偏离同月其他课程 {LIMIT_SE:g} 个标准误以上的列为异常：是询问的理由，不是结论。<br>"
        f"Cells of fewer than {LEARNERS_MIN} learners show nothing; a rate of 1 to {FEW} cases, or of all but so many, "
        f"shows “few”. A rate {LIMIT_SE:g} standard errors from the other courses of its month is an outlier: "
        "a reason to ask, not a finding.</p>"
        f"<h2>异常 / Outliers</h2><ul>{outliers or '<li>无 / none</li>'}</ul>"
        "<h2>各月 / By month</h2><div class='scroll' tabindex='0'><table><tr><th>月份<br>month</th>"
        "<th>机构<br>institution</th><th>课程<br>course</th><th>学员<br>learners</th><th>学习次数<br>sessions</th>"
        f"{heads}</tr>{rows}</table></div></main></html>\n"
    )


def _of(cell: Cell) -> str:
    return html.escape(f"{cell.month} {cell.institution} / {cell.course}")


def _side(rate: Rate) -> str:
    """Return the side of an outlier, so that colour is not its only sign."""
    return f" {' / '.join(_SIDES[rate.outlier])}" if rate.outlier else ""


def _share(rate: Rate) -> str:
    if rate.few:
        return "少 / few"
    return "–" if rate.share_bp is None else f"{rate.share_bp / 100:.1f} %"
