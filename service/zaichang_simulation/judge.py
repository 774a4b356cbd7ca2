"""Compares the result with the expectation."""

from __future__ import annotations

from collections.abc import Iterable

from zaichang_simulation.format.scenario import ExpectPeriod, ExpectSession, ExpectTable, Scenario
from zaichang_simulation.format.types import to_ms
from zaichang_simulation.result import Result, SessionResult


def judge(scenario: Scenario, result: Result) -> tuple[str, ...]:
    """Return a sentence for everything that did not come out as expected; a replay that differs always counts."""
    findings = [f"the replay of {each.client}'s session differs" for each in result.sessions if not each.replay_equal]
    findings += _whole(scenario.expect, result)
    for expected in scenario.expect_session:
        mine = [each for each in result.sessions if each.client == expected.client]
        findings += [f"client {expected.client}: {finding}" for finding in _session(expected, mine)]
    for period in scenario.expect_period:
        where = f"client {period.client}, {period.from_s:g} to {period.until_s:g} s: "
        findings += [where + finding for finding in _period(period, result)]
    return tuple(findings)


def _seconds(verified_ms: int, least_s: float | None, most_s: float | None) -> list[str]:
    found: list[str] = []
    if least_s is not None and verified_ms < to_ms(least_s):
        found.append(f"verified {verified_ms / 1000:.1f} s, expected at least {least_s:g} s")
    if most_s is not None and verified_ms > to_ms(most_s):
        found.append(f"verified {verified_ms / 1000:.1f} s, expected at most {most_s:g} s")
    return found


def _reasons(seen: Iterable[str], wanted: Iterable[str], unwanted: Iterable[str]) -> list[str]:
    had = set(seen)
    return [f"{code} did not appear" for code in wanted if code not in had] + [
        f"{code} appeared" for code in unwanted if code in had
    ]


def _all_reasons(sessions: Iterable[SessionResult]) -> set[str]:
    return {reason for session in sessions for reason in session.reasons}


def _whole(expect: ExpectTable, result: Result) -> list[str]:
    sessions = result.sessions
    found = _seconds(result.verified_ms, expect.verified_s_min, expect.verified_s_max)
    gain_ms = result.verified_ms - result.honest_ms
    if expect.gain_s_max is not None and gain_ms > to_ms(expect.gain_s_max):
        found.append(
            f"{gain_ms / 1000:.1f} s were credited beyond the honest time, at most {expect.gain_s_max:g} s may"
        )
    loss_ms = result.honest_ms - result.verified_ms - result.undecided_ms
    if expect.loss_s_max is not None and loss_ms > to_ms(expect.loss_s_max):
        found.append(f"{loss_ms / 1000:.1f} s of honest time are lost, at most {expect.loss_s_max:g} s may")
    if expect.undecided_s_max is not None and result.undecided_ms > to_ms(expect.undecided_s_max):
        found.append(f"{result.undecided_ms / 1000:.1f} s are in review, expected at most {expect.undecided_s_max:g} s")
    found += _reasons(_all_reasons(sessions), expect.reasons, expect.reasons_absent)
    if expect.final is not None:
        found += _final(expect.final, sessions)
    indicators = {reason for each in sessions for reason, _ in each.indicators}
    found += [f"the indicator {code} was not raised" for code in expect.indicators if code not in indicators]
    if expect.claimed_s_min is not None and result.claimed_ms < to_ms(expect.claimed_s_min):
        found.append(f"{result.claimed_ms / 1000:.1f} s were claimed, expected at least {expect.claimed_s_min:g} s")
    cases = {code for case in result.cases for code, _ in case.reasons}
    found += [f"there is no case of {code} for a person" for code in expect.cases if code not in cases]
    found += [f"there is a case of {code} for a person" for code in expect.cases_absent if code in cases]
    refused = {code for _, code in result.refusals}
    found += [f"no client was refused with {code}" for code in expect.refusals if code not in refused]
    if expect.sessions is not None and len(sessions) != expect.sessions:
        found.append(f"there were {len(sessions)} sessions, expected {expect.sessions}")
    if expect.closed is not None:
        open_ones = sum(each.final is None for each in sessions)
        if expect.closed and open_ones:
            found.append(f"{open_ones} sessions are still open")
        if not expect.closed and not open_ones:
            found.append("every session is closed")
    return found


def _final(expected: str, sessions: tuple[SessionResult, ...] | list[SessionResult]) -> list[str]:
    final = sessions[-1].final if sessions else None
    said = final if final is not None else "nothing"
    return [] if said == expected else [f"the session ended with {said}, expected {expected}"]


def _session(expect: ExpectSession, sessions: list[SessionResult]) -> list[str]:
    verified_ms = sum(each.verified_ms for each in sessions)
    found = _seconds(verified_ms, expect.verified_s_min, expect.verified_s_max)
    found += _reasons(_all_reasons(sessions), expect.reasons, expect.reasons_absent)
    return found + (_final(expect.final, sessions) if expect.final is not None else [])


def _period(expect: ExpectPeriod, result: Result) -> list[str]:
    from_ms, until_ms = result.epoch_ms + to_ms(expect.from_s), result.epoch_ms + to_ms(expect.until_s)
    minutes = [
        minute
        for each in result.sessions
        if each.client == expect.client
        for minute in each.minutes
        if minute.from_ms is not None and from_ms <= minute.from_ms < until_ms
    ]
    found = _seconds(sum(each.verified_ms for each in minutes), expect.verified_s_min, expect.verified_s_max)
    reasons = {reason for minute in minutes for reason in minute.reasons}
    found += _reasons(reasons, expect.reasons, expect.reasons_absent)
    if expect.verdicts:
        others = sorted({minute.verdict for minute in minutes} - set(expect.verdicts))
        found += [f"a minute was {verdict}, expected {', '.join(expect.verdicts)}" for verdict in others]
    return found
