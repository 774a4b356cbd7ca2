"""A bundle from before policies held the limits of liveness and events its geometry: it verifies and replays."""

from __future__ import annotations

from pathlib import Path

from zaichang.audit.check import exit_code
from zaichang.audit.reading.bundle_reader import read_bundle
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import parse_canonical_object
from zaichang.session.policy import policy_from_mapping
from zaichang.tlog.trust import parse_trust

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "bundles"
BUNDLE = (VECTORS / "before-geometry.bundle").read_bytes()
TRUST = parse_trust((VECTORS / "before-geometry.trust").read_bytes())


def test_it_verifies_and_replays() -> None:
    checks = verify_bundle(BUNDLE, TRUST, replay_by_rules)
    assert exit_code(checks) == 0, [check for check in checks if check.code]
    assert any(check.check == "replay" and "4 minutes recomputed" in check.message for check in checks)


def test_its_policy_is_of_the_first_schema_and_its_movements_have_no_geometry() -> None:
    bundle, bad = read_bundle(BUNDLE)
    assert not bad
    (document,) = bundle.policies
    assert policy_from_mapping(parse_canonical_object(document)).schema == 1
    tries = [opening.payload for opening in bundle.openings if b'"LivenessAssessed"' in opening.payload]
    assert tries and not any(b"geometry" in payload for payload in tries)
