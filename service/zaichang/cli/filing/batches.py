"""``zaichang file prepare | show | verify``: batches of the running service."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from zaichang.audit.source import read_file
from zaichang.cli.filing.options import ServiceAtUrl, add_service, add_target, today, year_label
from zaichang.cli.out import say
from zaichang.core.ids import check_id
from zaichang.hours.filing.joining import check_batch
from zaichang.hours.filing.manifest import open_manifest, read_manifest
from zaichang.hours.filing.targets import read_target
from zaichang.tlog.trust import parse_trust

_NOTE_MAX = 1_000_000


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the actions."""
    prepare = actions.add_parser("prepare", help="have the service make the next batch of a target and year")
    add_target(prepare)
    prepare.add_argument("--year", type=year_label, required=True, help="the year's label in the hour rules")
    prepare.set_defaults(func=_prepare)
    show = actions.add_parser("show", help="list batches, or show one with its rows")
    show.add_argument("batch", nargs="?", metavar="BATCH")
    show.set_defaults(func=_show)
    for action in (prepare, show):
        add_service(action)
    verify = actions.add_parser("verify", help="check the signature of a manifest offline")
    verify.add_argument("manifest", type=Path, metavar="MANIFEST")
    verify.add_argument("--trust", type=Path, metavar="FILE", required=True, help="the keys of the logs")
    verify.add_argument("--json", action="store_true", help="print JSON")
    verify.set_defaults(func=_verify)


def _prepare(args: argparse.Namespace) -> int:
    target = read_target(args.target)
    target.check_open(args.year, today())
    target.check_real()
    made = ServiceAtUrl(args).ask("/batches", {"target": target.name, "year": str(args.year), "rules": target.rules})
    say(
        json.dumps(made) if args.json else f"{made['batch']}: send it with zaichang file send {made['batch']}",
        whole=True,
    )
    return 0


def _show(args: argparse.Namespace) -> int:
    service = ServiceAtUrl(args)
    if args.batch is None:
        found = service.ask("/batches")
        for batch in found["batches"]:
            say(json.dumps(batch) if args.json else f"{batch['batch']}  made by {batch['made_by']}", whole=True)
        return 0
    check_batch(asyncio.run(service.batch(check_id(args.batch, "BATCH"))))
    found = service.ask(f"/batches/{args.batch}")
    if args.json:
        say(json.dumps(found, ensure_ascii=False), whole=True)
        return 0
    for row in found["rows"]:
        say(f"{row['key']}  {row['operation']} {row['amount']} {row['unit']}  {row['state']} {row['code']}".rstrip())
    for each in found["exchanges"]:
        say(f"{each['kind']}: status {each['status']}, log entry {each['entry']} of {each['log_year']}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    note = read_file(args.manifest, _NOTE_MAX)
    values = read_manifest(note)
    opened = open_manifest(note, parse_trust(read_file(args.trust, _NOTE_MAX)))
    if args.json:
        say(json.dumps({"signed_by": opened.names(), **values}), whole=True)
    else:
        say(f"{values['batch']}: {values['rows']} rows, sums {values['sums']}, signed by {', '.join(opened.names())}")
    return 0
