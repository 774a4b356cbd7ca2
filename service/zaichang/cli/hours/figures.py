"""``zaichang hours figures``: rates by institution, course and month for the authority, without names."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from
from zaichang.core.errors import ConfigError
from zaichang.hours.monitoring.forms import as_csv, as_page, as_values
from zaichang.hours.monitoring.series import Cell, cells_of, months_of

if TYPE_CHECKING:
    from zaichang.ports.hours.figures import CourseFigures

_YEARS = range(2000, 10_000)


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the action."""
    figures = actions.add_parser(
        "figures", help="completion, refusal, appeal and other rates by institution, course and month; outliers marked"
    )
    figures.set_defaults(func=_figures)
    figures.add_argument("--year", type=int, required=True, metavar="YEAR", help="the calendar year, in China")
    figures.add_argument("--html", type=Path, metavar="FILE", help="also write a page")
    figures.add_argument("--csv", type=Path, metavar="FILE", help="also write a table")
    figures.add_argument("--json", action="store_true", help="print JSON")
    add_service_options(figures)


def _figures(args: argparse.Namespace) -> int:
    from zaichang.main.stores import open_store

    if args.year not in _YEARS:
        raise ConfigError("hours.invalid", f"The year must be one such as 2026, got {args.year}.")
    with open_store(settings_from(args)) as store:
        cells = asyncio.run(_cells(store, args.year))
    for path, text in ((args.html, as_page(args.year, cells)), (args.csv, "\ufeff" + as_csv(cells))):
        if path is not None:
            try:
                path.write_text(text, encoding="utf-8", newline="")
            except OSError as error:
                raise ConfigError("hours.not_writable", f"{path} cannot be written ({error.strerror}).") from None
    if args.json:
        say(json.dumps(as_values(args.year, cells), ensure_ascii=False), whole=True)
        return 0
    small = sum(cell.learners is None for cell in cells)
    say(f"{len(cells)} courses and months, {small} too small to show")
    for cell in cells:
        for name, rate in cell.rates.items():
            if rate.outlier:
                say(f"{cell.month} {cell.institution} {cell.course}: {name} is {rate.outlier} ({rate.share_bp} bp)")
    return 0


async def _cells(store: CourseFigures, year: int) -> list[Cell]:
    cells: list[Cell] = []
    for month, from_ms, to_ms in months_of(year):
        cells += cells_of(month, await store.course_counts(from_ms, to_ms))
    return cells
