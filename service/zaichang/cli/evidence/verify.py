"""``zaichang verify``: check a certificate, a receipt, a bundle or a log's folder offline."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import SUPPRESS, ArgumentParser, Namespace, _SubParsersAction
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from zaichang.audit.bundle import MAX_BUNDLE_BYTES
from zaichang.audit.certificate.badge_check import MAX_BADGE_BYTES, BadgeFiles
from zaichang.audit.certificate.page import MAX_PDF_BYTES, Drawing
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.codes import MEANINGS
from zaichang.audit.log_scan import ScanOptions
from zaichang.audit.receipt import ReadQr
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.source import load_trust, read_file, verify_path
from zaichang.cli.evidence.stamp_roots import TSA_HELP, stamped_ms_of
from zaichang.cli.out import redraw, say
from zaichang.tlog.trust import trust_log

_SHOWN: Final = 20
MAX_JOBS: Final = 8
_TOLD: Final = (
    "total", "changes", "period", "double", "stamp", "stamps not checked", "certificate", "certificates",
    "key not named", "name not opened", "later", "later not checked", "page", "page not compared",
    "qr", "qr not compared", "badge", "status", "status not checked",
)  # fmt: skip
"""Checks that say something where they pass."""
_VERDICT: Final = {
    0: "PASS 通过: everything that was checked is as it was signed.",
    1: "FAIL 发现问题: something was changed, is missing or contradicts itself.",
    2: "UNDECIDED 无法判定: something needed for a verdict is not here.",
}


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "check a certificate, a receipt, a bundle or a log's folder offline"
    epilog = "exit codes: 0 all checks pass, 1 a finding, 2 cannot decide, 3 usage"
    parser = subparsers.add_parser("verify", help=text, description=text, epilog=epilog)
    parser.add_argument(
        "path", type=Path, metavar="CERTIFICATE|BADGE|RECEIPT|BUNDLE|TILE_DIR", help="file or folder to check"
    )
    trust = parser.add_mutually_exclusive_group(required=True)
    trust.add_argument(
        "--trust", type=Path, metavar="FILE", help="trust file: logs and witnesses to believe (docs/evidence.md)"
    )
    trust.add_argument("--log-key", metavar="VKEY", help="believe this log key alone, without witnesses")
    parser.add_argument(
        "--older", type=Path, action="append", default=[], metavar="CHECKPOINT",
        help="a checkpoint of this log seen earlier: the log must still contain it (folders only)",
    )  # fmt: skip
    parser.add_argument(
        "--own-copy",
        action="store_true",
        help="use the times at which this mirror first saw a checkpoint; only for a mirror of your own",
    )
    parser.add_argument(
        "--log", type=Path, metavar="TILE_DIR",
        help="the log's folder or a mirror of it now: name what was taken back since (files only)",
    )  # fmt: skip
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="the certificate of a badge (badges only)")
    parser.add_argument(
        "--status-list", type=Path, metavar="FILE", help="the status list that a badge names, of now (badges only)"
    )
    parser.add_argument("--shallow", action="store_true", help="do not check each leaf's schema (folders only)")
    parser.add_argument("--deep", action="store_true", help=SUPPRESS)
    parser.add_argument(
        "--jobs", type=int, default=min(os.cpu_count() or 1, MAX_JOBS), metavar="N",
        help="processes that check the leaves of a large folder (default: one for each processor, at most 8)",
    )  # fmt: skip
    parser.add_argument(
        "--max-bytes", type=int, default=MAX_BUNDLE_BYTES, metavar="N",
        help="refuse a longer file; a bundle is read session by session",
    )  # fmt: skip
    parser.add_argument("--tsa", type=Path, metavar="FILE", help=f"{TSA_HELP} (folders only)")
    parser.add_argument("--no-replay", action="store_true", help="do not recompute the verdicts (bundles only)")
    parser.add_argument("--json", action="store_true", help="print every check as a line of JSON, and no sentences")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Check; returns 0 all passed, 1 a finding, 2 cannot decide."""
    trust = trust_log(args.log_key) if args.log_key is not None else load_trust(args.trust)
    trust = replace(trust, now_s=int(time.time()))
    older = [read_file(path, 1_000_000) for path in args.older]
    started = time.monotonic()
    options = ScanOptions(deep=not args.shallow, jobs=args.jobs, stamped_ms=stamped_ms_of(args.tsa))
    progress = _progress if sys.stderr.isatty() and not args.json else None
    replay = None if args.no_replay else replay_by_rules
    checks = verify_path(
        args.path,
        trust,
        replay=replay,
        options=options,
        older=older,
        progress=progress,
        own_copy=args.own_copy,
        read_qr=_qr_reader(),
        max_bytes=args.max_bytes,
        newer=args.log,
        drawing=_drawing(args.path),
        badge_files=_badge_files(args),
    )
    code = exit_code(checks)
    if args.json:
        for check in checks:
            say(check.line(), whole=True)
        counts = Counter(check.status.value for check in checks)
        say(json.dumps({"check": "summary", "ok": code == 0, "exit": code, **counts}, sort_keys=True), whole=True)
    else:
        _summary(checks, time.monotonic() - started)
    return code


