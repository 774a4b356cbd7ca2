"""``zaichang verify BUNDLE --trust FILE``: check a session's records offline."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from zaichang.audit.bundle import MAX_BUNDLE_BYTES
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.rule_replay import replay_by_rules
from zaichang.audit.verify import verify_bundle
from zaichang.core.errors import ConfigError, UnreadableInput
from zaichang.tlog.trust import Trust, parse_trust, trust_log

_MARKS = {Status.PASS: "ok", Status.FAIL: "FAIL", Status.UNDECIDED: "undecided"}
_SUMS = {0: "every check passed", 1: "something is wrong", 2: "not everything could be decided"}


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "check a bundle offline: signatures, inclusion, commitments, and every verdict recomputed by the rules"
    parser = subparsers.add_parser("verify", help=text, description=text)
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="file written by zaichang export")
    trust = parser.add_mutually_exclusive_group(required=True)
    trust.add_argument("--trust", type=Path, metavar="FILE", help="trust policy: which logs and witnesses to believe")
    trust.add_argument("--log-key", metavar="VKEY", help="believe this one log key, no witness")
    parser.add_argument("--no-replay", action="store_true", help="do not recompute the verdicts")
    parser.add_argument("--json", action="store_true", help="print every check as a line of JSON")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Check; returns 0 all passed, 1 something is wrong, 2 cannot decide."""
    trust = _trust(args)
    data = _read(args.bundle, MAX_BUNDLE_BYTES)
    checks = verify_bundle(data, trust, None if args.no_replay else replay_by_rules)
    code = exit_code(checks)
    if args.json:
        for check in checks:
            print(check.line())
        counts = Counter(check.status.value for check in checks)
        print(json.dumps({"check": "summary", "ok": code == 0, "exit": code, **counts}, sort_keys=True))
    else:
        _print(checks, code)
    return code


def _trust(args: Namespace) -> Trust:
    if args.log_key is not None:
        return trust_log(args.log_key)
    return parse_trust(_read(args.trust, 1_000_000))


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            raise UnreadableInput("verify.too_large", f"{path} is larger than {limit} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError("verify.unreadable", f"{path} cannot be read ({error.strerror}).") from None


def _print(checks: Sequence[Check], code: int) -> None:
    for (name, status), count in sorted(Counter((c.check, c.status) for c in checks).items()):
        if status is Status.PASS:
            print(f"{_MARKS[status]:10}{name} ({count})")
    for check in checks:
        if check.status is not Status.PASS:
            where = " ".join(
                f"{name}={value}"
                for name in ("index", "sid", "segment", "event", "field", "expected", "got")
                if (value := getattr(check, name)) is not None
            )
            print(f"{_MARKS[check.status]:10}{check.check} {check.code or ''} {check.message} {where}".rstrip())
    print(f"{_SUMS[code]} ({len(checks)} checks)")
