"""The schedule's two halves: committed to at the start, revealed at the end, and used by the session."""

from __future__ import annotations

from typing import Any

import pytest

from support import evidence_bundle as sample_of
from support.evidence_bundle import NONCE, SECRET
from zaichang.audit.check import Check, Status
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes
from zaichang.session.schedule import client_commitment
from zaichang.tlog.trust import parse_trust

TRUST = parse_trust(f"log {sample_of.SIGNER.vkey}\nquorum none\n".encode())


BOTH = {"s": SECRET.hex(), "r": NONCE, "level": 1}


OTHER = "07" * 16


def about_schedule(**parts: Any) -> list[Check]:
    checks = verify_bundle(sample_of.sample(**parts).data, TRUST)
    return [check for check in checks if check.check == "schedule"]


def wrong(**parts: Any) -> set[tuple[str | None, str | None]]:
    found = about_schedule(**parts)
    assert all(check.status is Status.FAIL for check in found)
    return {(check.code, check.field) for check in found}


def test_both_halves_as_committed_to_are_level_1() -> None:
    (check,) = about_schedule()
    assert (check.status, check.message) == (Status.PASS, "Level 1.")


def test_without_a_client_s_commitment_it_is_level_0() -> None:
    (check,) = about_schedule(committed="", sched={"s": SECRET.hex(), "level": 0})
    assert (check.status, check.message) == (Status.PASS, "Level 0.")


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ({"sched": {**BOTH, "s": "06" * 32}}, {"sched"}),
        ({"sched": {**BOTH, "r": OTHER}}, {"client_nonce_c"}),
        ({"committed": OTHER}, {"client_nonce_c"}),
        ({"committed": ""}, {"client_nonce_c", "level"}),
        ({"sched": {"s": SECRET.hex(), "level": 0}}, {"client_nonce_c"}),
        ({"sched": {"s": SECRET.hex(), "level": 1}}, {"client_nonce_c", "level"}),
        ({"sched": {**BOTH, "level": 0}}, {"level"}),
        ({"sched": {**BOTH, "level": 2}}, {"level"}),
        ({"sched": {**BOTH, "level": 1, "b": "08" * 32}}, {"level"}),
        ({"sched": {}}, {"sched"}),
    ],
)
def test_what_was_not_committed_to_is_a_finding(parts: dict[str, Any], fields: set[str]) -> None:
    assert wrong(**parts) == {("E_SCHED", field) for field in fields}


def test_a_nonce_that_never_came_is_no_finding_where_nothing_counted() -> None:
    nothing = {"segments": ((12, "FFU"),), "sched": {"s": SECRET.hex(), "level": 0}}
    (check,) = about_schedule(**nothing)
    assert (check.status, check.message) == (Status.PASS, "Level 0.")


@pytest.mark.parametrize(
    ("changed", "field"), [({}, None), ({"seed": "06" * 32}, "seed"), ({"client_nonce_c": "06" * 32}, "client_nonce_c")]
)
def test_the_session_must_have_run_on_what_its_leaves_say(changed: dict[str, str], field: str | None) -> None:
    start = {"e": "SessionStarted", "seed": SECRET.hex(), "client_nonce_c": client_commitment(NONCE), **changed}
    (check,) = about_schedule(opened={0: canonical_bytes(start)})
    assert (check.code, check.field, check.event) == (("E_SCHED", field, 0) if field else (None, None, None))
