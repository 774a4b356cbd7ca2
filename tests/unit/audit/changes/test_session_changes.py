"""Changes of credit with their decisions: an institution that has every key writes leaf and decision as it likes."""

from __future__ import annotations

import pytest

from support.decided import APPEAL, AT, LEAVES, MINUTE, REFUSED, U0, U1, UNDECIDED, Change, checked, honest, void_of
from zaichang.audit.check import Check, Status, exit_code
from zaichang.core.units import ROUND_MS
from zaichang.tlog.merkle import leaf_hash


def messages(checks: list[Check]) -> list[str]:
    return [c.message for c in checks if c.check == "changes" and c.status is Status.PASS]


@pytest.mark.parametrize("keep", ["everything", "records"])
def test_an_honest_decision_passes_without_the_database(keep: str) -> None:
    checks = checked(honest(), keep=keep)
    assert exit_code(checks) == 0
    assert messages(checks) == ["1 later changes, +50000 ms together."]
    refusal = honest(granted=[], outcome="refuse", reason="NOT_SAME_PERSON", verdict="F")
    assert exit_code(checked(refusal, keep=keep)) == 0
    by_service = honest(
        granted=[[4 * MINUTE, 4 * MINUTE + 20_000]], reviewer="service:movements", reason="MOVEMENTS_FOLLOWED"
    )
    rest = honest(granted=[[4 * MINUTE + 20_000, 4 * MINUTE + 50_000]])
    assert exit_code(checked(by_service, rest, keep=keep)) == 0
    back = honest(granted=[], revoked=[[U0, U1]], outcome="revoke", reason="SERVICE_FAULT", verdict="F", proposer="r2")
    assert exit_code(checked(honest(), back, keep=keep)) == 0


def test_an_appeal_may_grant_what_was_played_and_the_sum_is_told() -> None:
    appeal = honest(REFUSED, appeal=APPEAL)
    checks = checked(appeal)
    assert exit_code(checks) == 0
    assert "50000 ms were granted beyond the time that the rules had left to a reviewer." in messages(checks)
    closed = checked(appeal, keep="records")
    assert exit_code(closed) == 2, "without the reports an inspector cannot see whether it was played"


def test_an_invented_appeal_is_printed_and_not_found() -> None:
    checks = checked(honest(REFUSED, appeal={**APPEAL, "text_c": "cd" * 32}))
    assert exit_code(checks) == 0
    assert "1 appeals are behind them, about minutes 2." in messages(checks)


def test_a_void_is_held_against_its_decision() -> None:
    assert exit_code(checked(void_of(2))) == 0
    kept = {"leaf_target": 2, "leaf_target_hash": leaf_hash(LEAVES[2]).hex()}
    for change, field in (({"target": 1}, "target"), ({"reviewer": "service:movements"}, "reason")):
        bad = [c for c in checked({**void_of(2), **kept, **change}) if c.status is Status.FAIL]
        assert [(c.code, c.field) for c in bad] == [("E_AMEND", field)]


def test_a_change_is_not_dated_ahead_of_the_reader_s_clock() -> None:
    far_ms = (AT + 10 * 365 * 86_400_000) // ROUND_MS * ROUND_MS
    ahead = honest(at_ms=far_ms + 5, leaf_at=far_ms)
    bad = [c for c in checked(ahead, now_s=AT // 1_000 + 86_400) if c.status is not Status.PASS]
    assert [(c.code, c.field, c.index) for c in bad] == [("E_TIME_LATE", "at", len(LEAVES))]
    assert exit_code(checked(ahead, now_s=far_ms // 1_000)) == 0


def test_a_decision_that_is_not_opened_is_no_pass() -> None:
    checks = checked(honest(), drop=True)
    assert exit_code(checks) == 2
    assert [(c.code, c.field) for c in checks if c.status is Status.UNDECIDED and c.check == "changes"] == [
        ("E_OPENING", "request")
    ]


ALTERED: list[tuple[str, list[Change], str]] = [
    ("time that the rules had verified", [honest(granted=[[0, 50_000]])], "granted"),
    ("another minute's undecided time", [honest(3, granted=[[U0, U1]])], "granted"),
    ("time after the minute", [honest(granted=[[U0, U1], [900_000, 905_000]])], "granted"),
    ("time that was never played", [honest(REFUSED, granted=[[800_000, 830_000]])], "granted"),
    ("refused time without an appeal", [honest(REFUSED)], "appeal"),
    ("a refused minute without an appeal",
     [honest(granted=[], outcome="refuse", reason="NO_FACE", verdict="F"), honest()], "appeal"),
    ("the same time twice", [honest(), honest()], "granted"),
    ("the same time twice, in another minute", [honest(), honest(3, granted=[[U0, U1]])], "granted"),
    ("a part of it twice", [honest(), honest(granted=[[U0 + 10, U0 + 20]])], "granted"),
    ("more than the minute lasted", [honest(REFUSED, granted=[[100_000, 165_000]])], "granted"),
    ("a leaf of more than the decision", [honest(granted=[[U0, U0 + 1_000]], leaf_delta_ms=50_000)], "delta_ms"),
    ("time taken back that does not count",
     [honest(granted=[], revoked=[[U0, U1]], outcome="revoke", verdict="F", reason="SERVICE_FAULT", proposer="r2")],
     "revoked"),
    ("time taken back by one person",
     [honest(), honest(granted=[], revoked=[[U0, U1]], outcome="revoke", verdict="F", reason="REVOKED_PROXY",
                       proposer="r1")], "proposer"),
    ("time taken back without a proposer",
     [honest(), honest(granted=[], revoked=[[U0, U1]], outcome="revoke", verdict="F", reason="REVOKED_PROXY")],
     "proposer"),
    ("a grant by two people", [honest(proposer="r2")], "proposer"),
    ("a decision about another session", [honest(session="cd" * 16)], "session"),
    ("a decision about another minute", [honest(minute=UNDECIDED, leaf_minute=3)], "minute"),
    ("a decision of another verdict", [honest(leaf_verdict="F", leaf_delta_ms=0, granted=[])], "verdict"),
    ("a decision of another reason", [honest(leaf_reason="SERVICE_FAULT")], "reason"),
    ("a reviewer uses the service's reason", [honest(reason="MOVEMENTS_FOLLOWED")], "reason"),
    ("the service uses a reviewer's reason", [honest(reviewer="service:x")], "reason"),
    ("the service refuses",
     [honest(granted=[], outcome="refuse", reviewer="service:x", reason="NO_FACE", verdict="F")], "reason"),
    ("a refusal that grants", [honest(outcome="refuse", reason="NO_FACE")], "outcome"),
    ("no outcome", [honest(outcome="noted")], "outcome"),
    ("no author", [honest(reviewer="")], "reviewer"),
    ("intervals out of order", [honest(granted=[[U0 + 20, U0 + 30], [U0, U0 + 10]])], "granted"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), [case[1:] for case in ALTERED], ids=[case[0] for case in ALTERED])
def test_an_alteration_of_a_decision_is_found_and_named(changes: list[Change], field: str) -> None:
    checks = checked(*changes)
    assert exit_code(checks) == 1
    bad = [c for c in checks if c.status is Status.FAIL]
    assert {c.code for c in bad} == {"E_AMEND"}
    assert field in {c.field for c in bad}
    assert {c.index for c in bad} == {len(LEAVES) + len(changes) - 1}
