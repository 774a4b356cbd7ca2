"""``zaichang replay SESSION``: recompute every verdict of a session from its stored events, and compare."""

from __future__ import annotations

import asyncio
import json
import time
from argparse import ArgumentParser, Namespace, _SubParsersAction
from dataclasses import asdict
from typing import TYPE_CHECKING

from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from
from zaichang.core.ids import SessionId

if TYPE_CHECKING:
    from zaichang.audit.replay.replaying import Divergence
    from zaichang.ports.evidence import EvidenceStore
    from zaichang.settings import Settings


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "recompute every verdict of a session from its stored events and compare with the record"
    parser = subparsers.add_parser("replay", help=text, description=text)
    parser.add_argument("session", metavar="SESSION", help="session id")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_service_options(parser)
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Replay; returns 0 where everything is the same, 1 where a verdict differs, 2 where it cannot be replayed."""
    settings = settings_from(args)
    from zaichang.audit.replay.replaying import ReplayInput
    from zaichang.audit.replay.rule_replay import replay_by_rules
    from zaichang.core.canonical import parse_canonical_object
    from zaichang.core.ids import check_id
    from zaichang.core.rules_version import FIRST, cannot_replay, rules_from
    from zaichang.main.stores import open_store

    session_id = check_id(args.session, "SESSION")

    with open_store(settings) as store:

        async def read() -> ReplayInput:
            row = await store.session(session_id)
            return ReplayInput(
                sid=session_id,
                policy=await store.policy(row.policy_digest),
                events=tuple(await store.events(session_id)),
                records=tuple(minute.body for minute in await store.minutes(session_id)),
            )

        session = asyncio.run(read())
        kept = asyncio.run(_kept(store, settings, session_id))
    first = parse_canonical_object(session.events[0]) if session.events else {}
    reason = cannot_replay(rules_from(first.get("rules")) or FIRST)
    if reason is not None:
        say(json.dumps({"session": session_id, "undecided": reason}) if args.json else reason, whole=True)
        return 2
    found = [*replay_by_rules(session), *kept]
    if args.json:
        say(
            json.dumps(
                {
                    "session": session_id,
                    "events": len(session.events),
                    "minutes": len(session.records),
                    "same": not found,
                    "differences": [asdict(item) for item in found],
                },
                ensure_ascii=False,
            ),
            whole=True,
        )
    else:
        for item in found:
            place = "minute" if item.code == "E_MINUTES" else "event"
            say(f"{place} {item.minute}: {item.field} is {item.got}, the rules give {item.expected}")
        verdict = "every verdict is the same" if not found else f"{len(found)} fields differ"
        say(f"{len(session.events)} events, {len(session.records)} minutes: {verdict}")
    return 1 if found else 0


async def _kept(store: EvidenceStore, settings: Settings, session_id: SessionId) -> list[Divergence]:
    """Return the findings about kept captures that differ from the digests in the events."""
    from zaichang.audit.findings import Findings
    from zaichang.audit.replay.replaying import Divergence
    from zaichang.log.capture_scrub import scrub_session
    from zaichang.main.stores import open_blobs

    findings = Findings()
    await scrub_session(store, open_blobs(settings), session_id, time.time_ns() // 1_000_000, findings)
    return [
        Divergence(
            minute=check.event,
            field=check.field or "",
            expected=check.expected or "",
            got=check.got or "",
            code=check.code,
            message=check.message,
        )
        for check in findings.checks
        if check.code is not None
    ]
