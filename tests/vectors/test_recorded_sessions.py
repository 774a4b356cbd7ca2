"""Every scenario's sessions, recorded once: the same events give the same decisions and leaves, byte for byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from support.recorded import (
    MARK_DIGITS,
    SCHEMA_2,
    Digests,
    Recording,
    digests,
    load_digests,
    load_recordings,
    scenario_names,
)
from zaichang.core.canonical import canonical_bytes
from zaichang.session.policy import policy_to_mapping

DIGESTS = load_digests()
OLDER_DIGESTS = load_digests(SCHEMA_2)
TESTS = Path(__file__).resolve().parents[1]
NEW = "record new scenarios with: python -m tests.support.record_sessions --missing"


def test_every_scenario_is_recorded() -> None:
    paths = [path for folder in ("redteam", "honest") for path in (TESTS / folder).rglob("*.toml")]
    names = {path.relative_to(TESTS).with_suffix("").as_posix() for path in paths if path.parent.name != "pending"}
    assert names == set(load_recordings()) == set(DIGESTS), NEW


@pytest.mark.parametrize("name", scenario_names())
def test_a_recorded_session_is_decided_as_it_was(name: str) -> None:
    _decided_as_it_was(load_recordings()[name], DIGESTS[name])


@pytest.mark.parametrize("name", scenario_names(SCHEMA_2))
def test_a_session_of_schema_2_is_decided_as_it_was(name: str) -> None:
    recording = load_recordings(SCHEMA_2)[name]
    assert recording.rules.schema == 2
    _decided_as_it_was(recording, OLDER_DIGESTS[name])


def test_sessions_of_schema_2_hold_the_geometry_of_their_tries() -> None:
    tries = [
        event
        for recording in load_recordings(SCHEMA_2).values()
        for session in recording.sessions
        for event in session
        if event["e"] == "LivenessAssessed"
    ]
    assert len(tries) > 10
    assert all("geometry" in event for event in tries)


def _decided_as_it_was(recording: Recording, expected: list[Digests]) -> None:
    policy = recording.rules
    assert len(recording.sessions) == len(expected)
    for session, wanted in zip(recording.sessions, expected, strict=True):
        found = digests(session, policy)
        assert found.events == wanted.events
        assert _first_difference(found.marks, wanted.marks) is None, "the first event whose decisions differ"
        assert found.decisions == wanted.decisions
        assert found.leaves == wanted.leaves


@pytest.mark.parametrize("name", scenario_names())
def test_a_recorded_policy_keeps_its_digest(name: str) -> None:
    """Fields that come later have defaults; those that a record was made under still give the digest it carries."""
    recording = load_recordings()[name]
    now = policy_to_mapping(recording.rules)
    then = {field: now[field] for field in recording.policy}
    digest = hashlib.sha256(canonical_bytes(then)).hexdigest()
    assert {session[0]["policy_digest"] for session in recording.sessions} == {digest}


def test_one_changed_report_changes_the_digests() -> None:
    recording = load_recordings()["honest/plain"]
    (session,) = recording.sessions
    before = digests(session, recording.rules)
    place = next(n for n, each in enumerate(session) if n > 60 and each["e"] == "HeartbeatReceived")
    changed = list(session)
    changed[place] = {**session[place], "playhead_ms": session[place]["playhead_ms"] - 400}
    after = digests(changed, recording.rules)
    assert after.events != before.events
    assert after.decisions != before.decisions
    assert after.leaves != before.leaves
    assert _first_difference(after.marks, before.marks) == place


def _first_difference(left: str, right: str) -> int | None:
    starts = range(0, max(len(left), len(right)), MARK_DIGITS)
    return next((at // MARK_DIGITS for at in starts if left[at:][:MARK_DIGITS] != right[at:][:MARK_DIGITS]), None)
