"""``zaichang file check``: target and mapping files, and the file of people, without sending anything."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from zaichang.cli.filing.options import add_target
from zaichang.cli.out import say
from zaichang.hours.filing.people import is_id_number, read_people
from zaichang.hours.filing.targets import read_target
from zaichang.hours.packs import load_rules
from zaichang.main.filing_platforms import open_platform


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the action."""
    check = actions.add_parser("check", help="check a target file, its mapping and the file of people; sends nothing")
    add_target(check)
    check.add_argument("--people", type=Path, metavar="FILE", help="names and numbers (CSV); exit 1 where a row lacks")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(func=_check)


def _check(args: argparse.Namespace) -> int:
    target = read_target(args.target)
    load_rules(target.rules)
    open_platform(target)
    faults: list[str] = []
    people = read_people(args.people) if args.people else {}
    for place, person in enumerate(people.values(), 2):
        for column in target.mapping.columns:
            where, _, name = column.source.partition(".")
            if where != "person":
                continue
            text = person.get(name, "")
            if column.required and not text:
                faults.append(f"person {place - 1}: {name} is empty")
            elif column.format == "id_number" and text and not is_id_number(text):
                faults.append(f"person {place - 1}: {name} is no resident ID number")
    if args.json:
        columns = [column.name for column in target.mapping.columns]
        say(
            json.dumps({"target": target.name, "columns": columns, "people": len(people), "faults": faults}), whole=True
        )
    else:
        say(f"{target.name}: adapter {target.adapter}, {len(target.mapping.columns)} columns, rules {target.rules}")
        for fault in faults:
            say(fault)
    return 1 if faults else 0
