"""The report of a sample: drawn sessions, produced bundles, findings. As checks, JSON and a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.audit.check import Check, Status
from zaichang.audit.findings import About, Findings
from zaichang.audit.reading.bundle_reader import Source
from zaichang.audit.replay.replaying import Replayer
from zaichang.audit.sample.drawing import Frame, ProjectDraw, Sample, draw_sample, parse_draw
from zaichang.audit.sample.produced import OwnCopy, hold_against, worst
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.core.text import in_html, shown
from zaichang.tlog.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """The result of one drawn session: ``pass``, ``fail``, ``undecided`` or ``not produced``."""

    project: str
    index: int
    ticket: str
    sid: str
    result: str
    codes: tuple[str, ...]


def report(
    draw_file: bytes,
    frame: Frame,
    entries: Iterable[Sequence[bytes]],
    bundles: Sequence[Source],
    trust: Trust,
    replay: Replayer | None,
) -> tuple[Sample, list[ItemResult], list[Check]]:
    """Repeat the draw, and check the produced bundles against the regulator's own copy of the log.

    Args:
        draw_file: The file that ``draw`` wrote.
        frame: The frozen log.
        entries: The regulator's copy, bundle by bundle: the frozen entries, and later ones as far as the copy goes.
        bundles: The bundles that the institution produced.
        trust: The trusted keys.
        replay: Recomputes verdicts.

    Raises:
        EvidenceError: The draw file cannot be read, or the frame is another log.
    """
    findings = Findings()
    announcement, seed, plain = parse_draw(draw_file)
    sample = draw_sample(announcement, frame, seed)
    about = About(origin=announcement.origin)
    if canonical_bytes(plain, 64_000_000) == canonical_bytes(sample.as_value(), 64_000_000):
        findings.passed(
            "draw", about, f"{len(sample.sessions)} sessions of {len(sample.projects)} projects, drawn again."
        )
    else:
        message = "The draw file differs from the draw by the seed and the log."
        findings.failed("draw", "E_DRAW", message, about, field="sessions")
    for course in sample.unpublished:
        message = f"Course {shown(course)} has sessions, and the frozen log publishes no such project."
        findings.failed("published", "E_PROJECT", message, about, field="project")
    if all(key.name != announcement.origin for key in trust.logs):
        message = "The trust file lists no key of the frozen log."
        findings.failed("draw", "E_TRUST", message, about, field="origin")
    drawn = [item.index for item in sample.sessions]
    copy = OwnCopy.read(announcement.origin, announcement.size, drawn, entries)
    if copy.root(announcement.size) != announcement.root:
        raise EvidenceError("E_DRAW", "The regulator's copy is not the log that was frozen before the draw.")
    produced, others = hold_against(copy, bundles, trust, replay)
    results: list[ItemResult] = []
    told: set[Check] = set()
    for item in sample.sessions:
        place = About(origin=announcement.origin, index=item.index)
        found = produced.get(item.index)
        if found is None:
            findings.failed("produced", "E_NOT_PRODUCED", "A drawn session was not produced.", place, field="index")
            result, sid = "not produced", ""
            codes: tuple[str, ...] = ("E_NOT_PRODUCED",)
        else:
            sid = found.sid
            result, bad = worst(found.checks)
            codes = tuple(sorted({check.code for check in bad if check.code}))
            findings.checks += [check for check in bad if check not in told]
            told.update(bad)
            if not bad:
                findings.passed("produced", About(origin=announcement.origin, index=item.index, sid=sid))
        results.append(
            ItemResult(project=item.project, index=item.index, ticket=item.ticket, sid=sid, result=result, codes=codes)
        )
    findings.checks += [check for check in others if check not in told]
    return sample, results, findings.checks


def as_json(sample: Sample, results: Sequence[ItemResult], checks: Sequence[Check]) -> str:
    """Return the report for machines."""
    rows = [
        {"project": r.project, "index": r.index, "ticket": r.ticket, "sid": r.sid, "result": r.result, "codes": r.codes}
        for r in results
    ]
    bad = [json.loads(check.line()) for check in checks if check.status is not Status.PASS]
    return json.dumps({"draw": sample.as_value(), "results": rows, "findings": bad}, ensure_ascii=False, indent=1)


_EMPTY: Final = "无学习记录，查看项目材料 / no session: inspect its papers"


def _published(project: ProjectDraw) -> str:
    found = project.published
    if found is None:
        return "未公布 / not published"
    return in_html(f"{found.filing}, {found.published}, {found.from_day} - {found.to_day}")


def as_html(sample: Sample, results: Sequence[ItemResult]) -> str:
    """Return the report for people, in both languages."""
    a = sample.announcement
    counts = {
        name: sum(1 for r in results if r.result == name) for name in ("pass", "fail", "undecided", "not produced")
    }
    projects = "".join(
        f"<tr><td>{in_html(p.project)}</td><td>{_published(p)}</td><td>{p.sessions}</td><td>{p.drawn}</td>"
        f"<td>{f'{p.detection:.1%}' if p.sessions else _EMPTY}</td></tr>"
        for p in sample.projects
    )
    rows = "".join(
        f"<tr class='{r.result.split()[0]}'><td>{r.index}</td><td>{in_html(r.project)}</td>"
        f"<td>{in_html(r.sid)}</td><td>{r.ticket[:14]}</td><td>{r.result}</td><td>{' '.join(r.codes)}</td></tr>"
        for r in results
    )
    share = a.floor_share_bp / 100
    return (
        "<!doctype html><html lang='zh'><meta charset='utf-8'><title>抽样检查报告 / Sample report</title>"
        "<style>body{font:15px sans-serif;max-width:70em;margin:2em auto}table{border-collapse:collapse}"
        "td,th{border:1px solid #999;padding:.2em .6em;text-align:left}.fail,.not{background:#fdd}"
        ".undecided{background:#ffd}</style><h1>抽样检查报告 / Sample report</h1>"
        f"<p>日志 / log: {in_html(a.origin)}<br>冻结长度 / frozen at: {a.size}<br>"
        f"根哈希 / root: {a.root.hex()}<br>公开种子 / public seed: {in_html(sample.seed)}</p>"
        f"<p>通过 / passed: {counts['pass']}; 不通过 / failed: {counts['fail']}; 无法判定 / undecided: "
        f"{counts['undecided']}; 未提交 / not produced: {counts['not produced']}</p>"
        f"<h2>项目 / Projects ({len(sample.projects)} of {sample.n_projects})</h2><table><tr><th>项目 / project</th>"
        "<th>备案号、公布日、起止日 / filing number, published, dates</th>"
        "<th>学习次数 / sessions</th><th>抽取 / drawn</th>"
        f"<th>若 {share:g}% 有问题，至少抽到一个的概率 / chance to meet one if {share:g}% are bad</th></tr>"
        f"{projects}</table>"
        "<h2>抽中的学习 / Drawn sessions</h2><table><tr><th>编号 / index</th><th>项目 / project</th><th>session</th>"
        f"<th>ticket</th><th>结果 / result</th><th>code</th></tr>{rows}</table></html>\n"
    )
