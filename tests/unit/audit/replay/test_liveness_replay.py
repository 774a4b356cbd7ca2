"""A recorded liveness verdict that does not follow from its recorded geometry is a finding."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from support.desk import POLICY, Desk, started
from support.evidence_folder import INSTITUTION, Recorded, record_session
from support.trying import Sitter, acting, order_at, tried, tried_at
from zaichang.adapters.keys.vault import Vault, load_key
from zaichang.adapters.sql.store import SqliteStore
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import Check, exit_code
from zaichang.audit.replay.liveness_replay import check_liveness
from zaichang.audit.replay.replaying import Divergence
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.verify import verify_bundle
from zaichang.core.reasons import ReasonCode
from zaichang.liveness.record import geometry_of
from zaichang.log.bundles import export_sessions
from zaichang.log.reader import LogReader
from zaichang.main.logs import FolderLogs
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import Event, LivenessAssessed
from zaichang.session.policy import Policy
from zaichang.session.replay import replay
from zaichang.tlog.trust import parse_trust

RULES = replace(POLICY, liveness_start=True, liveness_bracket=True, segment_ms=120_000)


def lied(desk: Desk) -> dict[str, object]:
    """Return a pass of a try at which nothing was done."""
    order = order_at(desk)
    sitter = Sitter(order, policy=RULES, does=lambda _: acting("hold"))
    sitter.run()
    return tried(order, RULES, geometry=geometry_of(sitter.pick, sitter.rows))


def studied(policy: Policy = RULES, moves: object = tried_at) -> list[Event]:
    desk = Desk(info=started(policy), policy=policy, moves=moves)  # type: ignore[arg-type]  # of one parameter
    desk.study(180_000)
    desk.finish()
    return desk.events


def found(events: list[Event], policy: Policy = RULES) -> list[Divergence]:
    return check_liveness(events, replay(events, policy), policy)


def changed(events: list[Event], **changes: object) -> list[Event]:
    """Return the events with the first try changed."""
    at = next(number for number, event in enumerate(events) if isinstance(event, LivenessAssessed))
    return [replace(event, **changes) if number == at else event for number, event in enumerate(events)]


@pytest.fixture(scope="module")
def honest() -> list[Event]:
    events = studied()
    assert sum(isinstance(event, LivenessAssessed) for event in events) >= 2
    return events


def test_an_honest_record_follows_from_its_geometry(honest: list[Event]) -> None:
    assert found(honest) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reasons": (ReasonCode.TOO_DARK,)}, "reasons"),
        ({"steps": ()}, "steps"),
        ({"geometry": None}, "geometry"),
        ({"attempt": 7}, "challenge_id"),
    ],
)
def test_a_changed_verdict_is_named(honest: list[Event], changes: dict[str, object], field: str) -> None:
    (divergence,) = check_liveness(changed(honest, **changes), replay(honest, RULES), RULES)
    assert (divergence.code, divergence.field) == ("E_LIVENESS", field)
    assert divergence.minute == next(n for n, event in enumerate(honest) if isinstance(event, LivenessAssessed))
    assert divergence.expected != divergence.got


@pytest.mark.parametrize("column", ["yaw_cdeg", "pitch_cdeg", "mouth_bp", "sideways_bp", "order", "done_ms"])
def test_changed_geometry_is_named(honest: list[Event], column: str) -> None:
    """Standing still passes nothing; which column tells depends on the order, so all tries are changed."""
    events = [
        replace(event, geometry=replace(event.geometry, **{column: (0,) * len(event.geometry.order)}))
        if isinstance(event, LivenessAssessed) and event.geometry is not None
        else event
        for event in honest
    ]
    codes = {divergence.code for divergence in found(events)}
    ordered = {step.action for event in honest if isinstance(event, LivenessAssessed) for step in event.steps}
    uses = {"yaw_cdeg": "turn", "sideways_bp": "turn", "pitch_cdeg": "look", "mouth_bp": "mouth"}
    concerned = column not in uses or any(uses[column] in action for action in ordered)
    assert codes == ({"E_LIVENESS"} if concerned else set())


def test_a_comparison_that_the_trial_never_asked_for_is_named(honest: list[Event]) -> None:
    order = next(decision for _, decision in replay(honest, RULES).decisions if isinstance(decision, OrderLiveness))
    sitter = Sitter(order, policy=RULES, does=lambda _: acting("hold"))
    verdict = sitter.run().verdict
    assert verdict is not None and verdict.similarity_bp is None
    claimed = {"steps": verdict.steps, "geometry": geometry_of(0, sitter.rows), "similarity_bp": 9_000, "pad_bp": None}
    (divergence,) = check_liveness(changed(honest, **claimed), replay(honest, RULES), RULES)
    assert (divergence.field, divergence.expected, divergence.got) == ("similarity_bp", "(none)", "9000")


def test_geometry_that_stops_short_comes_to_no_verdict(honest: list[Event]) -> None:
    (divergence,) = found(changed(honest, geometry=geometry_of(0, [])))
    assert (divergence.field, divergence.got) == ("geometry", "one that comes to no end")


def test_a_record_without_geometry_is_good_under_the_first_schema_only() -> None:
    for schema, codes in ((1, []), (2, ["E_LIVENESS"])):
        policy = replace(RULES, schema=schema)
        events = studied(policy, lambda desk: {})
        assert {divergence.code for divergence in found(events, policy)} == set(codes)


def test_a_service_that_wrote_a_pass_over_nothing_done_is_found_by_verify(tmp_path: Path) -> None:
    """All hashes and signatures are right, because the operator made the record; its own numbers contradict it."""
    good = checks_of(record_session(tmp_path / "good", 3, policy=RULES, moves=tried_at))
    assert exit_code(good) == 0, [check for check in good if check.code]
    bad = checks_of(record_session(tmp_path / "bad", 3, policy=RULES, moves=lied))
    assert exit_code(bad) == 1
    codes = [check.code for check in bad if check.code]
    assert codes and set(codes) == {"E_LIVENESS"}
    assert any("no_response" in (check.expected or "") and "passed" in (check.got or "") for check in bad)


def checks_of(recorded: Recorded) -> list[Check]:
    async def bundle() -> bytes:
        store = SqliteStore(recorded.folder, inline=True)
        try:
            row = await store.session(recorded.session_id)
            vault = Vault(load_key(recorded.folder, "master.key"))
            return write_bundle(
                await export_sessions(
                    store, vault, LogReader(FolderLogs(recorded.folder).place(INSTITUTION, 2023).published), [row]
                )
            )
        finally:
            store.close()

    return verify_bundle(asyncio.run(bundle()), parse_trust(recorded.trust), replay_by_rules)
