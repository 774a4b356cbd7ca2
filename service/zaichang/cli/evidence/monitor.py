"""``zaichang log monitor``: watch a log from outside, round after round."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from zaichang.audit.log_scan import ScanOptions
from zaichang.audit.source import load_trust, verify_path
from zaichang.cli.out import say
from zaichang.core.errors import ConfigError, StorageError


def add_monitor(actions: _SubParsersAction[ArgumentParser]) -> None:
    """Register the action."""
    parser = actions.add_parser("monitor", help="watch a log: mirror it, check it whole, and raise alarms")
    parser.add_argument("source", metavar="URL|DIR", help="the log's address (in front of /checkpoint), or its folder")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="the copy's folder; made if absent")
    parser.add_argument("--trust", type=Path, required=True, metavar="FILE", help="the log's key, and witnesses")
    parser.add_argument("--every-s", type=int, default=300, help="seconds between rounds")
    parser.add_argument("--rounds", type=int, default=0, help="end after so many rounds; 0: never")
    parser.add_argument("--max-age-s", type=int, default=900, help="oldest cosignature of a growing log")
    parser.add_argument("--webhook", metavar="URL", help="post alarms there as JSON, whenever they change")
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write figures there (Prometheus text format)")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Watch; returns 0 if the last round raised no alarm, 1 if it did."""
    from zaichang.log.watch.monitor import metrics_text
    from zaichang.main.logs import open_monitor

    trust = load_trust(args.trust)

    monitor = open_monitor(
        args.source,
        args.into,
        trust,
        lambda: verify_path(args.into, trust, options=ScanOptions(deep=True), own_copy=True),
        args.max_age_s,
    )
    told: tuple[object, ...] | None = ()
    count = 0
    while True:
        result = monitor.round()
        count += 1
        at_s = int(time.time())
        if result.fork is not None:
            _write(args.into / f"fork-{result.size}.json", result.fork)
        if args.metrics is not None:
            _write(args.metrics, metrics_text(result, at_s).encode())
        alarms = [{"code": alarm.code, "message": alarm.message} for alarm in result.alarms]
        state = "sound" if not alarms else f"{len(alarms)} alarms"
        say(f"{result.origin or args.source}: size {result.size}, {state}")
        for alarm in result.alarms:
            say(f"  ALARM {alarm.code}: {alarm.message}", err=True)
        if result.alarms != told:
            told = result.alarms if _posted(args.webhook, result.origin, at_s, alarms) else None
        if args.rounds and count >= args.rounds:
            return 1 if alarms else 0
        time.sleep(args.every_s)


def _posted(webhook: str | None, origin: str, at_s: int, alarms: list[dict[str, str]]) -> bool:
    """Post the alarms; return whether they arrived, so that a failed post is repeated in the next round."""
    from zaichang.log.watch.webhook import post_json

    if webhook is None:
        return True
    try:
        post_json(webhook, {"origin": origin, "at_s": at_s, "alarms": alarms})
    except StorageError as error:
        say(json.dumps(error.as_dict(), ensure_ascii=False), err=True, whole=True)
        return False
    return True


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise ConfigError("monitor.not_writable", f"{path} cannot be written ({error.strerror}).") from None
