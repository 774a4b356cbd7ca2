from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from zaichang.core.errors import ConfigError
from zaichang.launch.policy_packs import load_pack, parse_pack, shipped_packs
from zaichang.session.explain import explain_en, explain_zh
from zaichang.session.policy import SCHEMA, Policy, policy_digest, policy_from_mapping, policy_to_mapping

GOOD = """
[pack]
name = "mine"
version = "1"
title_zh = "我的"
title_en = "Mine"
basis = "our choice"
appeal_hours = 24
answer_working_days = 3
{schema}
[rules]
{rules}
[cite]
{cite}
"""


def pack(rules: str = "", cite: str = "", schema: str = "") -> bytes:
    return GOOD.format(rules=rules, cite=cite, schema=schema).encode()


def test_every_shipped_pack_loads_under_its_own_name_with_a_digest_of_its_own() -> None:
    packs = {name: load_pack(name) for name in shipped_packs()}
    assert {"default", "demo", "cq-pharmacist-2025", "sc-cme-2025", "cs-cme-2022"} <= set(packs)
    assert {"traffic-points-like", "driver-training-like"} <= set(packs)
    assert all(pack.policy.name == name for name, pack in packs.items())
    assert len({policy_digest(pack.policy) for pack in packs.values()}) == len(packs)


@pytest.mark.parametrize("name", shipped_packs())
def test_every_real_pack_asks_for_liveness_and_the_demo_says_openly_that_it_does_not(name: str) -> None:
    policy = load_pack(name).policy
    without_pad = "pad" not in policy.proofs
    assert without_pad == (name == "demo")
    assert any("PAD" in line for line in explain_en(policy)) == without_pad
    assert any("不做活体检测" in line for line in explain_zh(policy)) == without_pad


@pytest.mark.parametrize("name", ["default", "cq-pharmacist-2025", "sc-cme-2025", "cs-cme-2022"])
def test_packs_for_real_credit_ask_for_movements(name: str) -> None:
    policy = load_pack(name).policy
    assert policy.liveness_start and policy.liveness_bracket
    assert policy.liveness_max_gap_ms == 900_000
    assert any("Movement checks" in line for line in explain_en(policy))


def test_the_demo_asks_for_no_movements_and_says_why() -> None:
    pack = load_pack("demo")
    assert not pack.policy.liveness_start and not pack.policy.liveness_bracket
    assert "movements" in pack.basis


@pytest.mark.parametrize("name", ["traffic-points-like", "driver-training-like"])
def test_imitations_of_other_fields_are_marked(name: str) -> None:
    assert load_pack(name).comparable


@pytest.mark.parametrize(
    ("data", "code", "names"),
    [
        (pack("captur_mean_ms = 5000", 'captur_mean_ms = "x"'), "policy.unknown_key", "captur_mean_ms"),
        (pack("capture_mean_ms = 5"), "policy.invalid", "without saying why"),
        (pack("capture_mean_ms = 5", 'capture_mean_ms = "ours"'), "policy.invalid", "capture_mean_ms"),
        (pack("capture_mean_ms = true", 'capture_mean_ms = "ours"'), "policy.invalid", "capture_mean_ms"),
        (pack('proofs = ["smell"]', 'proofs = "ours"'), "policy.invalid", "proofs"),
        (pack('name = "x"', 'name = "ours"'), "policy.invalid", "[pack]"),
        (b"[pack]\n", "policy.invalid", "rules"),
        (b"\xff", "policy.unreadable", "TOML"),
        (b"x" * 70_000, "policy.unreadable", "70000"),
    ],
)
def test_a_wrong_pack_is_refused_by_name(data: bytes, code: str, names: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_pack(data, "mine.toml")
    assert error.value.code == code
    assert names in error.value.message


def test_an_unknown_pack_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError) as error:
        load_pack("nowhere")
    assert error.value.code == "policy.not_found"
    assert "default" in error.value.hint


CITED = {
    "cq-pharmacist-2025": {
        "第十九条（二）": ("第十九条", "（二）", "远程网络培训", "按实际学时计算"),
        "附件2 二（二）5": (
            "附件2",
            "二、具体条件",
            "（二）",
            "5.有规范教育培训",
            "验证弹窗",
            "快进禁止",
            "人脸识别",
            "焦点控制",
        ),
    },
    "sc-cme-2025": {"三（一）": ("三、继续医学教育项目", "（一）学分授予标准", "3小时授予1学分")},
    "cs-cme-2022": {"第十二条": ("第十二条", "学习内容、学习时长", "审核无误后")},
}
"""Pack -> clause that it cites -> what stands there, in this order."""


@pytest.mark.parametrize("name", sorted(CITED))
def test_a_cited_clause_says_what_the_pack_takes_from_it(name: str, shared_regulations: Path) -> None:
    texts = ["".join(path.read_text(encoding="utf-8").split()) for path in sorted(shared_regulations.glob("*.txt"))]
    cited = " ".join(clause for _, clause in load_pack(name).cite)
    for clause, words in CITED[name].items():
        assert clause in cited
        assert any(in_order(text, words) for text in texts), f"no text says {words} in this order"


def in_order(text: str, words: tuple[str, ...]) -> bool:
    at = 0
    for word in words:
        at = text.find(word, at) + len(word)
        if at < len(word):
            return False
    return True


