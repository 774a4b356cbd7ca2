"""The words of a certificate in Chinese and English, as its document states them. Pure.

The page of the PDF, the verifier and the web page all take their words from here, so what is printed follows from the
document. Amounts are shown floored to a tenth, as statements show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from zaichang.audit.certificate.document import Certificate
from zaichang.audit.certificate.proof import CertificateProof
from zaichang.core.civil import date_text
from zaichang.ledger.explain import NAMES
from zaichang.ledger.item_names import item_name
from zaichang.ledger.rules import Measure
from zaichang.ledger.statement import Flag, Status, shown

_UNITS: Final = {"hour": ("学时", "hours"), "credit": ("学分", "credits")}
_STATUS: Final = {
    Status.MET: ("已完成本年度继续教育规定的学习任务", "has fulfilled the year's duty"),
    Status.NOT_MET: ("尚未完成本年度继续教育规定的学习任务", "has not yet fulfilled the year's duty"),
    Status.NOT_REQUIRED: ("本年度依规定不要求参加继续教育", "has no duty in this year"),
    Status.DEEMED_MET: ("依规定视同完成本年度继续教育学习任务", "is deemed to have fulfilled the year's duty"),
    Status.MET_BY_MAKEUP: ("已通过补学完成本年度继续教育规定的学习任务", "has fulfilled the year's duty by make-up"),
}  # fmt: skip
_FLAGS: Final = {
    Flag.DEEMED_PART_YEAR: ("援派不足三个月。", "The dispatch was below three months."),
    Flag.MORE_THAN_WHOLE: ("不足三个月而超过全额。", "A span below three months gave more than the whole."),
    Flag.OVERLAP_NOT_CHECKED: ("未与其他机构的学习时间核对。", "Overlap with other institutions was not checked."),
}  # fmt: skip
_OWN_UNIT: Final = {
    Measure.CREDITS: "credit",
    Measure.POST: "credit",
    Measure.HOURS: "hour",
    Measure.PROFESSIONAL_HOURS: "hour",
    Measure.PUBLIC_HOURS: "hour",
    Measure.TOTAL_HOURS: "hour",
}
"""Unit of the measures that have one of their own; the others have that of the rules."""


class Both(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str


LABELS: Final = {
    "number": Both("证明编号", "Number"),
    "sums": Both("类别", "Category"),
    "earned": Both("计入明细", "Item"),
    "counted": Both("计入", "Counted"),
    "needed": Both("规定不少于", "At least"),
    "qr": Both("扫码核对日志条目与指纹", "Log entry and its hash"),
    "attached": Both("证明数据", "The certificate's data with their proof"),
    "how": Both(
        "核验方法：在出具机构网站的 /verify 页面选取本文件，或运行 zaichang verify 本文件 --trust 公钥文件。"
        "本文件内附 certificate.json，一切以其数据为准；页面若有改动，核验不予通过。",
        "To verify, give this file to the page /verify of the institution, or run: zaichang verify FILE --trust FILE.",
    ),
}
"""The printed words that are the same on every certificate."""


class AmountRow(NamedTuple):
    """A line of the table of amounts: its name, the amount that counts, and the least that is asked for, or empty."""

    name: Both
    counted: str
    needed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All words of a certificate.

    Attributes:
        title: Its heading.
        number: The number as people read it.
        statement: The sentence that certifies.
        sums: The sums with the least that is asked for.
        earned: What each item gave.
        issuer: The institution with the place of its seal.
        date: The day of the issue.
        fields: Label and value of the lines below.
        remarks: Remarks.
    """

    title: Both
    number: str
    statement: Both
    sums: tuple[AmountRow, ...]
    earned: tuple[AmountRow, ...]
    issuer: Both
    date: Both
    fields: tuple[tuple[Both, str], ...]
    remarks: tuple[Both, ...]


def number_text(number: str) -> str:
    """Return a certificate's number in groups of four."""
    return "-".join(number[at : at + 4] for at in range(0, len(number), 4)).upper()


