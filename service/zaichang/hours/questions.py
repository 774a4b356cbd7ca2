"""The questions that people ask about their credits, each answered for this learner and year, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from zaichang.hours.year_view import YearView
from zaichang.ledger.explain import NAMES
from zaichang.ledger.reasons import Why
from zaichang.ledger.remedies import Said, unit_of
from zaichang.ledger.statement import shown


class Question(NamedTuple):
    """A question and its answer, each in Chinese and English."""

    code: str
    asked: Said
    answer: Said


class Asking(NamedTuple):
    """The source of the answers: the year, and the institution's names."""

    view: YearView
    institution: Said

    def lines_with(self, *whys: Why) -> int:
        """Return how many lines of the statement are told one of these reasons."""
        return sum(bool(set(whys).intersection(line.told)) for line in self.view.statement.lines)


def _where(asking: Asking) -> Said:
    zh, en = asking.institution
    return (
        f"就在本页，手机、电脑都能打开，从您的学习平台进入。本页只列{zh}经本系统记录的学习和它登记的其他继续教育。",
        "Here, on a phone or a computer; open it from your learning platform. It lists the study that "
        f"{en} has recorded with this service, and the other activities that it has entered.",
    )


def _password(asking: Asking) -> Said:
    return (
        "本页没有单独的账号和密码：登录学习平台后打开即可，每次打开有效 15 分钟。"
        "忘记平台的密码，用平台的“忘记密码”找回；"
        f"找不回的，带身份证和执业药师资格证书联系{asking.institution[0]}重置。",
        "This page has no account and no password of its own: sign in to your learning platform and open it there; it "
        "stays open for 15 minutes. If you forgot the platform's password, use its reset. If that fails, ask "
        f"{asking.institution[1]}, with your identity card and your certificate.",
    )


def _required(asking: Asking) -> Said:
    rules = asking.view.rules
    zh = "，".join(
        f"{NAMES[need.measure][0]}不少于 {need.at_least} {unit_of(need.measure, rules)[0]}" for need in rules.needs
    )
    en = ", ".join(
        f"{NAMES[need.measure][1]} at least {need.at_least} {unit_of(need.measure, rules)[1]}" for need in rules.needs
    )
    return f"本年度要求：{zh}。依据：{rules.basis}。", f"This year: {en}. By: {rules.basis}."


def _kinds(asking: Asking) -> Said:
    sums = asking.view.statement.sums
    rules = asking.view.rules
    zh = "，".join(f"{NAMES[name][0]} {shown(amount)} {unit_of(name, rules)[0]}" for name, amount in sums.items())
    en = ", ".join(f"{NAMES[name][1]} {shown(amount)} {unit_of(name, rules)[1]}" for name, amount in sums.items())
    return (
        f"{zh}。每一项属于专业还是公需，写在明细里；课程的科目由机构确定。本规则不按Ⅰ类、Ⅱ类提出要求。",
        f"{en}. The list says of each item whether it is professional or public; the institution decides it for a "
        "course. These rules ask for no amount of class I or class II.",
    )


def _missing(asking: Asking) -> Said:
    failed = asking.lines_with(Why.NOT_PASSED)
    unregistered = asking.lines_with(Why.NOT_REGISTERED, Why.NOT_PUBLISHED)
    refused = asking.lines_with(Why.NOT_APPROVED)
    waiting = len(asking.view.waits)
    return (
        "每一项少计的原因和补救办法都写在明细里。"
        f"本年度：考核未合格 {failed} 项；等待审核或认定 {waiting} 项；审核未通过 {refused} 项；"
        f"未登记、未备案或机构未公布 {unregistered} 项。刚结束的学习，记录写入日志后约半分钟计入。"
        f"核对后仍有缺失的，留好结业证书、缴费记录等凭证，联系{asking.institution[0]}核实补录；"
        "对某次学习的结论不服的，在“申诉期限”所列日期前申诉。",
        "The list names the cause and the remedy of each amount that is missing. This year: assessment not passed: "
        f"{failed}; waiting for a decision or recognition: {waiting}; not approved: {refused}; not registered, or the "
        f"institution not published: {unregistered}. Study that has just ended counts about half a minute after its "
        "record is in the log. If something is still missing, keep your proof (certificate, receipt) and ask "
        f"{asking.institution[1]} to check and enter it. If you disagree about a session, appeal before its last date.",
    )


def _reviewed(asking: Asking) -> Said:
    statement = asking.view.statement
    unit = unit_of("total", asking.view.rules)
    return (
        f"已认定 {shown(statement.recognised)} {unit[0]}，"
        f"已上报、尚未认定 {shown(statement.reported_not_recognised)} {unit[0]}，"
        f"待审核 {shown(statement.pending)} {unit[0]}。等谁、从何时起等，见“在等什么”。",
        f"Recognised: {shown(statement.recognised)} {unit[1]}; reported and not recognised yet: "
        f"{shown(statement.reported_not_recognised)} {unit[1]}; waiting for a decision: {shown(statement.pending)} "
        f"{unit[1]}. “What waits” says on whom each waits and since when.",
    )


