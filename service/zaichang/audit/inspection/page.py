"""The report of an inspection as a page for a hearing: Chinese first, English beside, printed on A4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.audit.check import Check, Status
from zaichang.audit.codes import MEANINGS
from zaichang.audit.inspection.inspect import Inspection
from zaichang.audit.inspection.papers import PaperLine
from zaichang.audit.inspection.session_line import SessionLine
from zaichang.audit.inspection.steps import step_for
from zaichang.core.civil import time_text
from zaichang.core.text import in_html

_LISTED: Final = 200
_NOTES: Final = (
    "period",
    "double",
    "key not named",
    "consistency",
    "certificates",
    "statement not compared",
    "rules not compared",
)
VERDICTS: Final = {
    0: ("通过", "PASS: everything that was checked is as it was signed"),
    1: ("发现问题", "FAIL: something was changed, is missing or contradicts itself"),
    2: ("无法判定", "UNDECIDED: something needed for a verdict is not here"),
}
_KINDS: Final = {"certificate": "学时证明 / certificate", "statement": "学时单 / statement", "": "—"}
_RESULTS: Final = {"pass": "通过 / pass", "fail": "不通过 / fail", "undecided": "无法判定 / undecided"}
_STYLE: Final = (
    "@page{size:A4;margin:16mm 14mm}body{font:10.5pt/1.45 'Noto Sans CJK SC','Microsoft YaHei',sans-serif;color:#111;"
    "max-width:182mm;margin:0 auto}h1{font-size:17pt;margin:0 0 2mm}h2{font-size:12pt;margin:6mm 0 2mm;"
    "border-bottom:.4mm solid #333;break-after:avoid}table{border-collapse:collapse;width:100%;table-layout:fixed}"
    "td,th{border:.2mm solid #777;padding:1mm 1.5mm;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "th{background:#eee;font-weight:600}tr{break-inside:avoid}.k td:first-child{width:42mm;background:#f5f5f5}"
    ".s{font-size:8.5pt}.v{border:.6mm solid #333;padding:3mm;font-size:14pt;font-weight:700;margin:3mm 0}"
    ".v small{display:block;font-size:10pt;font-weight:400}.fail{background:#fbdcdc}.undecided{background:#fff3cd}"
    ".sign td{height:16mm}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The parts of the report that no file states.

    Attributes:
        regulator: Name of the inspecting body.
        institution: Name of the inspected one.
        announced: When the inspection was announced, as text.
        drawn: When the sample was drawn, as text.
        reported_ms: When the report is made.
        answer_days: Days that the institution has to answer.
        release: Version of this program.
        trust: SHA-256 of the trust file, hex.
    """

    regulator: str
    institution: str
    announced: str
    drawn: str
    reported_ms: int
    answer_days: int
    release: str
    trust: str


