"""Kept bundles of each version of the rules verify and replay; other versions are undecided, never a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.audit.bundle import Bundle, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.reading.bundle_reader import read_bundle
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.verify import verify_bundle
from zaichang.core import rules_version
from zaichang.core.rules_version import CURRENT, OLDEST, RulesVersion, rules_from
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.schema import SCHEMAS
from zaichang.tlog.trust import parse_trust

KEPT = Path(__file__).resolve().parents[2] / "vectors" / "bundles"
NAMED = "rules-1.1.1"


def kept(name: str) -> tuple[bytes, Bundle]:
    data = (KEPT / f"{name}.bundle").read_bytes()
    bundle, bad = read_bundle(data)
    assert not bad
    return data, bundle


def check(name: str, data: bytes) -> list[Check]:
    return verify_bundle(data, parse_trust((KEPT / f"{name}.trust").read_bytes()), replay_by_rules)


def version_of(bundle: Bundle) -> RulesVersion:
    (start,) = (value for leaf in bundle.leaves if (value := parse_leaf(leaf.leaf))["t"] == "session.start")
    found = rules_from(start.get("rules"))
    assert found is not None
    return found


NAMES = sorted(path.stem for path in KEPT.glob("*.bundle"))


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_bundle_verifies_and_replays(name: str) -> None:
    checks = check(name, kept(name)[0])
    assert exit_code(checks) == 0, [entry for entry in checks if entry.code]
    assert any(entry.check == "replay" and "minutes recomputed" in entry.message for entry in checks)


def test_each_replayable_version_has_a_kept_bundle() -> None:
    """A number that moves leaves a bundle of the version before behind, and adds one of its own."""
    versions = [version_of(kept(name)[1]) for name in NAMES]
    for part, newest in CURRENT.parts().items():
        assert {version.parts()[part] for version in versions} == set(range(OLDEST.parts()[part], newest + 1)), part


def test_a_version_that_this_release_does_not_replay_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_version, "OLDEST", RulesVersion(session=4))
    monkeypatch.setattr(rules_version, "CURRENT", RulesVersion(session=5))
    checks = check(NAMED, kept(NAMED)[0])
    assert exit_code(checks) == 2
    (found,) = (entry for entry in checks if entry.status is not Status.PASS)
    assert (found.check, found.code) == ("replay", "E_RULES")
    assert "Recorded under session rules 1, this release replays 4 to 5. Verify again with release 0." in found.message


def test_a_bundle_that_names_other_rules_than_its_sessions_is_a_finding() -> None:
    data, _ = kept(NAMED)
    altered = data.replace(
        b'{"k":"rules","release":"0.1.0","version":{"hours":1', b'{"k":"rules","release":"0.1.0","version":{"hours":2'
    )
    assert altered != data
    found = [entry for entry in check(NAMED, altered) if entry.status is Status.FAIL]
    assert [(entry.code, entry.field) for entry in found] == [("E_RULES", "rules")]


@pytest.mark.parametrize(
    "line",
    [
        b'{"k":"rules","release":"0.1.0","version":{"hours":0,"liveness":1,"session":1}}',
        b'{"k":"rules","release":"0.1.0"}',
        b'{"k":"rules","release":"\\u001b[2J","version":{"hours":1,"liveness":1,"session":1}}',
    ],
)
def test_a_malformed_line_of_rules_is_named(line: bytes) -> None:
    lines = kept(NAMED)[0].split(b"\n")
    place = next(n for n, entry in enumerate(lines) if entry.startswith(b'{"k":"rules"'))
    lines[place] = line
    assert any(
        entry.check == "format" and entry.field == f"line {place + 1}" for entry in check(NAMED, b"\n".join(lines))
    )


def test_the_events_must_have_run_under_the_named_rules() -> None:
    from dataclasses import replace

    _, bundle = kept(NAMED)
    first = bundle.openings[0]
    changed = first.payload.replace(b'"rules":{"hours":1', b'"rules":{"hours":2')
    assert changed != first.payload
    altered = replace(bundle, openings=(replace(first, payload=changed), *bundle.openings[1:]))
    found = [entry.code for entry in check(NAMED, write_bundle(altered)) if entry.status is Status.FAIL]
    assert "E_RULES" in found


def test_each_version_of_leaves_has_a_kept_bundle() -> None:
    kept_versions = {parse_leaf(leaf.leaf)["v"] for name in NAMES for leaf in kept(name)[1].leaves}
    assert kept_versions == set(SCHEMAS)
