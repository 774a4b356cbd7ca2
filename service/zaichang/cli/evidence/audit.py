"""``zaichang audit``: an inspector's whole question: bundles against the inspector's own copy of the log."""

from __future__ import annotations

import hashlib
import json
import time
from argparse import ArgumentParser, Namespace, _SubParsersAction
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from zaichang import __version__
from zaichang.audit.bundle import MAX_BUNDLE_BYTES
from zaichang.audit.check import Status
from zaichang.audit.history import FIRST_SIGHT, MAX_HISTORY_BYTES
from zaichang.audit.inspection.demand import Demand
from zaichang.audit.inspection.inspect import Inspection, inspect
from zaichang.audit.inspection.page import VERDICTS, Heading, as_page, date, duration, explained
from zaichang.audit.inspection.papers import MAX_PAPER_BYTES, KnownRules, Paper
from zaichang.audit.inspection.session_line import SessionLine
from zaichang.audit.inspection.steps import step_for
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.source import MAX_TRUST_BYTES, load_trust, open_files, read_file, tile_reader
from zaichang.cli.evidence.stamp_roots import TSA_HELP, stamped_ms_of
from zaichang.cli.out import say
from zaichang.core.errors import ConfigError
from zaichang.hours.packs import load_rules, shipped_rules
from zaichang.launch.policy_packs import load_pack, shipped_packs
from zaichang.ledger.rules import rules_digest
from zaichang.session.policy import policy_digest

_SHOWN: Final = 20
_TOLD: Final = ("period", "double", "key not named", "certificates", "statement not compared", "rules not compared")


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "check bundles against your own copy of the log, and write a report for a hearing"
    epilog = "exit codes: 0 all checks pass, 1 a finding, 2 cannot decide, 3 usage"
    parser = subparsers.add_parser("audit", help=text, description=text, epilog=epilog)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="your own copy of the log (zaichang log mirror)")
    parser.add_argument(
        "bundles", nargs="+", type=Path, metavar="BUNDLE", help="a bundle that the institution handed over"
    )
    parser.add_argument(
        "--trust", type=Path, required=True, metavar="FILE", help="trust file: logs and witnesses to believe"
    )
    parser.add_argument(
        "--policy", metavar="NAME", help="demand this policy: a shipped pack, a .toml file, or any name"
    )
    parser.add_argument(
        "--papers", nargs="+", type=Path, default=[], metavar="FILE",
        help="certificates (PDF or JSON) and statements (`hours statement --json`) that the institution handed over",
    )  # fmt: skip
    parser.add_argument("--tsa", type=Path, metavar="FILE", help=TSA_HELP)
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write the report as a page to print on A4")
    parser.add_argument("--regulator", default="", metavar="NAME", help="the inspecting body, for the report")
    parser.add_argument("--institution", default="", metavar="NAME", help="the inspected institution, for the report")
    parser.add_argument("--announced", default="", metavar="DATE", help="when the inspection was announced")
    parser.add_argument("--drawn", default="", metavar="DATE", help="when the sample was drawn")
    parser.add_argument("--answer-days", type=int, default=10, help="days that the institution has to answer")
    parser.add_argument(
        "--max-bytes", type=int, default=MAX_BUNDLE_BYTES, metavar="N",
        help="refuse bundles that are longer together; they are read session by session",
    )  # fmt: skip
    parser.add_argument("--no-replay", action="store_true", help="do not recompute the verdicts")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each session and each check")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Inspect; returns 0 all passed, 1 a finding, 2 cannot decide."""
    trust = replace(load_trust(args.trust), now_s=int(time.time()))
    sights: Path = args.folder / FIRST_SIGHT
    papers = [Paper(name=path.name, data=read_file(path, MAX_PAPER_BYTES)) for path in args.papers]
    with open_files(args.bundles, args.max_bytes) as bundles:
        inspection = inspect(
            tile_reader(args.folder),
            bundles,
            trust,
            None if args.no_replay else replay_by_rules,
            policy=None if args.policy is None else demand_of(args.policy),
            first_sights=read_file(sights, MAX_HISTORY_BYTES) if sights.is_file() else b"",
            stamped_ms=stamped_ms_of(args.tsa),
            papers=papers,
            rules_of=_rules_of,
        )
    if args.html is not None:
        heading = Heading(
            regulator=args.regulator,
            institution=args.institution,
            announced=args.announced,
            drawn=args.drawn,
            reported_ms=time.time_ns() // 1_000_000,
            answer_days=args.answer_days,
            release=__version__,
            trust=hashlib.sha256(read_file(args.trust, MAX_TRUST_BYTES)).hexdigest(),
        )
        _write(args.html, as_page(inspection, heading))
    if args.json:
        _lines(inspection)
    else:
        _sentences(inspection)
    return inspection.code


