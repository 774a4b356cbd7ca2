"""``zaichang export``: write a bundle that an outsider can check with ``zaichang verify``."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import time
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from
from zaichang.core.civil import Date, date_of_day, day_number, month_days, start_ms
from zaichang.core.errors import ConfigError, NotFound, StorageError, UnreadableInput
from zaichang.core.ids import NO_LEARNER, CaptureId, InstitutionId, SessionId, check_id

if TYPE_CHECKING:
    from zaichang.log.bundles import Pictures
    from zaichang.ports.encryption import LearnerKey
    from zaichang.ports.records import SessionRow
    from zaichang.ports.sessions import SessionHistory
    from zaichang.settings import Settings

_PAGE: Final = 500


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "write a bundle of sessions, which a third party can check offline"
    parser = subparsers.add_parser("export", help=text, description=text)
    add_service_options(parser)
    parser.add_argument("what", metavar="SESSION|PERIOD", help="a session id, or a day or month (2026-11-22, 2026-11)")
    parser.add_argument("--institution", help="the sessions' institution; required for a period")
    parser.add_argument(
        "--openings",
        choices=("nothing", "records", "everything"),
        default="everything",
        help="the receiver may see: only the leaves; the minute records too; or also events, pseudonym and policy",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write; default: SESSION.bundle")
    parser.add_argument(
        "--trust-out", type=Path, help="also write the log's key as a trust file, for a trial with zaichang verify"
    )
    parser.add_argument("--witnessed", action="store_true", help="prove inclusion in the newest cosigned checkpoint")
    parser.add_argument(
        "--ask-witnesses",
        action="store_true",
        help="ask the witnesses to cosign now, then prove inclusion in that checkpoint",
    )
    parser.add_argument(
        "--captures", action="store_true",
        help="also the captures that are still kept; needs --openings everything",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Export; returns 0 once the bundle is written."""
    return asyncio.run(_export(args))


async def _export(args: Namespace) -> int:
    settings = settings_from(args)
    if args.captures and args.openings != "everything":
        raise UnreadableInput("export.captures", "--captures needs --openings everything: events name the pictures.")
    from zaichang.audit.bundle import MAX_BUNDLE_BYTES, write_bundle
    from zaichang.log.bundles import export_sessions, log_trust, place_of
    from zaichang.log.reader import LogReader
    from zaichang.log.witness_client import witnessed
    from zaichang.main.log_writing import ask_now
    from zaichang.main.logs import folder_logs
    from zaichang.main.stores import open_store, open_vault

    with open_store(settings) as store:
        rows, logs = await _rows(store, args.what, args.institution), folder_logs(settings.data)
        places = {place.name: place for place in (place_of(logs, row) for row in rows)}
        if len(places) != 1:
            raise UnreadableInput("export.many_logs", "These sessions are in more than one log; export each apart.")
        (place,) = places.values()
        if args.ask_witnesses:
            await ask_now(settings, place)
        cosigned = args.witnessed or args.ask_witnesses
        reader = LogReader(place.published, witnessed(place.side_files) if cosigned else None)
        vault = open_vault(settings)
        pictures = _pictures(settings) if args.captures else None
        bundle = await export_sessions(
            store, vault, reader, rows, args.openings, place.side_files, pictures, _period(args.what)
        )
        data = write_bundle(bundle)
    if len(data) > MAX_BUNDLE_BYTES:
        raise UnreadableInput(
            "export.too_large", f"The bundle has {len(data)} bytes; {MAX_BUNDLE_BYTES} are read.", "Export a day each."
        )
    out = args.out or Path(f"{args.what}.bundle")
    _write(out, data)
    if args.trust_out is not None:
        _write(args.trust_out, log_trust(place))
    if args.json:
        say(
            json.dumps({"bundle": str(out), "bytes": len(data), "sessions": [row.session_id for row in rows]}),
            whole=True,
        )
    else:
        say(f"{out}: {len(rows)} sessions, {len(data)} bytes. Check it with: zaichang verify {out} --trust FILE")
    return 0


def _pictures(settings: Settings) -> Pictures:
    from zaichang.live.kept_captures import kept_capture
    from zaichang.log.bundles import Pictures
    from zaichang.main.stores import open_blobs

    blobs = open_blobs(settings)

    def read(key: LearnerKey, session_id: SessionId, capture_id: CaptureId) -> bytes | None:
        try:
            return kept_capture(blobs, key, session_id, capture_id)
        except (NotFound, StorageError) as error:
            # One that was changed or removed does not keep the rest back: the verifier sees that it is not here.
            if isinstance(error, StorageError):
                say(f"session {session_id}: capture {capture_id}: {error}", err=True)
            return None

    return Pictures(at_ms=time.time_ns() // 1_000_000, read=read)


def _write(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        raise ConfigError("export.not_writable", f"{path} cannot be written ({error.strerror}).") from None


async def _rows(history: SessionHistory, what: str, institution: InstitutionId | None) -> list[SessionRow]:
    period = _period(what)
    if period is None:
        return [await history.session(SessionId(check_id(what, "SESSION")))]
    if institution is None:
        raise UnreadableInput("export.institution", "A period needs --institution.")
    first_ms, last_ms = period
    rows: list[SessionRow] = []
    before = (last_ms, "")
    while True:
        page = await history.sessions_page(institution, NO_LEARNER, before, _PAGE)
        rows += [row for row in page if row.opened_ms >= first_ms]
        if len(page) < _PAGE or page[-1].opened_ms < first_ms:
            break
        before = (page[-1].opened_ms, page[-1].session_id)
    if not rows:
        raise NotFound("export.none", f"{institution} has no session in {what}.")
    return rows


def _period(what: str) -> tuple[int, int] | None:
    """Return a day's or month's bounds in China's time as milliseconds, or None if it is neither."""
    for form in ("%Y-%m-%d", "%Y-%m"):
        try:
            day = datetime.datetime.strptime(what, form)  # noqa: DTZ007  # a day of the calendar, no moment
        except ValueError:
            continue
        first = Date(day.year, day.month, day.day)
        days = month_days(first.year, first.month) if form == "%Y-%m" else 1
        return start_ms(first), start_ms(date_of_day(day_number(first) + days))
    return None