def test_every_shipped_pack_records_every_limit() -> None:
    for name in shipped_packs():
        policy = load_pack(name).policy
        assert policy.schema == SCHEMA and policy.version == "2026.9"
        assert set(policy_to_mapping(policy)) == {spec.name for spec in fields(Policy)}


def test_a_pack_of_an_older_schema_keeps_its_digest() -> None:
    old = parse_pack(pack(schema="schema = 1"), "x.toml")
    assert old.policy == Policy(name="mine", version="1", schema=1) and old.base == ""
    new = parse_pack(pack(schema="schema = 2"), "x.toml").policy
    assert new == replace(old.policy, schema=2) and policy_digest(new) != policy_digest(old.policy)
    with pytest.raises(ConfigError, match=r"belongs into \[pack\]"):
        parse_pack(pack("schema = 2", 'schema = "x"'), "x.toml")


def test_a_pack_takes_all_that_it_does_not_set_from_the_pack_default() -> None:
    mine = parse_pack(pack("challenge_mean_ms = 480000", 'challenge_mean_ms = "ours"'), "x.toml")
    default = load_pack("default")
    assert mine.policy == replace(default.policy, name="mine", version="1", challenge_mean_ms=480_000)
    assert mine.policy.liveness_start and mine.policy.liveness_bracket, "one number changed, movements still asked for"
    assert mine.base == "default"
    assert dict(mine.cite) == {**dict(default.cite), "challenge_mean_ms": "ours"}


@pytest.mark.parametrize("name", shipped_packs())
def test_a_pack_with_a_base_differs_from_it_by_its_own_rules_alone(name: str) -> None:
    text = pack("capture_max_gap_ms = 900000", 'capture_max_gap_ms = "ours"', f'base = "{name}"')
    mine, base = parse_pack(text, "x.toml"), load_pack(name)
    assert mine.policy == replace(base.policy, name="mine", version="1", capture_max_gap_ms=900_000)
    assert mine.base == name and dict(mine.cite)["capture_max_gap_ms"] == "ours"
    assert policy_digest(mine.policy) == policy_digest(policy_from_mapping(policy_to_mapping(mine.policy)))


def test_the_digest_is_over_the_rules_and_not_over_the_way_they_were_written() -> None:
    base = load_pack("cq-pharmacist-2025")
    changed = replace(base.policy, name="mine", version="1")
    assert policy_digest(parse_pack(pack(schema='base = "cq-pharmacist-2025"'), "x").policy) == policy_digest(changed)


@pytest.mark.parametrize(
    ("base", "code"),
    [('"nowhere"', "policy.not_found"), ('"/etc/passwd.toml"', "policy.not_found"), ("7", "policy.not_found")],
)
def test_a_base_is_a_shipped_pack(base: str, code: str) -> None:
    with pytest.raises(ConfigError, match="no shipped pack") as error:
        parse_pack(pack(schema=f"base = {base}"), "x.toml")
    assert error.value.code == code and "default" in error.value.hint


def test_a_pack_is_not_its_own_base() -> None:
    with pytest.raises(ConfigError, match="a name of its own"):
        parse_pack(pack(schema='base = "demo"').replace(b'"mine"', b'"demo"'), "x.toml")
    with pytest.raises(ConfigError, match=r"belongs into \[pack\]"):
        parse_pack(pack('base = "demo"', 'base = "x"'), "x.toml")


_CLAUSE = re.compile(r"第[一二三四五六七八九十]+条|附件|[一二三]（[一二三四五]+）|our choice", re.IGNORECASE)


@pytest.mark.parametrize("name", shipped_packs())
def test_every_value_of_a_pack_names_its_clause_or_is_our_choice(name: str) -> None:
    pack = load_pack(name)
    sources = dict(pack.sources)
    assert {"appeal_hours", "answer_working_days", "capture_mean_ms", "heartbeat_ms"} <= sources.keys()
    values = {spec.name for spec in fields(Policy)} - {"name", "version", "schema"}
    assert values <= sources.keys(), "also values that equal the default"
    if not pack.comparable:
        assert [field for field, source in sources.items() if not _CLAUSE.search(source)] == []


def test_a_calendar_names_days_and_a_pack_keeps_its_digest() -> None:
    plain = parse_pack(pack(), "p")
    dated = parse_pack(pack() + b'[calendar]\nrest = ["2026-10-01"]\nwork = [2026-10-10]\n', "p")
    assert (dated.appeals.rest, dated.appeals.work) == (("2026-10-01",), ("2026-10-10",))
    assert (dated.appeals.hours, dated.appeals.working_days) == (24, 3)
    assert (plain.rest, plain.work) == ((), ()) and policy_digest(plain.policy) == policy_digest(dated.policy)
    for wrong in (b"rest = 1", b'rest = ["2026-02-30"]', b'work = ["soon"]', b"work = [1]"):
        with pytest.raises(ConfigError, match=r"policy\.invalid"):
            parse_pack(pack() + b"[calendar]\n" + wrong, "p")
    with pytest.raises(ConfigError, match=r"policy\.unknown_key"):
        parse_pack(pack() + b"[calendar]\nholidays = []\n", "p")
