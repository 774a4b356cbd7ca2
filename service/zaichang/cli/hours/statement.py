"""``zaichang hours statement | explain | replay``: the statement of a year from a file of facts."""

from __future__ import annotations

import argparse
import json
from typing import Any

from zaichang.cli.out import say
from zaichang.core.errors import ConfigError
from zaichang.hours.fact_files import read_facts, read_json, rules_with, statement_of
from zaichang.hours.packs import load_rules
from zaichang.ledger.diff import diff
from zaichang.ledger.explain import LANGUAGES, explain, explain_rules
from zaichang.ledger.rules import HourRules
from zaichang.ledger.statement import Statement

EXIT_DIFFERS = 1


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the actions."""
    statement = actions.add_parser("statement", help="count the statement of a year from a file of facts")
    statement.set_defaults(func=_statement)
    tell = actions.add_parser("explain", help="say a pack, or with --facts a statement, in words")
    tell.set_defaults(func=_explain)
    tell.add_argument("--language", choices=tuple(LANGUAGES), default="zh")
    for action in (statement, tell):
        needed = action is statement
        action.add_argument("--facts", metavar="FILE", required=needed, help="facts: zaichang-facts@1, .toml or .json")
        action.add_argument("--rules", metavar="PACK", required=True, help="a shipped pack's name, or a .toml file")
        action.add_argument("--year", metavar="YEAR", required=needed, help="label of the year")
        action.add_argument("--as-of", metavar="DATE", help="what was known at the end of this day in China")
        action.add_argument("--json", action="store_true", help="print JSON")
    replay = actions.add_parser("replay", help="count a kept statement again from its facts; exit 1 where it differs")
    replay.add_argument("statement", metavar="STATEMENT", help="a statement that `hours statement --json` printed")
    replay.add_argument("--facts", metavar="FILE", required=True)
    replay.add_argument("--json", action="store_true", help="print JSON")
    replay.set_defaults(func=_replay)


def _count(args: argparse.Namespace) -> tuple[Statement, HourRules, dict[str, Any]]:
    facts, settings = read_facts(args.facts)
    rules = rules_with(args.rules, settings)
    statement, values = statement_of(facts, rules, year_of(args.year), args.as_of)
    return statement, rules, values


def year_of(text: str) -> int:
    """Return the label of a year.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise ConfigError("hours.invalid", f"The year must be a label such as 2026, got {text!r}.")
    return int(text)


def _statement(args: argparse.Namespace) -> int:
    statement, rules, values = _count(args)
    if args.json:
        say(json.dumps(values, ensure_ascii=False), whole=True)
    else:
        for line in explain(statement, rules, "zh"):
            say(line, whole=True)
    return 0


def _explain(args: argparse.Namespace) -> int:
    if args.facts is None:
        lines = explain_rules(load_rules(args.rules), args.language)
    else:
        statement, rules, _ = _count(args)
        lines = explain(statement, rules, args.language)
    if args.json:
        say(json.dumps(lines, ensure_ascii=False), whole=True)
    else:
        for line in lines:
            say(line, whole=True)
    return 0


def _replay(args: argparse.Namespace) -> int:
    kept = read_json(args.statement)
    facts, _ = read_facts(args.facts)
    rules = rules_with(str(kept.get("rules")), kept.get("readings", {}))
    _, values = statement_of(facts, rules, year_of(str(kept.get("year"))), kept.get("as_of"))
    corrections = diff(kept, values)
    if args.json:
        rows = [correction._asdict() for correction in corrections]
        say(json.dumps({"ok": not rows, "differences": rows}, ensure_ascii=False), whole=True)
    elif corrections:
        for correction in corrections:
            say(f"{correction.place}: kept {correction.old}, counted {correction.new}", whole=True)
    else:
        say("The statement follows from its facts and rules.")
    return EXIT_DIFFERS if corrections else 0
