"""``zaichang log fsck | keys | key | record | scrub | mirror | outbox``: an operator's commands for the logs."""

from __future__ import annotations

import asyncio
import json
import time
from argparse import SUPPRESS, ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.log_scan import ScanOptions
from zaichang.audit.source import load_trust, verify_path
from zaichang.cli.evidence.log_change import add_changes
from zaichang.cli.evidence.monitor import add_monitor
from zaichang.cli.evidence.outbox import add_outbox
from zaichang.cli.out import say
from zaichang.core.errors import ConfigError, NotFound
from zaichang.tlog.tiles import WIDTH
from zaichang.tlog.trust import parse_trust

_KEY: Final = "vkey"
_KEY_LIST: Final = "vkeys"


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("log", help="check, mirror and monitor logs, change their keys, add records")
    actions = parser.add_subparsers(dest="action", required=True)
    fsck = actions.add_parser("fsck", help="check every tile and entry; exit 1 where something is damaged")
    keys = actions.add_parser("keys", help="print a trust file for these logs")
    for action in (fsck, keys):
        action.add_argument("--data", type=Path, default=Path("zaichang-data"), help="data folder")
        action.add_argument("--institution", help="only this institution's logs")
    fsck.add_argument("--shallow", action="store_true", help="do not check each leaf's schema")
    fsck.add_argument("--deep", action="store_true", help=SUPPRESS)
    fsck.add_argument(
        "--trust", type=Path, metavar="FILE", help="believe this trust file instead of the keys beside the logs"
    )
    fsck.add_argument("--json", action="store_true", help="print a JSON line per check")
    fsck.set_defaults(func=_fsck)
    keys.set_defaults(func=_keys)
    scrub = actions.add_parser(
        "scrub", help="read old entries again and compare their hashes, as the service does every night"
    )
    scrub.add_argument("--data", type=Path, default=Path("zaichang-data"), help="data folder")
    scrub.add_argument("--institution", help="only this institution's logs")
    scrub.add_argument("--shard", default="1/1", metavar="K/N", help="only the K-th of N parts; default: all")
    scrub.set_defaults(func=_scrub)
    mirror = actions.add_parser("mirror", help="make a checked copy of a log; a later run adds the new entries")
    mirror.add_argument("source", metavar="URL|DIR", help="the log's address (in front of /checkpoint), or its folder")
    mirror.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of the copy; made if absent")
    mirror.add_argument(
        "--trust",
        type=Path,
        required=True,
        metavar="FILE",
        help="trust file with the log's key and the witnesses to require",
    )
    mirror.add_argument("--max-bytes", type=int, metavar="N", help="most bytes to fetch in this run; default: no limit")
    mirror.add_argument("--json", action="store_true", help="print JSON")
    mirror.set_defaults(func=_mirror)
    add_outbox(actions)
    add_changes(actions)
    add_monitor(actions)


def _logs(args: Namespace) -> list[Path]:
    found = sorted(path.parent for path in (args.data / "log").glob(f"{args.institution or '*'}/*/{_KEY}"))
    if not found:
        raise NotFound("log.none", f"There is no log in {args.data}.", "Name the service's data folder with --data.")
    return found


def _key_lines(root: Path) -> list[str]:
    listed = root / _KEY_LIST
    if listed.is_file():
        return listed.read_text(encoding="ascii").splitlines()
    return [f"log {(root / _KEY).read_text(encoding='ascii').strip()}"]


def _fsck(args: Namespace) -> int:
    checks: list[Check] = []
    for root in _logs(args):
        started = time.monotonic()
        own_keys = parse_trust("\n".join([*_key_lines(root), "quorum none"]).encode())
        trust = own_keys if args.trust is None else load_trust(args.trust)
        own = verify_path(root, trust, options=ScanOptions(deep=not args.shallow))
        checks += own
        if args.json:
            for check in own:
                say(check.line(), whole=True)
        else:
            _report(root, own, time.monotonic() - started)
            source = "from the log's own folder" if args.trust is None else f"from {args.trust}"
            for key in trust.logs:
                say(f"{root}: believed the key {key.vkey}, {source}")
    checks += _captures(args, ("", "g"))
    return exit_code(checks)


def _captures(args: Namespace, bounds: tuple[str, str]) -> list[Check]:
    """Check the kept captures of a data folder's sessions, and print the findings."""
    from zaichang.log.capture_scrub import scrub_captures
    from zaichang.main.stores import open_kept

    started = time.monotonic()
    with open_kept(args.data) as kept:
        if kept is None:
            return []
        now_ms = time.time_ns() // 1_000_000
        checks = asyncio.run(scrub_captures(*kept, now_ms, args.institution, bounds))
    bad = [check for check in checks if check.status is not Status.PASS]
    if getattr(args, "json", False):
        for check in checks:
            say(check.line(), whole=True)
        return checks
    for check in bad:
        say(f"{args.data}: {check.code} session {check.sid} event {check.event}: {check.message}", err=True)
    state = "sound" if not bad else f"{len(bad)} findings"
    say(
        f"{args.data}: captures of {len({check.sid for check in checks})} sessions: {state}. "
        f"({time.monotonic() - started:.1f} s)"
    )
    return checks


def _report(root: Path, checks: Sequence[Check], seconds: float) -> None:
    bad = [check for check in checks if check.status is not Status.PASS]
    for check in bad:
        say(f"{root}: {check.code} index {check.index} {check.field or ''}: {check.message}", err=True)
    state = "sound" if not bad else f"{len(bad)} findings"
    size = next((check.message for check in checks if check.check == "checkpoint"), "")
    say(f"{root}: {state}. {size} ({seconds:.1f} s)")


def _scrub(args: Namespace) -> int:
    from zaichang.log.capture_scrub import shard_bounds
    from zaichang.log.reader import LogReader
    from zaichang.log.scrub import scrub_bundles
    from zaichang.main.logs import open_published

    part, _, parts = args.shard.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise ConfigError("log.shard", "--shard is K/N with K from 1 to N.")
    bad = 0
    for root in _logs(args):
        reader = LogReader(open_published(root))
        bundles = -(-reader.size // WIDTH)
        first = bundles * (int(part) - 1) // int(parts)
        last = bundles * int(part) // int(parts)
        found = scrub_bundles(reader, first, last - first)
        for damage in found:
            say(f"{root}: index {damage.index}: {damage.message}", err=True)
        bad += len(found)
        say(f"{root}: bundles {first} to {last - 1} of {bundles}: {len(found)} damaged")
    captures = _captures(args, shard_bounds(int(part) - 1, int(parts)))
    return 1 if bad else exit_code(captures) if captures else 0


def _mirror(args: Namespace) -> int:
    from zaichang.main.logs import open_mirror

    done = open_mirror(args.source, args.into, load_trust(args.trust), args.max_bytes).run()
    if args.json:
        say(
            json.dumps({"origin": done.origin, "before": done.before, "size": done.size, "fetched": done.fetched}),
            whole=True,
        )
    else:
        say(f"{args.into}: {done.origin} from {done.before} to {done.size} leaves ({done.fetched} bundles fetched)")
    return 0


def _keys(args: Namespace) -> int:
    for root in _logs(args):
        for line in _key_lines(root):
            say(line)
    say("quorum none")
    return 0
