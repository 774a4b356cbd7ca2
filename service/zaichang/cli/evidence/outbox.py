"""``zaichang log outbox``: hold the outbox's lines, which an hour ledger reads, against the logs."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from zaichang.audit.check import Status, exit_code
from zaichang.audit.findings import About, Findings
from zaichang.audit.openings.field_openings import LESSON, SUBJECT
from zaichang.audit.reading.log_entries import read_entries
from zaichang.audit.whole.outbox_check import LoggedHours, OutboxCheck, SessionSalts
from zaichang.cli.out import say
from zaichang.cli.service import settings_from
from zaichang.core.errors import ConfigError, NotAllowed, NotFound, StorageError
from zaichang.core.ids import SessionId


def add_outbox(actions: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "compare the outbox's lines with the logs; the service must be stopped; exit 1 where they differ"
    outbox = actions.add_parser("outbox", help=text, description=text)
    outbox.add_argument("--data", type=Path, default=Path("zaichang-data"), help="data folder")
    outbox.add_argument("--config", type=Path, help="TOML file with settings, for the master key of the salts")
    outbox.add_argument("--json", action="store_true", help="print a JSON line per check")
    outbox.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Compare; returns 0 where all lines are as the logs state, else 1."""
    from zaichang.log.reader import LogReader
    from zaichang.main.logs import folder_logs

    logs: dict[str, LoggedHours] = {}
    for place in folder_logs(args.data).all():
        reader = LogReader(place.published)
        origin = reader.checkpoint.checkpoint.origin
        logs[origin] = LoggedHours.read(origin, read_entries(place.published.get, reader.size))
    if not logs:
        raise NotFound("log.none", f"There is no log in {args.data}.", "Name the service's data folder with --data.")
    findings = Findings()
    check = OutboxCheck(logs, findings, asyncio.run(_salts(args, logs)))
    for path in sorted((args.data / "outbox").glob("*.jsonl")):
        with path.open("rb") as stream:
            for line in stream:
                check.take(line)
    check.finish()
    findings.finish(About())
    for each in findings.checks:
        if args.json:
            say(each.line(), whole=True)
        elif each.status is Status.PASS:
            say(each.message)
        else:
            say(f"{each.code} index {each.index} session {each.sid} {each.field or ''}: {each.message}", err=True)
    return exit_code(findings.checks)


async def _salts(args: Namespace, logs: Mapping[str, LoggedHours]) -> dict[str, SessionSalts]:
    """Return the salts of the sessions' starts; none of a session that is not here, or of an erased learner."""
    from zaichang.main.stores import open_store, open_vault
    from zaichang.tlog.commit import salt, session_key

    wanted = [sid for log in logs.values() for sid in log.starts]
    settings, found = settings_from(args), dict[str, SessionSalts]()
    with suppress(ConfigError, StorageError), open_store(settings) as store:
        vault = open_vault(settings)
        for sid in wanted:
            with suppress(NotFound, NotAllowed):
                row = await store.session(SessionId(sid))
                learner = vault.unlock(await store.learner(row.institution_id, row.learner_id))
                key = session_key(learner.subject_key(), sid)
                found[sid] = SessionSalts(owner=salt(key, SUBJECT, 0), lesson=salt(key, LESSON, 0))
    return found
