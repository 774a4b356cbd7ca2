"""``zaichang receipt``: write a learner's receipt of one session."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from
from zaichang.core.errors import ConfigError
from zaichang.core.ids import check_id


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "write the learner's receipt of an ended session: a small file that proves offline what the log holds"
    parser = subparsers.add_parser("receipt", help=text, description=text)
    add_service_options(parser)
    parser.add_argument("session", metavar="SESSION", help="session id")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write; default: SESSION.receipt.json")
    parser.add_argument("--witnessed", action="store_true", help="prove inclusion in the newest cosigned checkpoint")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Write the receipt; returns 0."""
    settings = settings_from(args)
    from zaichang.log.bundles import place_of
    from zaichang.log.reader import LogReader
    from zaichang.log.receipts import session_receipt
    from zaichang.log.witness_client import witnessed
    from zaichang.main.logs import folder_logs
    from zaichang.main.stores import open_store, open_vault

    session_id = check_id(args.session, "SESSION")
    with open_store(settings) as store:
        vault = open_vault(settings)
        row = asyncio.run(store.session(session_id))
        place = place_of(folder_logs(settings.data), row)
        reader = LogReader(place.published, witnessed(place.side_files) if args.witnessed else None)
        data = asyncio.run(session_receipt(store, vault, reader, row))
    out: Path = args.out or Path(f"{session_id}.receipt.json")
    try:
        out.write_bytes(data)
    except OSError as error:
        raise ConfigError("receipt.not_writable", f"{out} cannot be written ({error.strerror}).") from None
    if args.json:
        say(json.dumps({"receipt": str(out), "bytes": len(data), "session": session_id}), whole=True)
    else:
        say(f"{out}: {len(data)} bytes. Check it with: zaichang verify {out} --trust FILE")
    return 0