def _years(asking: Asking) -> Said:
    years = asking.view.years
    return (
        f"在页首切换年度，可看：{'、'.join(map(str, years))}。学习按年度计算；延续注册时，注册周期内各年度逐年核对。",
        f"Choose a year at the top: {', '.join(map(str, years))}. Study counts by the year; for a renewed registration "
        "each year of its period is looked at.",
    )


def _moved(asking: Asking) -> Said:
    moved = asking.lines_with(Why.NOT_REGISTERED)
    return (
        "这里的记录不因变更注册地而改变，仍按学习时的规则计算。"
        "把各年度的清单打印或下载，交给新注册地的管理机构，由它决定是否认可、如何折算；变更前先问清它的要求。"
        f"从外地转入的，由{asking.institution[0]}登记后列在明细里；"
        f"未在全国系统登记的不计入（本年度未登记 {moved} 项）。",
        "Your record here does not change when you register elsewhere. Print or download the statement of each year "
        "for the authority of the new province; it decides whether and how they count, so ask it before you move. "
        f"Credits from another province appear here once {asking.institution[1]} has entered them; those that the "
        f"national system does not hold do not count (this year not registered: {moved}).",
    )


def _paper(asking: Asking) -> Said:
    refused = asking.lines_with(Why.PAPER_NOT_ACCEPTED)
    return (
        "本系统上线前的学分不会自动出现。请保留纸质学分证明和继续教育登记证书原件，"
        f"交{asking.institution[0]}核实后补录；补录后列在明细里。不再接受的纸质证明会注明原因（本年度 {refused} 项）。",
        "Credits from before this service do not appear by themselves. Keep the paper certificates, and hand them to "
        f"{asking.institution[1]}, which checks and enters them; then they are in the list. A paper that is no longer "
        f"accepted says so (this year: {refused}).",
    )


def _proof(asking: Asking) -> Said:
    return (
        "本页可以打印，也可以下载数据；数据带有摘要，机构可用它重新计算核对。本页不是学时证明；机构出具的学时证明列在本页“学时证明”一栏，可以下载。",
        "Print this page, or download its data; the data names digests, with which the institution can compute it "
        "again. "
        "This page is no certificate; those that the institution issued stand under Certificates, to be downloaded.",
    )


def _employer(asking: Asking) -> Said:
    return (
        "本页只对您本人打开。单位统一查询的，由单位向机构提出。",
        "This page opens for you alone. An employer who asks for several people asks the institution.",
    )


def _contact(asking: Asking) -> Said:
    zh, en = asking.institution
    return (
        f"学习记录、审核和补录：{zh}。认定结果和政策：规则所属的主管部门。登录问题：学习平台。",
        f"Records, decisions and late entries: {en}. Recognition and policy: the authority whose rules these are. "
        "Signing in: the learning platform.",
    )


QUESTIONS: Final[tuple[tuple[str, Said, Callable[[Asking], Said]], ...]] = (
    ("required", ("每年要多少？", "How much is required each year?"), _required),
    ("kinds", ("各类各有多少？", "How much of each kind do I have?"), _kinds),
    ("missing", ("数量与我的学习记录不符，少了怎么办？", "It is less than I studied. Why? What now?"), _missing),
    ("reviewed", ("审核、认定到哪一步了？", "Has it been reviewed and recognised?"), _reviewed),
    ("years", ("往年的在哪里看？注册周期怎么算？", "Where are earlier years, and the registration period?"), _years),
    ("moved", ("跨省执业或变更注册地，原来的还算吗？", "I moved to another province. Does it still count?"), _moved),
    ("paper", ("系统上线前的纸质学分怎么办？", "What about paper credits from before?"), _paper),
    ("proof", ("怎样打印、下载，怎样开证明？", "How do I print or download it, or get a certificate?"), _proof),
    ("where", ("在哪里查？手机能查吗？", "Where can I look it up? On a phone?"), _where),
    ("password", ("忘记账号或密码，进不去怎么办？", "I forgot my account or password."), _password),
    ("employer", ("单位能统一查询吗？", "Can my employer look it up?"), _employer),
    ("contact", ("有问题找谁？", "Whom do I ask?"), _contact),
)


def questions_of(view: YearView, institution: Said) -> list[Question]:
    """Return every question with its answer for one learner's year.

    Args:
        view: The year.
        institution: Its names, Chinese and English.
    """
    asking = Asking(view, institution)
    return [Question(code, asked, answer(asking)) for code, asked, answer in QUESTIONS]
