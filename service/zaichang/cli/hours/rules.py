"""``zaichang hours check | diff``: packs of hour rules, and the difference of two packs or two statements."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from zaichang.cli.out import say
from zaichang.core.errors import ConfigError
from zaichang.hours.fact_files import read_json
from zaichang.hours.packs import load_rules, shipped_rules
from zaichang.ledger.diff import diff
from zaichang.ledger.rules import HourRules, rules_digest, rules_to_mapping


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the actions."""
    check = actions.add_parser("check", help="check packs of hour rules (all shipped ones by default)")
    check.add_argument("packs", nargs="*", metavar="PACK", help="a shipped pack's name, or a .toml file")
    check.set_defaults(func=_check)
    compare = actions.add_parser("diff", help="compare two packs, or two statements as .json; exit 1 where they differ")
    compare.add_argument("left", metavar="OLD")
    compare.add_argument("right", metavar="NEW")
    compare.set_defaults(func=_diff)
    for action in (check, compare):
        action.add_argument("--json", action="store_true", help="print JSON")


def _check(args: argparse.Namespace) -> int:
    findings = 0
    for name in args.packs or shipped_rules():
        try:
            rules = load_rules(name)
        except ConfigError as error:
            findings += 1
            row: dict[str, Any] = {"pack": name, "ok": False, **error.as_dict()}
            text = f"{name}: {error}"
        else:
            row = {"pack": rules.name, "ok": True, "version": rules.version, "digest": rules_digest(rules)}
            text = f"{name}: ok, version {rules.version}, digest {rules_digest(rules)}"
        say(json.dumps(row, ensure_ascii=False) if args.json else text, whole=True)
    return 1 if findings else 0


def _diff(args: argparse.Namespace) -> int:
    corrections = diff(_document(args.left), _document(args.right))
    for correction in corrections:
        if args.json:
            say(json.dumps(correction._asdict(), ensure_ascii=False), whole=True)
        else:
            say(f"{correction.place}: {_text(correction.old)} -> {_text(correction.new)}", whole=True)
    return 1 if corrections else 0


def _document(name: str) -> Mapping[str, Any]:
    return read_json(name) if name.endswith(".json") else flat_rules(load_rules(name))


def flat_rules(rules: HourRules) -> dict[str, Any]:
    """Return the rules with a place of its own for each need, item, reading and citation."""
    values = rules_to_mapping(rules)
    needs: Any = values.pop("needs")
    items: Any = values.pop("items")
    readings: Any = values.pop("readings")
    cites: Any = values.pop("cites")
    flat = dict(values)
    flat |= {f"need.{need['measure']}.{key}": value for need in needs for key, value in need.items()}
    flat |= {f"item.{item['name']}.{key}": value for item in items for key, value in item.items()}
    flat |= {f"reading.{key}": value for key, value in readings.items()}
    return flat | {f"cite.{key}": value for key, value in cites}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
