"""The words of a certificate, in both languages."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from support.certificates import CERTIFICATE, NAME, PROOF
from zaichang.audit.certificate.document import Earned
from zaichang.audit.certificate.words import number_text, printed, summary, words_of
from zaichang.hours.packs import load_rules, shipped_rules
from zaichang.ledger.item_names import ITEM_NAMES
from zaichang.ledger.rules import Measure
from zaichang.ledger.statement import Flag, Status


def test_the_sentence_says_who_how_much_and_under_which_regulation() -> None:
    words = words_of(PROOF)
    assert words.title == ("继续教育学时证明", "Certificate of Continuing-Education Hours")
    assert words.number == "9F3A-01BC-77D2-0E41" == number_text(CERTIFICATE.number)
    assert words.statement.zh.startswith(
        f"兹证明{NAME}（学员代号 learner-17）在 2026 年度（2026年1月1日至2026年12月31日）参加继续教育，"
        "经核验计入 92.5 学时，"
        "其中专业科目 62.3 学时、公需科目 30.1 学时；依据渝药监〔2025〕10号"
    )
    assert words.statement.zh.endswith("已完成本年度继续教育规定的学习任务。特此证明。")
    assert "92.5 hours in 2026 (professional 62.3 hours, public 30.1 hours)" in words.statement.en
    assert tuple(words.sums[0]) == (("总计", "total"), "92.5 学时", "90 学时")
    assert words.sums[2].needed == ""
    assert [row.name.zh for row in words.earned] == ["远程网络学习", "面授培训"]
    assert words.remarks[0].zh == "未与其他机构的学习时间核对。"
    assert set(words.title) < set(printed(words))


def test_amounts_are_floored_and_a_name_is_not_made_up() -> None:
    low = replace(CERTIFICATE, sums=((Measure.TOTAL, Fraction(8999, 100)),), status=Status.NOT_MET, name_c="")
    words = words_of(replace(PROOF, certificate=low, name=""))
    assert "经核验计入 89.9 学时；" in words.statement.zh and "其中" not in words.statement.zh
    assert "学员（代号 learner-17）" in words.statement.zh and "尚未完成" in words.statement.zh


def test_credits_are_credits_and_hours_beside_them_stay_hours() -> None:
    sums = ((Measure.CREDITS, Fraction(25)), (Measure.HOURS, Fraction(80)))
    credit = replace(CERTIFICATE, unit="credit", sums=sums, needs=((Measure.CREDITS, Fraction(25)),))
    words = words_of(replace(PROOF, certificate=credit))
    assert words.title.zh == "继续教育学分证明"
    assert [row.counted for row in words.sums] == ["25 学分", "80 学时"]


def test_every_item_of_the_shipped_rules_has_a_name_and_another_packs_shows_its_own() -> None:
    items = {item.name for name in shipped_rules() for item in load_rules(name).items}
    assert items - ITEM_NAMES.keys() == set()
    own = replace(CERTIFICATE, earned=(Earned(item="walking", unit="hour", counted=Fraction(1)),))
    assert words_of(replace(PROOF, certificate=own)).earned[0].name == ("walking", "walking")


def test_remarks_and_the_certificate_that_is_replaced_are_said() -> None:
    flagged = replace(CERTIFICATE, flags=tuple(Flag), replaces="00112233445566aa")
    remarks = [each.zh for each in words_of(replace(PROOF, certificate=flagged)).remarks]
    assert len(remarks) == len(Flag) + 1 and remarks[-1] == "本证明取代证明 0011-2233-4455-66AA，原证明作废。"


def test_the_summary_names_the_rules_and_everybody_only_once() -> None:
    said = summary(PROOF)
    assert "重庆某某继续教育学院 证明 欧阳㛃（learner-17） 2026 年度：总计 92.5 学时" in said.zh
    assert "total 92.5 hours; professional 62.3 hours" in said.en and "Rules cq-pharmacist-2025 2026.1." in said.en
    assert NAME not in summary(replace(PROOF, name="")).zh
