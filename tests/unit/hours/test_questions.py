"""The questions of the article on credit queries (regulations, 001), and the answer to each for one learner's year."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from support.stores import open_store
from zaichang.hours.questions import questions_of
from zaichang.hours.year_view import YearView, year_view
from zaichang.ports.ledger import HourFact

ARTICLE: Final = {
    # The article's words: the code of the question that answers them, and words that the answer must hold.
    "执业药师每年必须完成不少于30学分": ("required", "不少于 90 学时", "at least 90 hours"),
    "专业科目学分不得少于20学分,公需科目学分不得少于10学分": (
        "required",
        "专业科目不少于 60 学时",
        "at least 60 hours",
    ),
    "这些学分根据获取途径和形式,又可细分": ("kinds", "不按Ⅰ类、Ⅱ类", "class I"),
    "获得的学分明细": ("kinds", "专业科目 1 学时", "professional 1 hours"),
    "按注册周期(通常为三年)进行审核": ("years", "注册周期内各年度逐年核对", "each year of its period"),
    "全国没有统一的学分查询入口": ("where", "就在本页", "Here"),
    "历年参加的继续教育项目": ("years", "2026", "2026"),
    "学分是否已通过审核等状态": ("reviewed", "待审核 0 学时", "waiting for a decision: 0"),
    "提供最官方的学分证明": ("proof", "不是学时证明", "no certificate"),
    "手机APP或微信公众号查询": ("where", "手机、电脑都能打开", "on a phone or a computer"),
    "联系所属协会或管理机构": ("contact", "机构", "Institution"),
    "通过执业单位统一查询": ("employer", "由单位向机构提出", "asks the institution"),
    "问题一:忘记登录账号或密码,无法进入查询系统": ("password", "没有单独的账号和密码", "no account"),
    "申请重置密码或找回账号": ("password", "身份证和执业药师资格证书", "identity card"),
    "问题二:查询到的学分数量与自身学习记录不符": ("missing", "少计的原因和补救办法", "the cause and the remedy"),
    "学习完成后未成功通过在线考核": ("missing", "考核未合格 0 项", "assessment not passed: 0"),
    "协会审核尚未完成或审核未通过": ("missing", "等待审核或认定 0 项；审核未通过 0 项", "not approved: 0"),
    "参加的培训项目不属于该省认可的继续教育项目": ("missing", "机构未公布 0 项", "not published: 0"),
    "系统数据同步延迟或错误": ("missing", "约半分钟计入", "half a minute"),
    "应保留好学习凭证": ("missing", "留好结业证书、缴费记录", "keep your proof"),
    "问题三:跨省执业或变更注册省份后,原有学分如何查询与转换": (
        "moved",
        "由它决定是否认可、如何折算",
        "it decides whether",
    ),
    "提前规划,在变更注册前": ("moved", "变更前先问清", "before you move"),
    "问题四:早年(系统上线前)的纸质学分如何查询与认证": ("paper", "核实后补录", "checks and enters them"),
    "妥善保管好原始的纸质学分证明": ("paper", "保留纸质学分证明", "Keep the paper certificates"),
}


async def a_year(folder: Path) -> YearView:
    entry = {
        "id": "study/a", "kind": "study", "institution": "inst", "course": "c", "lesson": "l", "session": "a",
        "runs": [[1_780_000_000_000, 60_000, 0, 60_000, 45]], "category": "professional",
    }  # fmt: skip
    async with open_store(folder) as store:
        await store.add_hour_fact(
            HourFact(
                institution_id="inst",
                learner_id="learner",
                fact_key="study/a",
                session_id="a",
                verified_ms=1,
                first_index=0,
                last_index=1,
                body=json.dumps(entry).encode(),
            )
        )
        return await year_view(store, ("inst", "learner"), "cq-pharmacist-2025", None, 1_780_000_000_001)


async def test_every_question_of_the_article_has_its_answer(tmp_path: Path) -> None:
    found = {each.code: each for each in questions_of(await a_year(tmp_path), ("机构", "Institution"))}
    for quoted, (code, zh, en) in ARTICLE.items():
        assert zh in found[code].answer[0], (quoted, found[code].answer[0])
        assert en in found[code].answer[1], (quoted, found[code].answer[1])
    assert {code for code, _, _ in ARTICLE.values()} == set(found)


def test_the_list_quotes_the_article_and_leaves_out_none_of_its_four_problems(shared_regulations: Path) -> None:
    [path] = shared_regulations.glob("001_*.txt")
    article = path.read_text(encoding="utf-8")
    assert [quoted for quoted in ARTICLE if quoted not in article] == []
    problems = [line for line in article.splitlines() if line.startswith("问题") and ":" in line]
    assert len(problems) == 4
    assert all(any(line.startswith(quoted) for quoted in ARTICLE) for line in problems)