def as_page(inspection: Inspection, heading: Heading) -> str:
    """Return the report."""
    zh, en = VERDICTS[inspection.code]
    sessions = inspection.sessions
    counted_ms = inspection.counted_ms
    kind = {0: "", 1: " fail", 2: " undecided"}[inspection.code]
    body = [
        "<h1>学习记录检查报告 <small>/ Report of an inspection</small></h1>",
        f"<div class='v{kind}'>{zh}<small>{in_html(en)}</small></div>",
        _facts(inspection, heading),
        f"<h2>学习 / Sessions ({len(sessions)})</h2>",
        f"<p>通过检查的学习合计计入 {duration(counted_ms)}；"
        f"日志中共有 {inspection.in_log} 次学习，本次提交 {len(sessions)} 次。<br>"
        f"{counted_ms / 3_600_000:.2f} h count of the sessions that passed; "
        f"the log holds {inspection.in_log} sessions, {len(sessions)} were produced.</p>",
        _sessions(sessions),
        _papers(inspection.papers),
        _findings(inspection.checks, heading),
        _passed(inspection.checks),
        "<h2>签字 / Signatures</h2><table class='sign'><tr><td>检查人员 / inspectors</td><td>机构 / institution</td>"
        "<td>日期 / date</td></tr></table>",
    ]
    title = f"学习记录检查报告 {in_html(inspection.origin)}"
    return (
        f"<!doctype html><html lang='zh'><head><meta charset='utf-8'><title>{title}</title>"
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def date(at_ms: int | None) -> str:
    """Return a time in China's time, or a dash."""
    if not at_ms:
        return "—"
    return time_text(at_ms)


def duration(time_ms: int) -> str:
    """Return a length of time in Chinese."""
    seconds = max(0, time_ms) // 1000
    return f"{seconds // 3600} 小时 {seconds % 3600 // 60} 分 {seconds % 60} 秒"


def explained(code: str) -> tuple[str, str]:
    """Return a code's meaning in Chinese and in English."""
    meaning = MEANINGS.get(code)
    return (meaning.zh, meaning.en) if meaning is not None else ("", "")


def _facts(inspection: Inspection, heading: Heading) -> str:
    rows = (
        ("检查机关 / regulator", heading.regulator),
        ("被检查机构 / institution", heading.institution),
        ("公告 / announced", heading.announced),
        ("抽样 / drawn", heading.drawn),
        ("报告 / reported", f"{date(heading.reported_ms)} (UTC+8)"),
        ("日志 / log", inspection.origin),
        ("长度、根哈希 / size, root", f"{inspection.size}; {inspection.root.hex()}"),
        ("签名方 / signed by", ", ".join(inspection.signers)),
        ("见证方看到的时间 / seen by the quorum", f"{date(inspection.witnessed_ms)} (UTC+8)"),
        ("公钥文件的 SHA-256 / trust file", heading.trust),
        ("检查程序 / program", f"zaichang {heading.release}"),
    )
    cells = "".join(f"<tr><td>{name}</td><td>{in_html(value or '—')}</td></tr>" for name, value in rows)
    return f"<table class='k'>{cells}</table>"


def _sessions(sessions: Sequence[SessionLine]) -> str:
    head = (
        "<tr><th style='width:26mm'>学员 / learner</th><th>课程、课时 / course, lesson</th>"
        "<th style='width:34mm'>时间 / begin, end; 见证 / witnessed</th><th style='width:25mm'>计入 / counts</th>"
        "<th style='width:28mm'>规则 / policy, rules</th><th style='width:26mm'>结果 / result</th></tr>"
    )
    rows = []
    for line in sessions:
        counts = Counter(line.minutes)
        minutes = f"{counts['V']} 通过, {counts['F']} 不计, {counts['U']} 待定"
        rows.append(
            f"<tr class='{line.result}'><td>{in_html(line.learner or '(未公开)')}<br>{in_html(line.sid)}</td>"
            f"<td>{in_html(line.course)}<br>{in_html(line.lesson)}</td>"
            f"<td>{date(line.began_ms)}<br>{date(line.ended_ms)}<br>见证 {date(line.witnessed_ms)}</td>"
            f"<td>{duration(line.counted_ms)}<br>{minutes}</td>"
            f"<td>{in_html(line.policy or '(未公开)')}<br>{in_html(line.rules)}</td>"
            f"<td>{_RESULTS[line.result]}<br>{' '.join(line.codes)}</td></tr>"
        )
    return f"<table class='s'>{head}{''.join(rows)}</table>"


def _papers(papers: Sequence[PaperLine]) -> str:
    if not papers:
        return ""
    rows = "".join(
        f"<tr class='{paper.result}'><td>{in_html(paper.name)}</td><td>{_KINDS[paper.kind]}</td>"
        f"<td>{in_html(paper.said)}</td><td>{_RESULTS[paper.result]}<br>{' '.join(paper.codes)}</td></tr>"
        for paper in papers
    )
    head = (
        "<tr><th style='width:40mm'>文件 / file</th><th style='width:26mm'>种类 / kind</th><th>内容 / says</th>"
        "<th style='width:30mm'>结果 / result</th></tr>"
    )
    return f"<h2>学时证明、学时单 / Certificates, statements ({len(papers)})</h2><table class='s'>{head}{rows}</table>"


def _findings(checks: Sequence[Check], heading: Heading) -> str:
    bad = [check for check in checks if check.status is not Status.PASS]
    if not bad:
        return "<h2>问题 / Findings</h2><p>没有。 / None.</p>"
    rows = []
    for check in bad[:_LISTED]:
        code = check.code or ""
        (zh, en), step = explained(code), step_for(code)
        days = 0 if step.at_once else heading.answer_days
        due = date(heading.reported_ms + days * 86_400_000)[:10]
        place = ", ".join(
            f"{name} {value}"
            for name, value in (("编号 index", check.index), ("学习 session", check.sid), ("字段 field", check.field))
            if value is not None
        )
        rows.append(
            f"<tr class='{check.status.value}'><td>{code}<br>{'发现' if check.status is Status.FAIL else '待定'}</td>"
            f"<td>{in_html(place)}<br>{in_html(check.message)}</td><td>{in_html(zh)}<br>{in_html(en)}</td>"
            f"<td>{step.zh}<br>{step.en}<br><b>{due}</b></td></tr>"
        )
    more = f"<p>另有 {len(bad) - _LISTED} 条 / and more.</p>" if len(bad) > _LISTED else ""
    head = (
        "<tr><th style='width:26mm'>代码 / code</th><th>地方 / place</th><th>含义 / meaning</th>"
        "<th>下一步、期限 / next step, due</th></tr>"
    )
    return f"<h2>问题 / Findings ({len(bad)})</h2><table class='s'>{head}{''.join(rows)}</table>{more}"


def _passed(checks: Sequence[Check]) -> str:
    counts = Counter(check.check for check in checks if check.status is Status.PASS)
    listed = ", ".join(f"{in_html(name)} {count}" for name, count in sorted(counts.items()))
    notes = [c.message for c in checks if c.status is Status.PASS and c.check in _NOTES]
    lines = "".join(f"<li>{in_html(note)}</li>" for note in dict.fromkeys(note for note in notes if note))
    return f"<h2>通过的检查 / Checks that passed</h2><p>{listed}</p><ul>{lines}</ul>"