def _rules_of(name: str) -> KnownRules | None:
    """Return the hour rules that are shipped under a name, or None."""
    if name not in shipped_rules():
        return None
    rules = load_rules(name)
    hour = rules.readings.study_hour_min
    return KnownRules(version=rules.version, digest=rules_digest(rules), hour_min="" if hour is None else str(hour))


def demand_of(policy: str) -> Demand:
    """Return the demand of ``--policy``: the digest of a shipped pack or of a file; of any other text the name.

    Raises:
        ConfigError: ``policy.*``, where the file is no policy pack.
    """
    name, _, version = policy.partition(" ")
    if name not in shipped_packs() and "/" not in policy and not policy.endswith(".toml"):
        return Demand(name=policy)
    known = load_pack(policy if name not in shipped_packs() else name).policy
    if version and name in shipped_packs() and version != known.version:
        return Demand(name=policy)  # a version that this release does not ship
    return Demand(name=known.name, version=known.version, digest=policy_digest(known))


def _lines(inspection: Inspection) -> None:
    for line in inspection.sessions:
        say(json.dumps({"check": "session", **asdict(line)}, ensure_ascii=False, sort_keys=True), whole=True)
    for paper in inspection.papers:
        told = {
            "name": paper.name,
            "kind": paper.kind,
            "said": paper.said,
            "result": paper.result,
            "codes": paper.codes,
        }
        say(json.dumps({"check": "paper", **told}, ensure_ascii=False, sort_keys=True), whole=True)
    for check in inspection.checks:
        say(check.line(), whole=True)
    summary = {"origin": inspection.origin, "size": inspection.size, "sessions": len(inspection.sessions)}
    say(json.dumps({"check": "summary", **summary, "exit": inspection.code}, sort_keys=True), whole=True)


def _sentences(inspection: Inspection) -> None:
    zh, en = VERDICTS[inspection.code]
    verdict = f"{zh} {en}."
    say(verdict)
    say(
        f"日志 log: {inspection.origin or '?'}, {inspection.size} 条记录 leaves, 签名 signed by "
        f"{', '.join(inspection.signers) or '?'}, 见证 seen by the quorum {date(inspection.witnessed_ms)}"
    )
    for line in inspection.sessions[:_SHOWN]:
        _session(line)
    if len(inspection.sessions) > _SHOWN:
        say(f"... {len(inspection.sessions) - _SHOWN} 次学习未列出 more sessions: see --html or --json")
    for paper in inspection.papers:
        say(f"{paper.result.upper()} {paper.name} {paper.kind}: {paper.said} {' '.join(paper.codes)}".rstrip())
    total_ms = inspection.counted_ms
    say(
        f"通过的合计 total of those that passed: {duration(total_ms)} ({total_ms} ms) 计入 count; "
        f"日志中 in the log {inspection.in_log} 次学习 sessions, 提交 produced {len(inspection.sessions)}"
    )
    bad = [check for check in inspection.checks if check.status is not Status.PASS]
    for check in bad[:_SHOWN]:
        code = check.code or ""
        place = f"index {check.index}" if check.index is not None else ""
        say(f"{check.status.upper()} {code} {check.sid or ''} {place} {check.field or ''}: {check.message}")
        meaning, step = explained(code), step_for(code)
        say(f"    {meaning[0]} {meaning[1]}")
        say(f"    下一步 next: {step.zh} {step.en}")
    if len(bad) > _SHOWN:
        say(f"... 另有 and {len(bad) - _SHOWN} more")
    for check in inspection.checks:
        if check.status is Status.PASS and check.check in _TOLD and check.message:
            say(f"{check.check}: {check.message}")
    say(f"{verdict} ({len(inspection.checks)} checks)")


def _session(line: SessionLine) -> None:
    say(
        f"{line.result.upper()} {line.learner or '(未公开 not opened)'} | {line.course} {line.lesson} | "
        f"{date(line.began_ms)} - {date(line.ended_ms)} | 计入 counts {duration(line.counted_ms)} | "
        f"见证 witnessed {date(line.witnessed_ms)} | 规则 policy {line.policy or '(未公开 not opened)'}, rules "
        f"{line.rules} | {line.sid} {' '.join(line.codes)}"
    )


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError("audit.not_writable", f"{path} cannot be written ({error.strerror}).") from None
