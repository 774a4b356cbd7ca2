"""A statement in words, for the learner and the office, in Chinese and English; numbers are floored to a tenth."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import SENTENCES
from zaichang.ledger.rules import HourRules
from zaichang.ledger.statement import Flag, Statement, Status, shown

ZH, EN = 0, 1
LANGUAGES: Final = {"zh": ZH, "en": EN}

STATUSES: Final = {
    Status.MET: ("本年度已完成。", "The year is done."),
    Status.NOT_MET: ("本年度尚未完成。", "The year is not done yet."),
    Status.NOT_REQUIRED: ("本年度不要求参加继续教育（次年开始）。", "Not required: the duty begins next year."),
    Status.DEEMED_MET: ("视同完成本年度继续教育。", "The year is deemed done."),
    Status.MET_BY_MAKEUP: ("本年度已通过补学完成。", "The year is done by make-up in the year after."),
}  # fmt: skip
NAMES: Final = {
    "total": ("总计", "total"),
    "professional": ("专业科目", "professional"),
    "public": ("公需科目", "public"),
    "credits": ("学分", "credits"),
    "hours": ("学时", "hours"),
    "post": ("岗位密切相关", "of the post"),
    "professional_hours": ("专业科目学时", "professional hours"),
    "public_hours": ("公共科目学时", "public hours"),
    "total_hours": ("总学时", "hours in all"),
}
FLAGS: Final = {
    Flag.DEEMED_PART_YEAR: ("援派不足三个月，请人工核对。", "The dispatch is below three months: check it."),
    Flag.MORE_THAN_WHOLE: ("不足三个月却超过25学分，请人工核对。", "A short span gives more than 25: check it."),
    Flag.OVERLAP_NOT_CHECKED: ("与其他机构的时间重叠未核对。", "Overlap with other institutions was not checked."),
}  # fmt: skip


def explain(statement: Statement, rules: HourRules, language: str) -> list[str]:
    """Return the sentences of a statement.

    Args:
        statement: The statement.
        rules: Its hour rules.
        language: ``zh`` or ``en``.
    """
    tongue = LANGUAGES[language]
    said = [f"{(rules.title_zh, rules.title_en)[tongue]}, {statement.year}", STATUSES[statement.status][tongue]]
    said += [f"{NAMES[name][tongue]}: {shown(amount)}" for name, amount in statement.sums.items()]
    for name, amount in statement.missing.items():
        if amount:
            said.append(_with(("还差 {}：{}", "Missing {}: {}"), tongue, NAMES[name][tongue], up(amount)))
    if statement.least_more:
        said.append(_with(("至少还需学习 {}。", "Least further study: {}."), tongue, up(statement.least_more)))
    if statement.pending:
        said.append(_with(("待审核 {}。", "Waiting for a decision: {}."), tongue, shown(statement.pending)))
    if statement.reported_not_recognised:
        words = ("已上报、尚未认定 {}。", "Reported and not yet recognised: {}.")
        said.append(_with(words, tongue, shown(statement.reported_not_recognised)))
    if statement.advice_public is not None and statement.advice_missing:
        words = ("建议公需科目不少于 {}。", "Advised: at least {} of public subjects.")
        said.append(_with(words, tongue, shown(statement.advice_public)))
    said += [_line(line, tongue) for line in statement.lines if line.whys]
    return said + [FLAGS[flag][tongue] for flag in statement.flags]


def up(amount: Fraction) -> str:
    """Return an amount that lacks, rounded up to a tenth: less would not do."""
    return shown(Fraction(-(-amount.numerator * 10 // amount.denominator), 10))


def _with(words: tuple[str, str], tongue: int, *values: str) -> str:
    return words[tongue].format(*values)


def _line(line: Line, tongue: int) -> str:
    reasons = "".join(SENTENCES[why][tongue] for why in line.whys)
    return f"{line.key} ({line.item}): {shown(line.amount)} / {shown(line.asked)}. {reasons}"


def explain_rules(rules: HourRules, language: str) -> list[str]:
    """Return the hour rules in words: each number with its clause."""
    tongue = LANGUAGES[language]
    said = [(rules.title_zh, rules.title_en)[tongue], rules.basis]
    if rules.example:
        said.append(("示例，并非法规。", "An example, not a regulation.")[tongue])
    said += [f"{NAMES[need.measure][tongue]} >= {need.at_least}: {need.cite}" for need in rules.needs]
    said += [f"{item.name}: {item.cite}" for item in rules.items]
    return said + [f"{name}: {clause}" for name, clause in rules.cites]
