"""``zaichang file nightly``: file what is due and compare, each day at a time of China's clock."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zaichang.cli.filing.options import ServiceAtUrl, add_service, add_target
from zaichang.cli.out import say
from zaichang.cli.service_call import ServiceRefused
from zaichang.core.civil import date_text
from zaichang.hours.filing.exchange import Exchange
from zaichang.hours.filing.nightly import DueBatch, Nightly, NightPorts, due_ms
from zaichang.hours.filing.people import read_people
from zaichang.hours.filing.targets import read_target
from zaichang.ledger.filing.reconcile import Listed, told_listed
from zaichang.ledger.filing.rows import RowState
from zaichang.main.filing_platforms import night_holder, open_platform

_LIMIT = 200
_EXIT_FINDING = 1


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the action."""
    nightly = actions.add_parser(
        "nightly", help="prepare, send, ask and compare each day; one computer at a time, each day once"
    )
    nightly.add_argument(
        "--people", type=Path, metavar="FILE", required=True, help="names and numbers (CSV), read anew for each run"
    )
    nightly.add_argument("--at", type=minute_of, default="02:00", metavar="HH:MM", help="time in China (02:00)")
    nightly.add_argument("--once", action="store_true", help="make the run that is due, and end (for cron)")
    nightly.set_defaults(func=_nightly)
    add_target(nightly)
    add_service(nightly)


def minute_of(text: str) -> int:
    """Return the minutes after midnight of a time of day.

    Raises:
        ArgumentTypeError: It is none.
    """
    if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time of day, such as 02:00")
    return int(text[:2]) * 60 + int(text[3:])


@dataclass(frozen=True, slots=True)
class NightAtUrl:
    """The running service at ``--service``, for a nightly run; see ``hours.filing.nightly.NightService``."""

    service: ServiceAtUrl
    holder: str

    async def claim(self, target: str, day: str) -> str:
        """Take or keep a day's run."""
        body = {"target": target, "day": day, "holder": self.holder}
        run = await asyncio.to_thread(self.service.ask, "/runs", body)
        if run["done_ms"] is not None:
            return "done"
        return "ours" if run["holder"] == self.holder else "held"

    async def prepare(self, target: str, year: int, rules: str) -> bool:
        """Have the next batch made."""
        body = {"target": target, "year": str(year), "rules": rules}
        try:
            await asyncio.to_thread(self.service.ask, "/batches", body)
        except ServiceRefused as refused:
            if refused.told == "filing.nothing":
                return False
            raise
        return True

    async def due(self, target: str, year: int) -> Sequence[DueBatch]:
        """Return the batches with rows that wait, the oldest first."""
        found = (await asyncio.to_thread(self.service.ask, f"/batches?waiting=true&limit={_LIMIT}"))["batches"]
        own = [batch for batch in reversed(found) if (batch["target"], batch["year"]) == (target, str(year))]
        return [DueBatch(batch_id=batch["batch"], prepared=RowState.PREPARED in batch["rows"]) for batch in own]

    async def compare(self, target: str, year: int, style: str, listed: Sequence[Listed]) -> int:
        """Compare a platform's list."""
        rows = [{"key": row.key, "amount": row.amount} for row in told_listed(listed)]
        body = {"target": target, "year": str(year), "style": style, "rows": rows}
        return len((await asyncio.to_thread(self.service.ask, "/reconciliations", body))["differences"])

    async def end(self, target: str, day: str, faults: Sequence[str]) -> None:
        """Note the run as done."""
        body = {"target": target, "day": day, "holder": self.holder, "faults": list(faults)}
        await asyncio.to_thread(self.service.ask, "/runs/done", body)


def _nightly(args: argparse.Namespace) -> int:
    target = read_target(args.target)
    target.check_real()
    read_people(args.people)
    platform, service = open_platform(target), ServiceAtUrl(args)
    with night_holder(args.target) as holder:
        ports = NightPorts(
            service=NightAtUrl(service, holder),
            exchange=Exchange(service, platform, target.mapping, target.terms, asyncio.sleep),
            platform=platform,
            people=lambda: read_people(args.people),
            now_ms=_now_ms,
            sleep=asyncio.sleep,
        )
        nightly = Nightly(ports, target, args.at)
        if args.once:
            return _once(args, nightly, date_text(due_ms(_now_ms(), args.at)))
        logging.getLogger("zaichang.filing").setLevel(logging.INFO)
        asyncio.run(nightly.run())
    return 0


def _once(args: argparse.Namespace, nightly: Nightly, day: str) -> int:
    faults = asyncio.run(nightly.night(day))
    if args.json:
        say(json.dumps({"day": day, "held": faults is None, "faults": list(faults or ())}), whole=True)
    elif faults is None:
        say(f"another computer has the run of {day}")
    else:
        say(f"the run of {day} is done; faults: {', '.join(faults) or 'none'}")
    return _EXIT_FINDING if faults or faults is None else 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
