"""``zaichang hours statement | explain | replay``: a year's statement from a file of facts or from the store."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from
from zaichang.core.errors import ConfigError
from zaichang.hours.fact_files import read_facts, read_json, rules_with, statement_of
from zaichang.hours.packs import load_rules
from zaichang.ledger.diff import diff
from zaichang.ledger.explain import LANGUAGES, explain, explain_rules
from zaichang.ledger.facts import Fact
from zaichang.ledger.rules import HourRules
from zaichang.ledger.statement import Statement

EXIT_DIFFERS = 1


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the actions."""
    statement = actions.add_parser(
        "statement", help="make the statement of a year from a file of facts, or from the data folder"
    )
    statement.set_defaults(func=_statement)
    tell = actions.add_parser("explain", help="explain a pack in words, or with --year a statement")
    tell.set_defaults(func=_explain)
    tell.add_argument("--language", choices=tuple(LANGUAGES), default="zh")
    for action in (statement, tell):
        needed = action is statement
        action.add_argument(
            "--facts",
            metavar="FILE",
            help="a file of facts (zaichang-facts@1), .toml or .json; without it: the data folder",
        )
        action.add_argument("--institution", metavar="ID", help="facts from the data folder: the institution")
        action.add_argument("--learner", metavar="ID", help="facts from the data folder: the learner's pseudonym")
        action.add_argument(
            "--catalogue", metavar="FILE", help="a file with the categories of courses (zaichang-catalogue@1)"
        )
        add_service_options(action)
        action.add_argument("--rules", metavar="PACK", required=True, help="a shipped pack's name, or a .toml file")
        action.add_argument("--year", metavar="YEAR", required=needed, help="the year's label in the pack")
        action.add_argument("--as-of", metavar="DATE", help="use what was known at the end of this day (China time)")
        action.add_argument("--json", action="store_true", help="print JSON")
    replay = actions.add_parser("replay", help="recompute a statement from its facts; exit 1 where it differs")
    replay.add_argument("statement", metavar="STATEMENT", help="a statement that `hours statement --json` printed")
    replay.add_argument("--facts", metavar="FILE", required=True)
    replay.add_argument("--json", action="store_true", help="print JSON")
    replay.set_defaults(func=_replay)


def _count(args: argparse.Namespace) -> tuple[Statement, HourRules, dict[str, Any]]:
    facts, settings = read_facts(args.facts) if args.facts else (_from_store(args), {})
    rules = rules_with(args.rules, settings)
    statement, values = statement_of(facts, rules, year_of(args.year), args.as_of)
    return statement, rules, values


def _from_store(args: argparse.Namespace) -> list[Fact]:
    if args.institution is None or args.learner is None:
        raise ConfigError("hours.no_facts", "No facts are named.", "Give --facts, or --institution and --learner.")
    from zaichang.hours.stored import read_catalogue, stored_facts
    from zaichang.main.stores import open_store

    catalogue = read_catalogue(args.catalogue) if args.catalogue else {}
    with open_store(settings_from(args)) as store:
        return asyncio.run(stored_facts(store, args.institution, args.learner, catalogue))


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
    if args.year is None:
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
