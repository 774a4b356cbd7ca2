"""The small parts of a statement's answer, made from the ledger's values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from zaichang.api.models.common import Names
from zaichang.api.models.statements import Coded, LessMinutes, OwnCertificate, Rules, SumLine, WaitLine, WhyLine
from zaichang.api.views import amended, reason_view, sentences_of
from zaichang.audit.certificate.document import read_document
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import CertificateState
from zaichang.hours.waiting import WHOM, Whom
from zaichang.hours.year_view import YearView
from zaichang.ledger.explain import FLAGS, NAMES, explain_rules, up
from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import SENTENCES, Why
from zaichang.ledger.remedies import REMEDIES, Said, unit_of
from zaichang.ledger.rules import HourRules
from zaichang.ledger.statement import shown
from zaichang.ports.hours.certificates import CertificateRow
from zaichang.ports.records import StoredMinute
from zaichang.ports.records_review import Amendment
from zaichang.session.decisions import Verdict

Stage: TypeAlias = Literal["counted", "reported", "recognised", "waits", "none"]
Category: TypeAlias = Literal["", "professional", "public"]
_ADVICE: Final[Said] = (
    "公需科目建议不少于 {} 学时，还差 {}。",
    "Advised: at least {} hours of public subjects; {} are missing.",
)
_MAKEUP_IN: Final[Said] = ("下一年度补学计入 {}。", "Made up in the year after: {}.")
_MAKEUP_OUT: Final[Said] = ("其中 {} 已用于补学上一年度。", "Used to make up for the year before: {}.")


def names(said: Said) -> Names:
    """Return a text in the form of the API."""
    return Names(zh=said[0], en=said[1])


def coded(code: str, said: Said) -> Coded:
    """Return a word with its sentence."""
    return Coded(code=code, zh=said[0], en=said[1])


def join(what: Said, more: Said) -> Said:
    """Return ``what: more`` in both languages."""
    return f"{what[0]}：{more[0]}", f"{what[1]}: {more[1]}"


def wait_line(what: Said, on: Whom, since_ms: int | None, due_ms: int | None) -> WaitLine:
    """Return one thing that waits."""
    return WaitLine(what=names(what), on=coded(on, WHOM[on]), since_ms=since_ms, due_ms=due_ms)


def why_line(why: Why) -> WhyLine:
    """Return a reason with its sentence and its remedy."""
    zh, en = SENTENCES[why]
    return WhyLine(code=why, zh=zh, en=en, cure=names(REMEDIES[why]))


def rules_part(rules: HourRules) -> Rules:
    """Return the hour rules with each of their numbers in words."""
    return Rules(
        zh=rules.title_zh,
        en=rules.title_en,
        name=rules.name,
        version=rules.version,
        basis=rules.basis,
        example=rules.example,
        said_zh=explain_rules(rules, "zh"),
        said_en=explain_rules(rules, "en"),
    )


def sums_part(view: YearView) -> list[SumLine]:
    """Return the sums of the year, each with the required amount and the gap."""
    found = []
    for name, amount in view.statement.sums.items():
        required = view.required(name)
        zh, en = NAMES[name]
        found.append(
            SumLine(
                code=name,
                zh=zh,
                en=en,
                unit=names(unit_of(name, view.rules)),
                have=shown(amount),
                required=None if required is None else str(required),
                missing=up(view.statement.missing.get(name, Fraction(0))),
            )
        )
    return found


def remarks_part(view: YearView) -> list[Names]:
    """Return remarks and advice: flags, advised 公需, make-up."""
    statement = view.statement
    said = [FLAGS[flag] for flag in statement.flags]
    if statement.advice_public is not None and statement.advice_missing:
        values = (shown(statement.advice_public), up(statement.advice_missing))
        said.append((_ADVICE[0].format(*values), _ADVICE[1].format(*values)))
    for words, amount in ((_MAKEUP_IN, statement.makeup_in), (_MAKEUP_OUT, statement.makeup_out)):
        if amount:
            said.append((words[0].format(shown(amount)), words[1].format(shown(amount))))
    return [names(each) for each in said]


def stage_of(line: Line) -> Stage:
    """Return how far a line has come."""
    if Why.PENDING in line.whys:
        return "waits"
    if not line.counted:
        return "none"
    if line.recognised:
        return "recognised"
    return "reported" if line.reported else "counted"


def category_of(line: Line) -> Category:
    """Return a line's category as the API names it."""
    return "professional" if line.category == "professional" else "public" if line.category == "public" else ""


def own_certificate(row: CertificateRow) -> OwnCertificate:
    """Return a certificate as its learner sees it."""
    document = read_document(parse_canonical_object(row.document))
    revoked = row.state is CertificateState.REVOKED
    return OwnCertificate(
        number=row.number,
        year=row.year,
        rules=Names(zh=document.rules.zh, en=document.rules.en),
        state=row.state.value,
        issued_ms=row.issued_ms,
        ended_ms=row.decided_ms if revoked else None,
        reason=reason_view(row.reason) if revoked else None,
        replaced_by=row.replaced_by,
        named=bool(document.name_c),
        ready=row.state is CertificateState.ISSUED and row.entry_index is not None,
    )


def less_minutes(minutes: Sequence[StoredMinute], amendments: Sequence[Amendment]) -> list[LessMinutes]:
    """Return why minutes of a session do not count, the most frequent reason first."""
    later = amended(minutes, amendments)
    found: Counter[str] = Counter()
    for minute in minutes:
        decisions = later[minute.minute]
        if decisions:
            if decisions[-1].verdict != Verdict.VERIFIED or decisions[-1].delta_ms < 0:
                found[decisions[-1].reason] += 1
        else:
            record = json.loads(minute.body)
            found.update(record["reasons"] if record["verdict"] != Verdict.VERIFIED else ())
    return [LessMinutes(**sentences_of(code), minutes=number) for code, number in found.most_common()]
