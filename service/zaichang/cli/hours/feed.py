"""``zaichang hours feed | audit``: facts from the service's records, and their sums against the log."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from

if TYPE_CHECKING:
    from zaichang.hours.activities.audit import ActivityAudit
    from zaichang.hours.audit import HourAudit
    from zaichang.settings import Settings

_SHOWN = 20


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the actions."""
    feed = actions.add_parser(
        "feed", help="make facts from the sessions in the log (a running service does this itself)"
    )
    feed.set_defaults(func=_feed)
    check = actions.add_parser(
        "audit", help="compare the facts with the log, to the millisecond; exit 1 where they differ"
    )
    check.set_defaults(func=_audit)
    for action in (feed, check):
        action.add_argument("--json", action="store_true", help="print JSON")
        add_service_options(action)


def _feed(args: argparse.Namespace) -> int:
    made = asyncio.run(_run_feed(settings_from(args)))
    say(json.dumps({"made": made}) if args.json else f"{made} facts made.")
    return 0


async def _run_feed(settings: Settings) -> int:
    from zaichang.hours.feed import HourFeed
    from zaichang.main.stores import open_locked_store

    with open_locked_store(settings) as store:
        return await HourFeed(store).feed(strict=True)


def _audit(args: argparse.Namespace) -> int:
    found, steps = asyncio.run(_run_audit(settings_from(args)))
    findings = (*found.findings, *steps.findings)
    if args.json:
        say(json.dumps({**asdict(found), "activities": asdict(steps)}), whole=True)
    else:
        say(f"{found.sessions} sessions: facts {found.facts_ms} ms, log {found.log_ms} ms, {found.waiting} waiting")
        say(f"{steps.steps} steps of activities, {steps.waiting} waiting")
        for finding in findings[:_SHOWN]:
            say(finding)
    return 1 if findings else 0


async def _run_audit(settings: Settings) -> tuple[HourAudit, ActivityAudit]:
    from zaichang.hours.activities.audit import audit_activities
    from zaichang.hours.audit import audit
    from zaichang.main.hours import entries_at, log_entries, log_voids
    from zaichang.main.stores import open_store, vault_if_any

    with open_store(settings) as store:
        found = await audit(store, log_entries(settings), log_voids(settings))
        return found, await audit_activities(store, store, vault_if_any(settings), entries_at(settings))
