"""``zaichang log key rotate | revoke`` and ``zaichang log record``: an operator's additions to a log."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import Final

from zaichang.audit.source import read_file
from zaichang.cli.out import say
from zaichang.core.enums import LeafKind
from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.core.ids import InstitutionId, check_id

_DOCUMENT_MAX: Final = 64_000_000


def add_changes(actions: _SubParsersAction[ArgumentParser]) -> None:
    """Register the actions."""
    key = actions.add_parser("key", help="change a log's key; the service must be stopped")
    words = key.add_subparsers(dest="word", required=True)
    rotate = words.add_parser("rotate", help="replace the present key by a new one")
    revoke = words.add_parser("revoke", help="revoke a key that an attacker may have; the present key is replaced")
    record = actions.add_parser("record", help="log an upload to a platform, a published project, or a sampling")
    for action in (rotate, revoke, record):
        action.add_argument("--data", type=Path, help="data folder (default: zaichang-data, or the setting data)")
        action.add_argument("--config", type=Path, help="settings as a TOML file")
        action.add_argument("--institution", required=True, help="the log's institution")
        action.add_argument("--json", action="store_true", help="print JSON")
    for action in (rotate, revoke):
        action.add_argument("--year", type=int, help="the log's year; default: the present one")
        action.add_argument("--next-command", default="", help="only where a command signs: the command of the new key")
    revoke.add_argument("key_id", nargs="?", metavar="KEYID", help="8 hex digits; default: the present key")
    revoke.add_argument(
        "--until",
        type=int,
        metavar="SIZE",
        help="the largest log size that you know to be genuine; default: the present size",
    )
    clock = actions.add_parser("clock", help="let the log sign again after the server's clock had jumped ahead")
    clock.add_argument("--data", type=Path, help="data folder (default: zaichang-data, or the setting data)")
    clock.add_argument("--config", type=Path, help="settings as a TOML file")
    clock.add_argument("--institution", required=True, help="the log's institution")
    clock.add_argument("--year", type=int, help="the log's year; default: the present one")
    clock.add_argument("--set-back", action="store_true", help="set the last signature's time back to now")
    clock.set_defaults(func=_clock)
    kinds = record.add_subparsers(dest="kind", required=True)
    upload = kinds.add_parser("upload", help="a submission to a platform, and its answer")
    upload.add_argument("--target", required=True, help="the platform, a lower-case word")
    upload.add_argument("--from-index", type=int, required=True, help="first log index in the upload")
    upload.add_argument("--to-index", type=int, required=True, help="last log index in the upload")
    upload.add_argument("--request", type=Path, required=True, help="the file that was sent; its digest is logged")
    upload.add_argument("--response", type=Path, required=True, help="the file that came back; its digest is logged")
    upload.add_argument("--status", type=int, required=True, help="the platform's status code")
    sampling = kinds.add_parser("sampling", help="a regulator's announcement, draw or report")
    sampling.add_argument("--stage", choices=("announce", "draw", "report"), required=True)
    sampling.add_argument("--announcement", type=Path, required=True, help="the regulator's signed announcement")
    sampling.add_argument("--document", type=Path, help="the draw or the report; its digest is logged")
    project = kinds.add_parser("project", help="a published project, with its filing number and dates")
    project.add_argument("--course", required=True, help="the course")
    project.add_argument("--filing", required=True, help="its filing number; letters, digits and ./_-")
    project.add_argument("--published", required=True, metavar="DATE", help="the day on which it was published")
    project.add_argument("--from", dest="from_day", required=True, metavar="DATE", help="its first day")
    project.add_argument("--to", dest="to_day", required=True, metavar="DATE", help="its last day")
    project.set_defaults(func=_project)
    rotate.set_defaults(func=_change, revoke=False, key_id=None, until=None)
    revoke.set_defaults(func=_change, revoke=True)
    upload.set_defaults(func=_upload)
    sampling.set_defaults(func=_sampling)


def _clock(args: Namespace) -> int:
    from zaichang.cli.service import settings_from
    from zaichang.main.log_writing import reset_head_time

    institution = InstitutionId(check_id(args.institution, "institution"))
    ahead_ms = reset_head_time(settings_from(args), institution, args.year, _now_ms(), apply=args.set_back)
    if not ahead_ms:
        say("The last signature is not ahead of the clock: nothing is to be done.")
    elif args.set_back:
        say(f"The last signature's time was set back by {ahead_ms} ms. Write down when and why, for the inspectors:")
        say("records signed under the wrong clock stay in the log, dated ahead, and are findings that you explain.")
    else:
        say(f"The last signature is {ahead_ms} ms ahead of the clock. Check the clock, then run it with --set-back.")
    return 1 if ahead_ms and not args.set_back else 0


def _change(args: Namespace) -> int:
    from zaichang.cli.service import settings_from
    from zaichang.main.log_writing import locked_rotation

    settings = settings_from(args)
    institution = InstitutionId(check_id(args.institution, "institution"))
    with locked_rotation(settings, institution, args.year, _now_ms) as (rotation, present):
        if args.revoke and args.key_id is not None and args.key_id != present:
            done = rotation.revoke_former(args.key_id, args.until)
        else:
            done = rotation.rotate(revoke=args.revoke, until=args.until, next_command=args.next_command)
    if args.json:
        say(
            json.dumps({"old": done.old, "new": done.new, "size": done.size, "until": done.until}, sort_keys=True),
            whole=True,
        )
        return 0
    word = "revoked" if args.revoke else "retired"
    say(f"logged at size {done.size}. Publish these lines for everybody's trust file:")
    say(f"log {done.new}")
    say(f"{word} {done.old} {done.until}")
    if args.next_command:
        say("and set log_signer_command to the new key's command")
    return 0


def _upload(args: Namespace) -> int:
    from zaichang.cli.service import settings_from
    from zaichang.log.shelf import log_origin, log_year
    from zaichang.main.log_writing import size_of_log
    from zaichang.tlog.uploads import Upload, upload_leaf

    settings = settings_from(args)
    institution = InstitutionId(check_id(args.institution, "institution"))
    at_ms = _now_ms()
    upload = Upload(
        target=args.target,
        from_index=args.from_index,
        to_index=args.to_index,
        request=_digest(args.request),
        response=_digest(args.response),
        status=args.status,
    )
    year = log_year(at_ms)
    size = size_of_log(settings, institution, year)
    return _leave(args, upload_leaf(upload, log_origin(settings.log_domain, institution, year), size, at_ms))


def _sampling(args: Namespace) -> int:
    from zaichang.audit.sample.drawing import parse_announcement
    from zaichang.tlog.note import parse_note

    announcement = read_file(args.announcement, 1_000_000)
    said = parse_announcement(parse_note(announcement).text)
    fields: dict[str, object] = {
        "announce": hashlib.sha256(announcement).digest(),
        "size": said.size,
        "root": said.root,
        "stage": args.stage,
        "document": None if args.document is None else _digest(args.document),
    }
    return _record(args, LeafKind.SAMPLING, fields)


def _project(args: Namespace) -> int:
    names = ("course", "filing", "published", "from_day", "to_day")
    try:
        return _record(args, LeafKind.PROJECT, {name: getattr(args, name) for name in names})
    except EvidenceError as error:
        message = f"The log takes no such project: {error.message}"
        raise ConfigError("log.project", message, "Days are YYYY-MM-DD, in China.") from None


def _record(args: Namespace, kind: LeafKind, fields: dict[str, object]) -> int:
    from zaichang.cli.service import settings_from
    from zaichang.log.shelf import log_origin, log_year
    from zaichang.tlog.leaf import record

    institution = InstitutionId(check_id(args.institution, "institution"))
    at_ms = _now_ms()
    origin = log_origin(settings_from(args).log_domain, institution, log_year(at_ms))
    return _leave(args, record(kind, origin, at_ms, **fields))


def _leave(args: Namespace, leaf: bytes) -> int:
    from zaichang.cli.service import settings_from
    from zaichang.main.log_writing import log_or_leave

    institution = InstitutionId(args.institution)
    name, index = asyncio.run(log_or_leave(settings_from(args), institution, leaf))
    if args.json:
        say(json.dumps({"name": name, "index": index}), whole=True)
    elif index is None:
        say(f"{name}: left for the running service, which logs it within seconds")
    else:
        say(f"{name}: logged at index {index}")
    return 0


def _digest(path: Path) -> bytes:
    return hashlib.sha256(read_file(path, _DOCUMENT_MAX)).digest()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
