"""``zaichang hours cases FILE``: run worked cases, a line per case, the counts last."""

from __future__ import annotations

import argparse
import json

from zaichang.cli.out import say
from zaichang.core.errors import ConfigError
from zaichang.hours.cases import Result, read_cases, run_case

_EXIT_DIFFERS = 1
_EXIT_UNKNOWN = 3


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the action."""
    cases = actions.add_parser(
        "cases", help="run a file of worked examples; exit 1 where a result differs, 3 at an unknown word"
    )
    cases.add_argument("files", nargs="+", metavar="FILE", help="a TOML file of the format zaichang-ledger-cases@1")
    cases.add_argument("--json", action="store_true", help="print JSON, a line per case")
    cases.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    results: list[Result] = []
    unread = 0
    for path in args.files:
        try:
            cases = read_cases(path)
        except ConfigError as error:
            cases = []
            unread += 1
            say(f"zaichang: {error.code}: {error.message}", err=True)
        for case in cases:
            result = run_case(case)
            results.append(result)
            _print(result, args.json)
    ok = sum(result.ok for result in results)
    unknown = sum(result.unknown is not None for result in results)
    counts = {"cases": len(results), "ok": ok, "differ": len(results) - ok - unknown, "unknown": unknown}
    if args.json:
        say(json.dumps(counts), whole=True)
    else:
        say(f"{counts['cases']} cases: {ok} ok, {counts['differ']} differ, {unknown} with an unknown word")
    if unknown or unread:
        return _EXIT_UNKNOWN
    return _EXIT_DIFFERS if counts["differ"] else 0


def _print(result: Result, as_json: bool) -> None:
    if as_json:
        values: dict[str, object] = {"case": result.case, "ok": result.ok}
        if result.unknown is not None:
            values["unknown"] = result.unknown
        if result.differences:
            values["differences"] = [difference._asdict() for difference in result.differences]
        say(json.dumps(values, ensure_ascii=False), whole=True)
    elif result.unknown is not None:
        say(f"{result.case} unknown: {result.unknown}", whole=True)
    elif result.ok:
        say(f"{result.case} ok")
    else:
        parts = "; ".join(f"{one.field}: expected {one.expected}, got {one.got}" for one in result.differences)
        say(f"{result.case} differs: {parts}", whole=True)