def words_of(proof: CertificateProof) -> Words:
    """Return the words of a certificate."""
    certificate = proof.certificate
    needs = dict(certificate.needs)
    sums = tuple(_sum(certificate, measure, amount, needs.get(measure)) for measure, amount in certificate.sums)
    remarks = [Both(*_FLAGS[flag]) for flag in certificate.flags]
    if certificate.replaces:
        old = number_text(certificate.replaces)
        remarks.append(Both(f"本证明取代证明 {old}，原证明作废。", f"It stands in place of certificate {old}."))
    return Words(
        title=Both("继续教育学分证明", "Certificate of Continuing-Education Credits")
        if certificate.unit == "credit"
        else Both("继续教育学时证明", "Certificate of Continuing-Education Hours"),
        number=number_text(certificate.number),
        statement=_statement(certificate, proof.name, sums),
        sums=sums,
        earned=tuple(
            AmountRow(Both(*item_name(each.item)), _amount(each.counted, each.unit), "") for each in certificate.earned
        ),
        issuer=Both(f"{certificate.institution_zh}（盖章）", f"Issued by {certificate.institution_en}"),
        date=Both(_day_zh(date_text(certificate.issued_ms)), date_text(certificate.issued_ms)),
        fields=_fields(proof),
        remarks=tuple(remarks),
    )


def summary(proof: CertificateProof) -> Both:
    """Return who, what and how much in one sentence of each language, for the verifier."""
    words, certificate = words_of(proof), proof.certificate
    zh = "；".join(f"{row.name.zh} {row.counted}" for row in words.sums)
    en = "; ".join(f"{row.name.en} {_english(row.counted)}" for row in words.sums)
    who = f"{proof.name}（{certificate.learner}）" if proof.name else certificate.learner
    rules = f"{certificate.rules.name} {certificate.rules.version}"
    return Both(
        f"{certificate.institution_zh} 证明 {who} {certificate.year} 年度：{zh}；{_STATUS[certificate.status][0]}"
        f"。规则 {rules}，{certificate.rules.basis}。",
        f"{certificate.institution_en} certifies {certificate.learner} for {certificate.year}: {en}; "
        f"{_STATUS[certificate.status][1]}. Rules {rules}.",
    )


def printed(words: Words) -> list[str]:
    """Return every text of the page, in its order; a font must have all their characters."""
    said = [*words.title, words.number, *words.statement, *words.issuer, *words.date]
    for row in (*words.sums, *words.earned):
        said += [*row.name, row.counted, row.needed]
    for label, value in words.fields:
        said += [*label, value]
    for each in (*words.remarks, *LABELS.values()):
        said += [*each]
    return said


def _statement(certificate: Certificate, name: str, sums: tuple[AmountRow, ...]) -> Both:
    zh_who = f"{name}（学员代号 {certificate.learner}）" if name else f"学员（代号 {certificate.learner}）"
    en_who = f"the learner {certificate.learner}"
    first, *rest = sums
    zh_rest = "、".join(f"{row.name.zh} {row.counted}" for row in rest)
    en_rest = ", ".join(f"{row.name.en} {_english(row.counted)}" for row in rest)
    zh_counts = f"经核验计入 {first.counted}" + (f"，其中{zh_rest}" if rest else "")
    en_counts = f"{_english(first.counted)} in {certificate.year}" + (f" ({en_rest})" if rest else "")
    zh_status, en_status = _STATUS[certificate.status]
    return Both(
        f"兹证明{zh_who}在 {certificate.year} 年度（{_day_zh(certificate.from_day)}至{_day_zh(certificate.to_day)}）"
        f"参加继续教育，{zh_counts}；依据{certificate.rules.basis}，{zh_status}。特此证明。",
        f"This certifies that {en_who} has been credited with {en_counts} and {en_status} under the rules named below.",
    )


def _fields(proof: CertificateProof) -> tuple[tuple[Both, str], ...]:
    certificate = proof.certificate
    rules = certificate.rules
    return (
        (Both("计算规则", "Rules"), f"{rules.zh}，{rules.name} {rules.version}"),
        (Both("规则指纹", "Digest of the rules"), rules.digest[:32]),
        (Both("日志条目", "Log entry"), f"{certificate.origin} #{proof.index}"),
        (Both("条目指纹", "Entry's hash"), proof.qr_text.rsplit(":", 1)[1]),
    )


def _sum(certificate: Certificate, measure: Measure, amount: Fraction, need: Fraction | None) -> AmountRow:
    unit = _OWN_UNIT.get(measure, certificate.unit)
    return AmountRow(Both(*NAMES[measure]), _amount(amount, unit), "" if need is None else _amount(need, unit))


def _amount(amount: Fraction, unit: str) -> str:
    return f"{shown(amount)} {_UNITS[unit][0]}"


def _english(counted: str) -> str:
    number, unit = counted.split(" ")
    return f"{number} {next(en for zh, en in _UNITS.values() if zh == unit)}"


def _day_zh(day: str) -> str:
    year, month, date = day.split("-")
    return f"{year}年{int(month)}月{int(date)}日"