def _qr_reader() -> ReadQr | None:
    """Return the reader of QR codes, None where the installation has none."""
    try:
        from zaichang.vision.qr_reader import read_qr
    except ImportError:
        return None
    return read_qr


def _badge_files(args: Namespace) -> BadgeFiles:
    """Return the files that a badge is checked with.

    Raises:
        UnreadableInput: ``verify.unreadable``, ``verify.too_large``.
    """
    return BadgeFiles(
        certificate=read_file(args.certificate, MAX_PDF_BYTES) if args.certificate is not None else b"",
        status_list=read_file(args.status_list, MAX_BADGE_BYTES) if args.status_list is not None else b"",
    )


def _drawing(path: Path) -> Drawing | None:
    """Return the drawing of certificates; None for folders, and where the installation cannot."""
    if path.is_dir():
        return None
    from zaichang.main.certificates import page_drawing

    return page_drawing()


def _summary(checks: Sequence[Check], seconds: float) -> None:
    code = exit_code(checks)
    verdict = f"{_VERDICT[code]}{_voided(checks)}"
    say(verdict)
    for check in [check for check in checks if check.status is not Status.PASS][:_SHOWN]:
        say(f"{check.status.upper()} {check.code}  {_place(check)}")
        say(f"    {check.message}")
        if check.expected is not None or check.got is not None:
            say(f"    expected {check.expected or '?'}; got {check.got or 'something else'}")
        meaning = MEANINGS.get(check.code or "")
        if meaning is not None:
            say(f"    {meaning.zh} {meaning.en}")
    counts = Counter(check.status for check in checks)
    rest = counts[Status.FAIL] + counts[Status.UNDECIDED] - _SHOWN
    if rest > 0:
        say(f"... and {rest} more")
    passed = Counter(check.check for check in checks if check.status is Status.PASS)
    say("passed: " + (", ".join(f"{name} {count}" for name, count in passed.items()) or "nothing"))
    for check in [check for check in checks if check.check in _TOLD and check.status is Status.PASS][:_SHOWN]:
        say(f"{check.check}: {_place(check)}{': ' if check.sid else ' '}{check.message}")
    say(f"{verdict} ({len(checks)} checks, {seconds:.1f} s)")


def _voided(checks: Sequence[Check]) -> str:
    """Return a remark for the verdict where sessions were voided: they pass the check but count for nothing."""
    count = sum(1 for check in checks if check.check == "total" and "was voided" in check.message)
    return f" 其中 {count} 次学习已作废，不计学时 / {count} voided sessions count for nothing." if count else ""


def _place(check: Check) -> str:
    parts = {
        "log": check.origin,
        "index": check.index,
        "session": check.sid,
        "segment": check.segment,
        "event": check.event,
        "field": check.field,
    }
    return ", ".join(f"{name} {value}" for name, value in parts.items() if value is not None)


def _progress(done: int, total: int) -> None:
    if done % 65_536 < 256 or done == total:
        redraw(f"{done} of {total} entries", last=done == total)
