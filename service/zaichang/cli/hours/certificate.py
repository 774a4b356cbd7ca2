"""``zaichang hours certificate``: issue, copy, replace and revoke certificates at a running service."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from zaichang.audit.changes.rulings import REVOKE_REASONS
from zaichang.audit.source import read_file
from zaichang.cli.hours.statement import year_of
from zaichang.cli.out import say
from zaichang.cli.service_call import ask, fetch
from zaichang.core.errors import ConfigError
from zaichang.core.ids import check_id

_KEY_MAX = 1_000


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the action."""
    text = "issue a certificate of hours (学时证明) of a year, print it again, or revoke it by two people"
    parser = actions.add_parser("certificate", help=text, description=text)
    parser.add_argument("--service", metavar="URL", required=True, help="the running service")
    parser.add_argument("--key-file", type=Path, metavar="FILE", required=True, help="holds the reviewer's own key")
    does = parser.add_mutually_exclusive_group(required=True)
    does.add_argument("--learner", metavar="ID", help="issue a certificate to this learner (pseudonym)")
    does.add_argument("--copy", metavar="NUMBER", help="print a certificate again, proved to the newest checkpoint")
    does.add_argument("--revoke", metavar="NUMBER", help="propose to revoke a certificate; needs --reason")
    does.add_argument("--confirm", metavar="NUMBER", help="confirm another reviewer's proposal to revoke")
    does.add_argument("--refuse", metavar="NUMBER", help="refuse a proposal, or withdraw one's own")
    parser.add_argument("--rules", metavar="PACK", help="with --learner: a shipped pack of hour rules")
    parser.add_argument("--year", metavar="YEAR", help="with --learner: the year's label in the pack")
    parser.add_argument("--replaces", metavar="NUMBER", default="", help="with --learner: the one in whose place it is")
    parser.add_argument(
        "--name", default="", help="the holder's name to print; it is sent to the service and stored nowhere"
    )
    parser.add_argument("--reason", choices=[str(reason) for reason in REVOKE_REASONS], help="with --revoke")
    parser.add_argument("--note", default="", help="with --revoke: for the institution")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the PDF; default: NUMBER.pdf")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--data-only", action="store_true", help="write NUMBER.certificate.json instead of the PDF")
    form.add_argument("--badge", action="store_true", help="write NUMBER.badge.jwt instead: Open Badges 3.0, no name")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    key = read_file(args.key_file, _KEY_MAX).decode("utf-8").strip()

    def call(path: str, body: dict[str, Any]) -> dict[str, Any]:
        return ask(args.service, key, f"/v1/certificates{path}", body)

    if args.revoke is not None:
        if args.reason is None:
            raise ConfigError("certificate.usage", "--revoke needs --reason.", "See zaichang hours certificate --help.")
        line = call(f"/{_number(args.revoke)}/revocation", {"reason": args.reason, "note": args.note})
        return _tell(args, line, "proposed; another reviewer confirms it with --confirm")
    if args.confirm is not None:
        line = call(f"/{_number(args.confirm)}/revocation/confirm", {})
        return _tell(args, line, f"revoked; told in the log at index {line['revocation_entry']}")
    if args.refuse is not None:
        return _tell(args, call(f"/{_number(args.refuse)}/revocation/refuse", {}), "stands; the proposal is gone")
    number = args.copy
    if args.learner is not None:
        if args.rules is None or args.year is None:
            raise ConfigError("certificate.usage", "--learner needs --rules and --year.", "Name the pack and the year.")
        asked = {"learner": args.learner, "rules": args.rules, "year": year_of(args.year), "name": args.name}
        number = str(call("", {**asked, "replaces": args.replaces})["number"])
    number = _number(number)
    kind, suffix = ("proof", "certificate.json") if args.data_only else ("pdf", "pdf")
    if args.badge:
        kind, suffix = "badge", "badge.jwt"
    data = fetch(args.service, key, f"/v1/certificates/{number}/{kind}", {"name": args.name})
    out: Path = args.out or Path(f"{number}.{suffix}")
    try:
        out.write_bytes(data)
    except OSError as error:
        raise ConfigError("certificate.not_writable", f"{out} cannot be written ({error.strerror}).") from None
    if args.json:
        say(json.dumps({"number": number, "file": str(out), "bytes": len(data)}), whole=True)
    elif args.badge:
        say(f"{out}: badge of certificate {number}, {len(data)} bytes")
    else:
        say(f"{out}: certificate {number}, {len(data)} bytes. Check it with: zaichang verify {out} --trust FILE")
    return 0


def _tell(args: argparse.Namespace, line: dict[str, Any], what: str) -> int:
    say(json.dumps(line) if args.json else f"certificate {line['number']}: {what}", whole=True)
    return 0


def _number(text: str) -> str:
    return check_id(text, "NUMBER")
