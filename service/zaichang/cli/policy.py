"""``zaichang policy check | diff | explain | list | show``."""

from __future__ import annotations

import argparse
import json
from dataclasses import fields

from zaichang.cli.out import say
from zaichang.core.errors import ConfigError
from zaichang.launch.policy_gaps import gaps
from zaichang.launch.policy_packs import Pack, load_pack, pack_bytes, pack_tables, shipped_packs
from zaichang.session.explain import explain_en, explain_zh
from zaichang.session.policy import Policy, policy_digest


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("policy", help="check, compare and explain policy packs")
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="list the shipped packs")
    check = actions.add_parser("check", help="check packs; exit 1 where one is wrong")
    check.add_argument("packs", nargs="+", metavar="PACK", help="a shipped pack's name, or a .toml file")
    diff = actions.add_parser("diff", help="show which rules differ; exit 1 where any does")
    diff.add_argument("left", metavar="PACK")
    diff.add_argument("right", metavar="PACK")
    explain = actions.add_parser("explain", help="explain a pack in words for learners and inspectors")
    explain.add_argument("pack", metavar="PACK")
    show = actions.add_parser("show", help="print a pack's file, to copy and change it")
    show.add_argument("pack", metavar="PACK")
    for action, run in (
        (listing, _list),
        (check, _check),
        (diff, _diff),
        (explain, _explain),
        (show, _show),
    ):
        action.add_argument("--json", action="store_true", help="print JSON")
        action.set_defaults(func=run)


def _list(args: argparse.Namespace) -> int:
    for name in shipped_packs():
        pack = load_pack(name)
        if args.json:
            say(json.dumps(_summary(pack), ensure_ascii=False), whole=True)
        else:
            say(f"{name:22} {policy_digest(pack.policy)[:16]}  {pack.title_zh} / {pack.title_en}")
    return 0


def _check(args: argparse.Namespace) -> int:
    findings = 0
    for name in args.packs:
        try:
            pack = load_pack(name)
        except ConfigError as error:
            findings += 1
            if args.json:
                say(json.dumps({"pack": name, "ok": False, **error.as_dict()}, ensure_ascii=False), whole=True)
            else:
                say(f"{name}: {error}", err=True)
        else:
            if args.json:
                left = [english for _, english in gaps(pack.policy)]
                line = {"pack": name, "ok": True, **_summary(pack), "warnings": left}
                say(json.dumps(line, ensure_ascii=False), whole=True)
            else:
                say(f"{name}: ok, digest {policy_digest(pack.policy)}")
                for _, english in gaps(pack.policy):
                    say(f"  warning: {english}")
    return 1 if findings else 0


def _diff(args: argparse.Namespace) -> int:
    left, right = load_pack(args.left), load_pack(args.right)
    # A pack of an older schema does not write the newer fields, but their defaults are in force.
    before, after = _values(left.policy), _values(right.policy)
    rows = [
        (key, before[key], after[key]) for key in before if before[key] != after[key] and key not in ("name", "version")
    ]
    if args.json:
        say(json.dumps([{"field": key, "left": a, "right": b} for key, a, b in rows], ensure_ascii=False), whole=True)
    else:
        cites = (dict(left.cite), dict(right.cite))
        for key, a, b in rows:
            say(f"{key}: {a} -> {b}")
            for cite in cites:
                if key in cite:
                    say(f"    {cite[key]}")
    return 1 if rows else 0


def _values(policy: Policy) -> dict[str, object]:
    """Return the value in force of every field, in field order; tuples become lists."""
    values = {spec.name: getattr(policy, spec.name) for spec in fields(policy)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _explain(args: argparse.Namespace) -> int:
    pack = load_pack(args.pack)
    if args.json:
        rules = {"zh": explain_zh(pack.policy), "en": explain_en(pack.policy)}
        left = [{"zh": chinese, "en": english} for chinese, english in gaps(pack.policy)]
        shown = {**_summary(pack), "rules": rules, "warnings": left, "cite": dict(pack.sources)}
        say(json.dumps(shown, ensure_ascii=False), whole=True)
        return 0
    for title, lines, appeal in (
        (
            pack.title_zh,
            explain_zh(pack.policy),
            f"对结果有异议，可在 {pack.appeal_hours} 小时内申诉，{pack.answer_working_days} 个工作日内答复。",
        ),
        (
            pack.title_en,
            explain_en(pack.policy),
            f"Appeals: within {pack.appeal_hours} hours, answered in {pack.answer_working_days} working days.",
        ),
    ):
        say(title)
        for line in (*lines, appeal):
            say(f"  - {line}")
        say()
    for chinese, english in gaps(pack.policy):
        say(f"Warning / 注意: {english} / {chinese}")
    say(f"Basis / 依据: {pack.basis}")
    if pack.base:
        say(f"Rules that it does not set come from / 未写明的规则取自: {pack.base}")
    if pack.comparable:
        say("Comparable rule, not a rule of continuing education. / 可比规则，并非继续教育法规。")
    for name, clause in pack.sources:
        say(f"  {name}: {clause}")
    say(f"Digest / 摘要: {policy_digest(pack.policy)}")
    return 0


def _show(args: argparse.Namespace) -> int:
    data = pack_bytes(args.pack)
    tables = pack_tables(data, args.pack)
    if args.json:
        say(json.dumps(tables, ensure_ascii=False, default=str), whole=True)
        return 0
    for line in data.decode().splitlines():
        say(line, whole=True)
    return 0


def _summary(pack: Pack) -> dict[str, object]:
    return {
        "name": pack.policy.name,
        "version": pack.policy.version,
        "digest": policy_digest(pack.policy),
        "title_zh": pack.title_zh,
        "title_en": pack.title_en,
        "basis": pack.basis,
        "base": pack.base,
        "comparable": pack.comparable,
        "appeal_hours": pack.appeal_hours,
        "answer_working_days": pack.answer_working_days,
    }
