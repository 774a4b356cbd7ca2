"""A scenario's result: its sums, its times since the start, and the JSON that tools read."""

from __future__ import annotations

import json

from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import Minute, Verdict
from zaichang_simulation.result import CaseResult, Result, SessionResult, minute_result

EPOCH_MS = 1_700_000_000_000
MINUTE = Minute(
    index=1, from_ms=EPOCH_MS + 60_000, to_ms=EPOCH_MS + 120_500, verdict=Verdict.INDETERMINATE,
    verified=((0, 4_000), (9_000, 10_000)), undecided=((4_000, 9_000),), reasons=(ReasonCode.NO_FACE,),
)  # fmt: skip
SESSION = SessionResult(
    client="main", session_id="s1", minutes=(minute_result(MINUTE),), final=None, undecided_ms=5_000,
    indicators=(("LIVENESS_FAILED", 2),), reasons=("NO_FACE",), replay_equal=True, granted_ms=700,
)  # fmt: skip
RESULT = Result(
    name="x", epoch_ms=EPOCH_MS, duration_ms=1, sessions=(SESSION, SESSION), claimed_ms=9, played_ms=8, honest_ms=7,
    refusals=(("main", "token.used"),), cases=(CaseResult(kind="account", learner="p", reasons=(("X", 4),)),),
)  # fmt: skip


def test_a_minute_keeps_its_verdicts_name_intervals_and_codes() -> None:
    minute = minute_result(MINUTE)
    assert (minute.verdict, minute.verified_ms, minute.reasons) == ("INDETERMINATE", 5_000, ("NO_FACE",))
    assert (minute.verified, minute.undecided) == (MINUTE.verified, MINUTE.undecided)
    assert (minute.index, minute.from_ms, minute.to_ms) == (1, MINUTE.from_ms, MINUTE.to_ms)


def test_sums_are_over_minutes_later_grants_and_sessions() -> None:
    assert SESSION.verified_ms == 5_700
    assert (RESULT.verified_ms, RESULT.undecided_ms) == (11_400, 10_000)


def test_only_a_result_without_findings_passed() -> None:
    assert RESULT.passed
    failed = Result(
        name="x", epoch_ms=0, duration_ms=1, sessions=(), claimed_ms=0, played_ms=0, honest_ms=0, findings=("wrong",)
    )
    assert not failed.passed and failed.as_dict()["findings"] == ["wrong"]


def test_the_json_counts_seconds_from_the_scenarios_start() -> None:
    told = json.loads(json.dumps(RESULT.as_dict()))
    assert (told["verified_ms"], told["passed"], len(told["sessions"])) == (11_400, True, 2)
    assert told["refusals"] == [{"client": "main", "code": "token.used"}]
    assert told["cases"] == [{"kind": "account", "learner": "p", "reasons": {"X": 4}}]
    [minute] = told["sessions"][0]["minutes"]
    assert (minute["from_s"], minute["to_s"], minute["verified"]) == (60.0, 120.5, [[0, 4_000], [9_000, 10_000]])
    assert told["sessions"][0]["indicators"] == {"LIVENESS_FAILED": 2}
    assert RESULT.since_s(None) is None
