"""``zaichang log monitor``: watch a log from outside, round after round."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Sequence
from pathlib import Path

from zaichang.audit.bundle import MAX_BUNDLE_BYTES
from zaichang.audit.check import Check
from zaichang.audit.history import FIRST_SIGHT, MAX_HISTORY_BYTES
from zaichang.audit.inspection.inspect import inspect
from zaichang.audit.log_scan import ScanOptions
from zaichang.audit.source import load_trust, open_files, read_file, tile_reader, verify_path
from zaichang.audit.whole.stamps import StampedMs
from zaichang.cli.evidence.stamp_roots import TSA_HELP, stamped_ms_of
from zaichang.cli.out import say
from zaichang.core.errors import ConfigError, StorageError
from zaichang.tlog.trust import Trust


def add_monitor(actions: _SubParsersAction[ArgumentParser]) -> None:
    """Register the action."""
    parser = actions.add_parser("monitor", help="watch a log: mirror it, check it whole, and raise alarms")
    parser.add_argument("source", metavar="URL|DIR", help="the log's address (in front of /checkpoint), or its folder")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of the copy; made if absent")
    parser.add_argument(
        "--trust", type=Path, required=True, metavar="FILE", help="trust file with the log's key and its witnesses"
    )
    parser.add_argument(
        "--bundles", type=Path, metavar="DIR",
        help="also compare the bundles in this folder with the copy, and look for double credit across them",
    )  # fmt: skip
    parser.add_argument("--every-s", type=int, default=300, help="seconds between rounds")
    parser.add_argument("--rounds", type=int, default=0, help="end after so many rounds; 0: never")
    parser.add_argument(
        "--max-age-s", type=int, default=900, help="alarm if a growing log has no cosignature newer than this"
    )
    parser.add_argument("--tsa", type=Path, metavar="FILE", help=TSA_HELP)
    parser.add_argument(
        "--max-stamp-age-s", type=int, default=7_200,
        help="with --tsa: alarm if a growing log has no time stamp newer than this",
    )  # fmt: skip
    parser.add_argument(
        "--webhook", metavar="URL", help="post the alarms to this address as JSON, each time they change"
    )
    parser.add_argument(
        "--metrics", type=Path, metavar="FILE", help="write metrics to this file (Prometheus text format)"
    )
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Watch; returns 0 if the last round raised no alarm, 1 if it did."""
    from zaichang.log.watch.monitor import metrics_text
    from zaichang.main.logs import open_monitor

    trust, stamped_ms = load_trust(args.trust), stamped_ms_of(args.tsa)
    monitor = open_monitor(
        args.source,
        args.into,
        trust,
        lambda: _checked(args.into, args.bundles, trust, stamped_ms),
        args.max_age_s,
        lambda: _shown(args.bundles),
        stamped_ms,
        args.max_stamp_age_s,
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


def _bundles(folder: Path | None) -> list[Path]:
    return [] if folder is None else sorted(path for path in folder.glob("*.bundle") if path.is_file())


def _shown(folder: Path | None) -> object:
    """Return the names, sizes and times of the bundles: the copy is checked again where they change."""
    found = [(path.name, path.stat()) for path in _bundles(folder)]
    return tuple((name, state.st_size, state.st_mtime_ns) for name, state in found)


def _checked(copy: Path, folder: Path | None, trust: Trust, stamped_ms: StampedMs | None) -> Sequence[Check]:
    """Check the whole copy, with the bundles where there are any; verdicts are not recomputed."""
    paths = _bundles(folder)
    if not paths:
        return verify_path(copy, trust, options=ScanOptions(deep=True, stamped_ms=stamped_ms), own_copy=True)
    sights = copy / FIRST_SIGHT
    first_sights = read_file(sights, MAX_HISTORY_BYTES) if sights.is_file() else b""
    with open_files(paths, MAX_BUNDLE_BYTES) as bundles:
        return inspect(tile_reader(copy), bundles, trust, None, first_sights=first_sights, stamped_ms=stamped_ms).checks


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
