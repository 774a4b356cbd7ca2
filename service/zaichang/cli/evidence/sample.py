"""``zaichang sample announce | draw | report``: a regulator's sample that anyone can draw again."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace, _SubParsersAction
from dataclasses import replace
from pathlib import Path
from typing import Final

from zaichang.audit.bundle import MAX_BUNDLE_BYTES
from zaichang.audit.check import Status, exit_code
from zaichang.audit.history import WITNESSED
from zaichang.audit.reading.log_entries import read_entries
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.sample.drawing import Announcement, Frame, check_rates, draw_sample, parse_announcement, parse_draw
from zaichang.audit.sample.report import as_html, as_json, report
from zaichang.audit.source import load_trust, open_files, read_file, tile_reader
from zaichang.audit.whole.past import trusted_checkpoint
from zaichang.cli.out import say
from zaichang.core.canonical import canonical_bytes
from zaichang.core.civil import Moment, parse_moment
from zaichang.core.errors import ConfigError, EvidenceError, UnreadableInput
from zaichang.tlog.keys import parse_vkey
from zaichang.tlog.note import open_note, sign_note
from zaichang.tlog.tiles import CHECKPOINT_PATH
from zaichang.tlog.trust import Trust

_MAX_BYTES: Final = 64_000_000
_SHOWN: Final = 20


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("sample", help="draw a random sample of sessions; a third party can repeat the draw")
    actions = parser.add_subparsers(dest="action", required=True)
    announce = actions.add_parser("announce", help="fix the checkpoint and the rates before the dice are rolled")
    drawing = actions.add_parser("draw", help="draw projects and sessions with the digits of the public dice")
    reporting = actions.add_parser("report", help="compare the bundles that the institution handed over with the draw")
    for action in (announce, drawing, reporting):
        action.add_argument("--log", type=Path, required=True, metavar="DIR", help="a copy of the log's folder")
        action.add_argument(
            "--trust", type=Path, required=True, metavar="FILE", help="trust file: logs and witnesses to believe"
        )
    announce.add_argument("--name", required=True, help="the regulator's name, like regulator.example")
    announce.add_argument("--key", type=Path, required=True, help="the regulator's key file; made if absent")
    announce.add_argument("--checkpoint", type=Path, help="the checkpoint to freeze, if not the folder's own")
    announce.add_argument("--projects-bp", type=int, default=800, help="share of projects, 600 to 1000 basis points")
    announce.add_argument("--sessions-bp", type=int, default=800, help="share of each drawn project's sessions")
    announce.add_argument(
        "--floor-bp", type=int, default=200, help="share of bad sessions that the sample must reveal, basis points"
    )
    announce.add_argument(
        "--confidence-bp",
        type=int,
        default=9500,
        help="probability with which the sample must reveal them, basis points",
    )
    announce.add_argument(
        "--frame",
        choices=("published", "sessions"),
        help="projects among which to draw: those that the log publishes, or courses with sessions "
        "(default: published where the log publishes any)",
    )
    announce.add_argument(
        "--draw-at", required=True, metavar="TIME", help="time of the draw, like 2026-11-25T10:00+08:00"
    )
    drawing.add_argument("--announcement", type=Path, required=True, metavar="FILE")
    drawing.add_argument("--regulator", required=True, metavar="VKEY", help="the regulator's verifier key")
    drawing.add_argument("--seed", required=True, metavar="DIGITS", help="at least 20 digits of public dice")
    reporting.add_argument(
        "--draw", type=Path, required=True, metavar="FILE", help="the file that zaichang sample draw wrote"
    )
    reporting.add_argument("--html", type=Path, metavar="FILE", help="also write the report as a page")
    reporting.add_argument(
        "bundles", nargs="*", type=Path, metavar="BUNDLE", help="a bundle that the institution handed over"
    )
    for action, run in ((announce, _announce), (drawing, _draw), (reporting, _report)):
        action.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write")
        action.set_defaults(func=run)


def _moment(text: str) -> Moment:
    """Return the moment of the draw. An announcement is read by others, so its time names the zone.

    Raises:
        ConfigError: ``sample.time``.
    """
    try:
        moment = parse_moment(text)
    except UnreadableInput:
        moment = None
    zoned = text.endswith(("Z", "z")) or text[-6:-5] in ("+", "-")
    if moment is None or moment.whole_day or not zoned:
        raise ConfigError("sample.time", "--draw-at needs a time with its zone, like 2026-11-25T10:00+08:00.")
    return moment


def _announce(args: Namespace) -> int:
    from zaichang.main.logs import signer_in

    read = tile_reader(args.log)
    trust = load_trust(args.trust)
    if args.checkpoint:
        checkpoint = trust.open_checkpoint(read_file(args.checkpoint, 1_000_000)).checkpoint
    else:
        checkpoint = trusted_checkpoint(read(CHECKPOINT_PATH) or b"", read(WITNESSED), trust)[0].checkpoint
    draw_at = _moment(args.draw_at)
    announcement = Announcement(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root,
        project_rate_bp=args.projects_bp,
        session_rate_bp=args.sessions_bp,
        floor_share_bp=args.floor_bp,
        confidence_bp=args.confidence_bp,
        at_ms=time.time_ns() // 1_000_000,
        draw_ms=draw_at.ms,
    )
    check_rates(announcement)
    frame = _frame(args.log, announcement.size)
    wanted = args.frame or ("published" if frame.projects else "sessions")
    announcement = replace(announcement, published=wanted == "published")
    frame.check(announcement)
    broken = _broken(frame)
    signer = signer_in(args.key, args.name)
    _write(args.out, sign_note(announcement.text(), [signer]))
    say(f"{args.out}: {checkpoint.origin} frozen at {checkpoint.size}. Publish it, and your key: {signer.vkey}")
    return 1 if broken else 0


def _draw(args: Namespace) -> int:
    opened = open_note(read_file(args.announcement, 1_000_000), [parse_vkey(args.regulator)])
    announcement = parse_announcement(opened.text)
    early_ms = announcement.draw_ms - time.time_ns() // 1_000_000
    if early_ms > 0:
        # A try beforehand is no wrong; only the digits that are rolled at that time make the sample.
        early = f"The dice are to be rolled in {early_ms // 60_000} minutes: this can only be a rehearsal."
        say(early, err=True)
    frame = _frame(args.log, announcement.size)
    sample = draw_sample(announcement, frame, args.seed)
    _write(args.out, canonical_bytes(sample.as_value(), _MAX_BYTES))
    say(f"{len(sample.projects)} of {sample.n_projects} projects, {len(sample.sessions)} sessions:")
    share = f"{announcement.floor_share_bp / 100:g} %"
    for course in sample.unpublished:
        say(f"  {course} has sessions, and the log publishes no such project", err=True)
    for project in sample.projects:
        if not project.sessions:
            say(f"  {project.project}: no session; inspect the papers of the project")
            continue
        say(
            f"  {project.project}: {project.drawn} of {project.sessions} sessions; if {share} were bad, "
            f"one would be met with probability {project.detection:.1%}"
        )
    return 1 if _broken(frame) else 0


def _report(args: Namespace) -> int:
    draw_file = read_file(args.draw, _MAX_BYTES)
    announcement, trust = parse_draw(draw_file)[0], load_trust(args.trust)
    frame = _frame(args.log, announcement.size)
    entries = read_entries(tile_reader(args.log), _copied(args.log, trust, announcement))
    broken = _broken(frame)
    with open_files(args.bundles, MAX_BUNDLE_BYTES * len(args.bundles)) as bundles:
        sample, results, checks = report(draw_file, frame, entries, bundles, trust, replay_by_rules)
    _write(args.out, as_json(sample, results, checks).encode())
    if args.html is not None:
        _write(args.html, as_html(sample, results).encode())
    for check in checks:
        if check.status is not Status.PASS:
            say(check.line(), whole=True)
    good = sum(1 for result in results if result.result == "pass")
    say(f"{good} of {len(results)} drawn sessions pass")
    return 1 if broken else exit_code(checks)


def _broken(frame: Frame) -> bool:
    """Print the frozen log's entries that break their schema; return whether there are any."""
    for index, error in frame.bad[:_SHOWN]:
        say(f"index {index}: {error}", err=True)
    if len(frame.bad) > _SHOWN:
        say(f"... and {len(frame.bad) - _SHOWN} more entries that break their schema", err=True)
    return bool(frame.bad)


def _frame(folder: Path, size: int) -> Frame:
    frame = Frame()
    for entries in read_entries(tile_reader(folder), size):
        frame.add(entries)
    return frame


def _copied(folder: Path, trust: Trust, announcement: Announcement) -> int:
    """Return how far the copy goes by its own checkpoint: at least to the frozen size."""
    read = tile_reader(folder)
    try:
        size = trusted_checkpoint(read(CHECKPOINT_PATH) or b"", read(WITNESSED), trust)[0].checkpoint.size
    except EvidenceError:
        return announcement.size  # A newer state that lacks a cosignature says nothing against the frozen one.
    return max(size, announcement.size)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigError("sample.not_writable", f"{path} cannot be written ({error.strerror}).") from None
