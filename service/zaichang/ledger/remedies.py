"""Remedies: the one step that would give a missing hour, for the year and for each reason, in both languages."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, TypeAlias

from zaichang.ledger.explain import NAMES, up
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import HourRules, Measure
from zaichang.ledger.statement import Statement, Status
from zaichang.ledger.tally import missing_of, tally

Said: TypeAlias = tuple[str, str]
"""A text in Chinese and in English."""

_DONE: Final[Said] = ("本年度不用再学。", "Nothing more is needed this year.")
_WAIT: Final[Said] = (
    "不用再学，等待审核：待审核的 {} {}全部认定后，本年度即完成。",
    "Study nothing more: once the {} {} that wait for a decision are approved, the year is done.",
)
_RECOGNISE: Final[Said] = (
    "不用再学，等待上报和认定：学够的部分全部认定后，本年度即完成。",
    "Study nothing more: once the rest has been reported and recognised, the year is done.",
)
UNITS: Final[dict[str, Said]] = {"hour": ("学时", "hours"), "credit": ("学分", "credits")}
_OTHER: Final[Said] = (
    "这一部分已不能计入，请用其他项目补足。",
    "This cannot count any more; make it up by another item.",
)
_NOTHING: Final[Said] = ("不用处理。", "Nothing to do.")
_FULL: Final[Said] = ("这一项已满，请用其他项目补足。", "This item is full; use another one.")

REMEDIES: Final[dict[Why, Said]] = {
    Why.CAP_DAY: ("这一天已满；其他日子的学习仍可计入。", "This day is full; other days can still count."),
    Why.CAP_ITEM: _FULL,
    Why.CAP_YEAR: _FULL,
    Why.SAME_ACTIVITY: _NOTHING,
    Why.RANK_TOO_LOW: _OTHER,
    Why.LATE: _OTHER,
    Why.EVIDENCE_MISSING: ("向机构提交证明材料。", "Hand the evidence in to your institution."),
    Why.NOT_APPROVED: (
        "向机构问明原因，补充材料后再次提交。",
        "Ask your institution for the cause, add what is missing, and hand it in again.",
    ),
    Why.NOT_PUBLISHED: ("改学公布名单内机构的课程。", "Study at an institution that is on the published list."),
    Why.OTHER_YEAR: ("请看它所属年度的清单。", "See the statement of the year to which it belongs."),
    Why.OVERLAP: ("不用处理：这段时间已在另一处计入。", "Nothing to do: this time counts already elsewhere."),
    Why.DUPLICATE: ("请学习本年度还没有学过的内容。", "Study something that you have not studied this year."),
    Why.REVOKED: (
        "不同意的，在申诉期限内申诉；内容可以重新学习。",
        "If you disagree, appeal before the last date below; the lesson can be studied again.",
    ),
    Why.PENDING: ("等待审核，您不用做什么。", "Wait for the decision; nothing is needed from you."),
    Why.NOT_PASSED: ("通过考核后计入。", "It counts once you pass the assessment."),
    Why.TOO_SHORT: ("一次学满最低时长才计入。", "It counts once one occasion lasts the least duration."),
    Why.PAPER_NOT_ACCEPTED: (
        "请举办单位在系统中补登；原件请保留。",
        "Ask the organiser to enter it in the system; keep the original.",
    ),
    Why.NOT_REGISTERED: ("请举办单位登记或备案后再上报。", "Ask the organiser to register it and report it then."),
    Why.NO_PROOF: ("向机构补交所需证明。", "Hand the missing proof in to your institution."),
    Why.TOO_LATE: _OTHER,
    Why.USED_FOR_MAKEUP: ("不用处理：已计入上一年度。", "Nothing to do: it counts in the year before."),
    Why.SHOWN_ONLY: ("不属于计入的项目；请学习计入的项目。", "It is no item that counts; study one that does."),
}
"""The one step that would give back the amount that a reason takes away."""


def unit_of(measure: str, rules: HourRules) -> Said:
    """Return the name of the unit in which a sum is counted."""
    if measure == Measure.CREDITS:
        return UNITS["credit"]
    return UNITS["hour" if measure.endswith("hours") else rules.unit]


def next_step(statement: Statement, rules: HourRules) -> Said:
    """Return the one step that would complete the year: wait, or study so much of such a kind."""
    if statement.status is not Status.NOT_MET:
        return _DONE
    if rules.readings.status_of == "recognised":
        if not any(missing_of(rules, {measure: statement.sums[measure] for measure in rules.measures}).values()):
            return _RECOGNISE
    elif statement.pending and not any(_if_approved(statement, rules).values()):
        amount, (zh, en) = up(statement.pending), UNITS[rules.unit]
        return _WAIT[0].format(amount, zh), _WAIT[1].format(amount, en)
    gaps = {name: amount for name, amount in statement.missing.items() if amount}
    if statement.least_more is None:
        return _apart(gaps, rules)
    return _study(statement.least_more, gaps, rules)


def _if_approved(statement: Statement, rules: HourRules) -> dict[str, Fraction]:
    """Return the gaps that would be left if all waiting claims were approved."""
    lines = [line._replace(counted=line.counted + line.pending) for line in statement.lines]
    found = tally(lines)
    return missing_of(rules, {measure: found.of(measure) for measure in rules.measures})


def _study(least: Fraction, gaps: dict[str, Fraction], rules: HourRules) -> Said:
    unit = UNITS[rules.unit]
    kinds = {name: amount for name, amount in gaps.items() if name in ("professional", "public")}
    zh_of = "、".join(f"{NAMES[name][0]}至少 {up(amount)} {unit[0]}" for name, amount in kinds.items())
    en_of = " and ".join(f"at least {up(amount)} {NAMES[name][1]}" for name, amount in kinds.items())
    minutes = rules.readings.study_hour_min
    zh = f"{'再学' if rules.item('study') else '再取得'} {up(least)} {unit[0]}" + (f"，其中{zh_of}" if zh_of else "")
    en = f"{'Study' if rules.item('study') else 'Earn'} {up(least)} more {unit[1]}" + (f", {en_of}" if en_of else "")
    if rules.unit == "hour" and minutes is not None:
        whole = -(-(least * minutes).numerator // (least * minutes).denominator)
        zh += f"（每学时 {minutes} 分钟，共 {whole} 分钟）"
        en += f" ({whole} minutes; an hour has {minutes})"
    return zh + "。", en + "."


def _apart(gaps: dict[str, Fraction], rules: HourRules) -> Said:
    """Name each gap: the needs do not share a unit, and one activity may fill several."""
    zh = "、".join(f"{NAMES[name][0]} {up(amount)} {unit_of(name, rules)[0]}" for name, amount in gaps.items())
    en = ", ".join(f"{NAMES[name][1]}: {up(amount)} {unit_of(name, rules)[1]}" for name, amount in gaps.items())
    return f"再取得{zh}；同一项活动可以同时补足几项。", f"Earn {en}; one activity may fill several."
