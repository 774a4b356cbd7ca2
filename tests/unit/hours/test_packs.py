"""Packs of hour rules: the shipped ones, and files of one's own."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

import pytest

from zaichang.core.errors import ConfigError
from zaichang.hours.packs import PACK_MAX_BYTES, load_rules, parse_rules, shipped_rules


def test_five_packs_are_shipped() -> None:
    assert shipped_rules() == ("article-001", "cq-cme-2017", "cq-pharmacist-2025", "cs-cme-2022", "sc-cme-2025")
    assert [name for name in shipped_rules() if load_rules(name).example] == ["article-001"]


@pytest.mark.parametrize("name", shipped_rules())
def test_each_number_names_its_clause_or_is_our_choice(name: str) -> None:
    rules = load_rules(name)
    for cite in (
        *(need.cite for need in rules.needs),
        *(item.cite for item in rules.items),
        *dict(rules.cites).values(),
    ):
        assert "our choice" in cite.lower() or any(mark in cite for mark in "第（：一二三四五六七八九十问学")


def test_the_text_s_hash_is_the_regulation_s(shared: Path) -> None:
    texts = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (shared / "regulations").glob("*.txt")}
    assert {load_rules(name).text_sha256 for name in shipped_rules()} == texts


def test_a_pack_by_its_path(tmp_path: Path) -> None:
    data = (resources.files("zaichang") / "policies" / "hours" / "sc-cme-2025.toml").read_bytes()
    own = tmp_path / "own.toml"
    own.write_bytes(data)
    assert load_rules(str(own)) == load_rules("sc-cme-2025")


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"x" * (PACK_MAX_BYTES + 1), "hours.unreadable"), (b"[", "hours.unreadable"), (b"\xff", "hours.unreadable")],
)
def test_what_is_no_pack(data: bytes, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rules(data, "own.toml")
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["moon", "/nowhere/own.toml"])
def test_a_pack_that_is_not_there(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_rules(name)
    assert caught.value.code == "hours.not_found"
