"""The comparison of a scenario's result with its expectations: each one can fail, and says how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from zaichang_simulation.format.scenario import ExpectPeriod, ExpectSession, ExpectTable, Scenario
from zaichang_simulation.judge import judge
from zaichang_simulation.result import CaseResult, MinuteResult, Result, SessionResult

EPOCH_MS = 1_700_000_000_000
MINUTES = (
    MinuteResult(index=0, from_ms=EPOCH_MS, to_ms=EPOCH_MS + 60_000, verdict="VERIFIED", verified_ms=50_000),
    MinuteResult(
        index=1, from_ms=EPOCH_MS + 60_000, to_ms=EPOCH_MS + 120_000, verdict="REFUSED", verified_ms=0,
        reasons=("NO_FACE",),
    ),
)  # fmt: skip
SESSION = SessionResult(
    client="main", session_id="s1", minutes=MINUTES, final="SESSION_FINISHED", undecided_ms=5_000,
    indicators=(("LIVENESS_FAILED", 1),), reasons=("NO_FACE",), replay_equal=True,
)  # fmt: skip
RESULT = Result(
    name="x", epoch_ms=EPOCH_MS, duration_ms=130_000, sessions=(SESSION,), claimed_ms=100_000, played_ms=100_000,
    honest_ms=58_000, refusals=(("main", "token.used"),),
    cases=(CaseResult(kind="account", learner="p", reasons=(("MANY_DEVICES", 4),)),),
)  # fmt: skip


def scenario(**values: Any) -> Scenario:
    return Scenario(format=1, name="x", **values)


@pytest.mark.parametrize(
    ("met", "missed", "said"),
    [
        ({"verified_s_min": 50}, {"verified_s_min": 50.1}, "expected at least 50.1 s"),
        ({"verified_s_max": 50}, {"verified_s_max": 49}, "expected at most 49 s"),
        ({"loss_s_max": 3}, {"loss_s_max": 2}, "3.0 s of "),
        ({"undecided_s_max": 5}, {"undecided_s_max": 4}, "5.0 s are in review"),
        ({"reasons": ("NO_FACE",)}, {"reasons": ("TOO_DARK",)}, "TOO_DARK did not appear"),
        ({"reasons_absent": ("TOO_DARK",)}, {"reasons_absent": ("NO_FACE",)}, "NO_FACE appeared"),
        ({"final": "SESSION_FINISHED"}, {"final": "SUPERSEDED"}, "ended with SESSION_FINISHED, expected SUPERSEDED"),
        ({"indicators": ("LIVENESS_FAILED",)}, {"indicators": ("X",)}, "indicator X was not raised"),
        ({"claimed_s_min": 100}, {"claimed_s_min": 101}, "100.0 s were claimed"),
        ({"cases": ("MANY_DEVICES",)}, {"cases": ("X",)}, "no case of X"),
        ({"cases_absent": ("X",)}, {"cases_absent": ("MANY_DEVICES",)}, "there is a case of MANY_DEVICES"),
        ({"refusals": ("token.used",)}, {"refusals": ("x",)}, "was refused with x"),
        ({"sessions": 1}, {"sessions": 2}, "there were 1 sessions, expected 2"),
        ({"closed": True}, {"closed": False}, "every session is closed"),
    ],
)
def test_each_expectation_of_the_whole(met: Any, missed: Any, said: str) -> None:
    assert judge(scenario(expect=ExpectTable(**met)), RESULT) == ()
    [finding] = judge(scenario(expect=ExpectTable(**missed)), RESULT)
    assert said in finding


def test_what_is_credited_beyond_what_was_honest() -> None:
    gained = replace(RESULT, honest_ms=40_000)
    assert judge(scenario(expect=ExpectTable(gain_s_max=10)), gained) == ()
    [finding] = judge(scenario(expect=ExpectTable(gain_s_max=9)), gained)
    assert finding.startswith("10.0 s were credited beyond")


def test_an_open_session_has_no_end() -> None:
    still = replace(RESULT, sessions=(replace(SESSION, final=None),))
    assert judge(scenario(expect=ExpectTable(closed=False)), still) == ()
    assert judge(scenario(expect=ExpectTable(closed=True)), still) == ("1 sessions are still open",)
    [finding] = judge(scenario(expect=ExpectTable(final="SUPERSEDED")), still)
    assert "ended with nothing" in finding


def test_a_replay_that_differs_always_counts() -> None:
    differs = replace(RESULT, sessions=(replace(SESSION, replay_equal=False),))
    assert judge(scenario(), differs) == ("the replay of main's session differs",)


def test_one_clients_sessions_are_judged_by_themselves() -> None:
    both = replace(RESULT, sessions=(SESSION, replace(SESSION, client="other", minutes=())))
    assert judge(scenario(expect_session=(ExpectSession(client="main", verified_s_min=50),)), both) == ()
    [finding] = judge(scenario(expect_session=(ExpectSession(client="other", verified_s_min=1),)), both)
    assert finding == "client other: verified 0.0 s, expected at least 1 s"
    [finding] = judge(scenario(expect_session=(ExpectSession(client="other", final="X"),)), both)
    assert finding.startswith("client other: the session ended with")


def test_a_period_counts_the_minutes_that_began_in_it() -> None:
    first: dict[str, Any] = {"from_s": 0, "until_s": 60}
    second: dict[str, Any] = {"from_s": 60, "until_s": 120}
    assert (
        judge(scenario(expect_period=(ExpectPeriod(**first, verdicts=("VERIFIED",), verified_s_min=50),)), RESULT) == ()
    )
    assert judge(scenario(expect_period=(ExpectPeriod(**second, reasons=("NO_FACE",)),)), RESULT) == ()
    [finding] = judge(scenario(expect_period=(ExpectPeriod(**second, verdicts=("VERIFIED",)),)), RESULT)
    assert finding == "client main, 60 to 120 s: a minute was REFUSED, expected VERIFIED"
    [finding] = judge(scenario(expect_period=(ExpectPeriod(**first, reasons=("NO_FACE",)),)), RESULT)
    assert finding.endswith("NO_FACE did not appear")
