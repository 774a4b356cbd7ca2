"""Versions of the rules: read from records, and held against what this release replays."""

from __future__ import annotations

import pytest

from zaichang.core import rules_version
from zaichang.core.rules_version import CURRENT, FIRST, RulesVersion, cannot_replay, rules_from


def test_a_record_without_a_version_has_the_first() -> None:
    assert rules_from(None) == FIRST == RulesVersion(session=1, liveness=1, hours=1)


@pytest.mark.parametrize(
    "value",
    [
        {},
        3,
        {"session": 1, "liveness": 1},
        {"session": 0, "liveness": 1, "hours": 1},
        {"session": True, "liveness": 1, "hours": 1},
        {"session": "1", "liveness": 1, "hours": 1},
        {"session": 1, "liveness": 1, "hours": 1, "more": 1},
    ],
)
def test_a_malformed_version_is_none(value: object) -> None:
    assert rules_from(value) is None


def test_a_version_survives_its_plain_form() -> None:
    version = RulesVersion(session=3, liveness=2, hours=7)
    assert rules_from(version.parts()) == version


def test_what_this_release_replays() -> None:
    assert cannot_replay(CURRENT) is None
    assert cannot_replay(FIRST) is None


def test_a_newer_or_dropped_version_is_named_with_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = RulesVersion(session=CURRENT.session + 2)
    reason = cannot_replay(newer, "release 9.1.0") or ""
    assert reason.startswith(f"Recorded under session rules {newer.session}, this release replays")
    assert reason.endswith("Verify again with release 9.1.0.")
    monkeypatch.setattr(rules_version, "OLDEST", RulesVersion(liveness=2))
    monkeypatch.setattr(rules_version, "CURRENT", RulesVersion(liveness=5))
    monkeypatch.setattr(rules_version, "RELEASES", {("liveness", 1): "release 0.4.2"})
    reason = cannot_replay(FIRST) or ""
    assert "liveness rules 1, this release replays 2 to 5. Verify again with release 0.4.2." in reason
    assert "the release that recorded it" in (cannot_replay(RulesVersion(liveness=9)) or "")
