"""``zaichang file send | receipt | reconcile``: the exchange with the platform."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from dataclasses import asdict
from pathlib import Path

from zaichang.cli.filing.options import ServiceAtUrl, add_service, add_target, today, year_label
from zaichang.cli.out import say
from zaichang.core.errors import ConfigError
from zaichang.core.ids import check_id
from zaichang.hours.filing.exchange import Exchange, Outcome
from zaichang.hours.filing.people import read_people
from zaichang.hours.filing.targets import Target, read_target
from zaichang.ledger.filing.reconcile import told_listed
from zaichang.main.filing_platforms import open_platform

_EXIT_FINDING = 1


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the actions."""
    send = actions.add_parser("send", help="join names and numbers to a batch, and hand it to the platform")
    send.add_argument(
        "--people", type=Path, metavar="FILE", required=True, help="names and numbers (CSV); never sent to the service"
    )
    send.set_defaults(func=_send)
    receipt = actions.add_parser("receipt", help="ask for the platform's answer; exit 1 where rows are refused")
    receipt.set_defaults(func=_receipt)
    for action in (send, receipt):
        action.add_argument("batch", metavar="BATCH")
    reconcile = actions.add_parser(
        "reconcile", help="compare the platform's list with our rows; exit 1 at a difference"
    )
    reconcile.add_argument("--year", type=year_label, required=True, help="the year's label")
    reconcile.set_defaults(func=_reconcile)
    for action in (send, receipt, reconcile):
        add_target(action)
        add_service(action)


def _send(args: argparse.Namespace) -> int:
    target = read_target(args.target)
    target.check_real()
    batch = _batch_of(args, target)
    target.check_open(int(batch.split("-")[-2]), today())
    people = read_people(args.people)
    outcome = asyncio.run(_exchange(args, target).send(batch, people))
    if args.json:
        return _as_json(outcome)
    say(f"{outcome.sent} lines sent; log entries written")
    for word in outcome.refused:
        say(f"{word.key}  not sent: {word.code} {word.message}".rstrip())
    return _EXIT_FINDING if outcome.refused else 0


def _receipt(args: argparse.Namespace) -> int:
    target = read_target(args.target)
    outcome = asyncio.run(_exchange(args, target).poll(_batch_of(args, target)))
    if args.json:
        return _as_json(outcome)
    if not outcome.told:
        say("no answer yet")
        return 0
    say(f"{outcome.answered} rows answered, {outcome.told['waiting']} waiting")
    for word in outcome.said:
        say(f"{word.key}  refused: {word.code} {word.message}".rstrip())
    for key in _keys(outcome, "contradictions"):
        say(f"{key}  contradictions")
    for key in outcome.unknown:
        say(f"{key}  is no row of this batch")
    return _finding(outcome)


def _as_json(outcome: Outcome) -> int:
    say(json.dumps({**asdict(outcome), "told": dict(outcome.told)}, ensure_ascii=False), whole=True)
    return _finding(outcome)


def _finding(outcome: Outcome) -> int:
    seen = outcome.unknown or outcome.refused or _keys(outcome, "refused") or _keys(outcome, "contradictions")
    return _EXIT_FINDING if seen else 0


def _keys(outcome: Outcome, name: str) -> list[str]:
    found = outcome.told.get(name, [])
    return [str(key) for key in found] if isinstance(found, list) else []


def _reconcile(args: argparse.Namespace) -> int:
    target = read_target(args.target)
    listed = asyncio.run(open_platform(target).listing(args.year))
    body = {
        "target": target.name,
        "year": str(args.year),
        "style": target.mapping.amount_style,
        "rows": [{"key": row.key, "amount": row.amount} for row in told_listed(listed)],
    }
    found = ServiceAtUrl(args).ask("/reconciliations", body)
    if args.json:
        say(json.dumps(found, ensure_ascii=False), whole=True)
    else:
        say(f"{found['listed']} rows at {target.name}, {len(found['differences'])} differences")
        for one in found["differences"]:
            say(f"{one['kind']}  {one['key']}  here {one['here'] or '-'}, there {one['there'] or '-'}")
    return _EXIT_FINDING if found["differences"] else 0


def _exchange(args: argparse.Namespace, target: Target) -> Exchange:
    return Exchange(ServiceAtUrl(args), open_platform(target), target.mapping, target.terms, asyncio.sleep)


def _batch_of(args: argparse.Namespace, target: Target) -> str:
    batch = str(check_id(args.batch, "BATCH"))
    if re.fullmatch(rf"{re.escape(target.name)}-\d{{4}}-\d{{4,}}", batch) is None:
        raise ConfigError("filing.target", f"{batch} is no batch for {target.name}.")
    return batch
