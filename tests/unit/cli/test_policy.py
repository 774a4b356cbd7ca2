"""``zaichang policy``: lists, checks, compares and explains packs, with exit codes that scripts can use."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from zaichang.cli import policy
from zaichang.core.errors import ConfigError
from zaichang.launch.policy_packs import load_pack, pack_bytes, read_pack, shipped_packs
from zaichang.session.policy import policy_digest


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    policy.add_parser(parser.add_subparsers())
    args = parser.parse_args(["policy", *words])
    return int(args.func(args))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_shipped_pack_is_listed_with_its_digest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    listed = lines(capsys)
    assert {each["digest"] for each in listed} == {policy_digest(load_pack(name).policy) for name in shipped_packs()}
    assert run("list") == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == len(listed) and shown[0].split()[0] == shipped_packs()[0]


def test_a_check_fails_for_each_wrong_pack_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[pack]\n")
    assert run("check", str(wrong), "default", "--json") == 1
    first, second = lines(capsys)
    assert (first["ok"], first["pack"], second["ok"], second["name"]) == (False, str(wrong), True, "default")
    assert str(first).count("policy.") == 1
    assert run("check", "default") == 0
    assert policy_digest(load_pack("default").policy) in capsys.readouterr().out
    assert run("check", str(wrong)) == 1
    assert str(wrong) in capsys.readouterr().err


def test_a_check_says_what_a_weak_pack_leaves_open(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "driver-training-like") == 0
    shown = capsys.readouterr().out
    assert "may earn up to about 100 % of the time" in shown and "a recording of the learner" in shown
    assert run("check", "driver-training-like", "default", "--json") == 0
    weak, usual = lines(capsys)
    assert len(str(weak["warnings"])) > len(str(usual["warnings"])) > 2
    assert run("explain", "traffic-points-like") == 0
    assert "Warning / 注意: No movement checks" in capsys.readouterr().out
    assert run("explain", "demo", "--json") == 0
    [explained] = lines(capsys)
    assert "No attack detection" in str(explained["warnings"]) and "活体检测" in str(explained["warnings"])


def test_a_pack_differs_from_another_one_and_not_from_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("diff", "default", "default") == 0
    assert capsys.readouterr().out == ""
    assert run("diff", "default", "demo", "--json") == 1
    [rows] = lines(capsys)
    assert isinstance(rows, list) and rows
    left, right = load_pack("default").policy, load_pack("demo").policy
    for each in rows:
        assert each["field"] not in ("name", "version") and each["left"] != each["right"]
        for side, pack in (("left", left), ("right", right)):
            value = getattr(pack, each["field"])
            assert each[side] == (list(value) if isinstance(value, tuple) else value)


def test_a_rules_clause_stands_below_its_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("diff", "default", "cq-pharmacist-2025") == 1
    shown = capsys.readouterr().out
    cites = dict(load_pack("cq-pharmacist-2025").cite)
    differing = {line.split(":")[0] for line in shown.splitlines() if not line.startswith(" ")}
    assert differing & set(cites), "the pack cites a rule that differs"
    assert all(f"    {cites[name]}" in shown for name in differing & set(cites))


def test_an_explanation_is_in_both_languages_with_its_basis(capsys: pytest.CaptureFixture[str]) -> None:
    pack = load_pack("traffic-points-like")
    assert run("explain", "traffic-points-like") == 0
    shown = capsys.readouterr().out
    for text in (pack.title_zh, pack.title_en, pack.basis, policy_digest(pack.policy), f"{pack.appeal_hours} hours"):
        assert text in shown
    assert ("Comparable rule" in shown) is pack.comparable
    assert run("explain", "traffic-points-like", "--json") == 0
    [told] = lines(capsys)
    assert told["digest"] == policy_digest(pack.policy) and set(told["rules"]) == {"zh", "en"}  # type: ignore[call-overload]


@pytest.mark.parametrize("name", shipped_packs())
def test_a_shown_pack_is_its_file_and_loads_again(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("show", name) == 0
    copy = tmp_path / "copy.toml"
    copy.write_text(capsys.readouterr().out)
    assert copy.read_bytes() == pack_bytes(name)
    assert load_pack(str(copy)) == load_pack(name)
    assert run("show", name, "--json") == 0
    [tables] = lines(capsys)
    assert read_pack(tables, "json") == load_pack(name)


def test_an_explanation_and_a_check_tell_the_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.toml"
    text = pack_bytes("cq-pharmacist-2025").decode().replace('"cq-pharmacist-2025"', '"mine"\nbase = "sc-cme-2025"', 1)
    mine.write_text(text)
    assert run("check", str(mine), "--json") == 0
    assert lines(capsys)[0]["base"] == "sc-cme-2025"
    assert run("explain", str(mine)) == 0
    assert "come from / 未写明的规则取自: sc-cme-2025" in capsys.readouterr().out


def test_an_unknown_pack_is_refused() -> None:
    for action in ("explain", "show"):
        with pytest.raises(ConfigError):
            run(action, "no-such-pack")
