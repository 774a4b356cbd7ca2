"""What came out of a scenario, and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zaichang.session.decisions import (
    Decision,
    Minute,
    OrderCapture,
    OrderChallenge,
    OrderLiveness,
    OrderPause,
    OrderResume,
    OrderSeek,
)
from zaichang.session.playhead import IntervalSet


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteResult:
    """One minute.

    Attributes:
        index: 0, 1, 2, ...
        from_ms: Server time at which it began; None where a running service did not say.
        to_ms: Server time at which it ended, likewise.
        verdict: VERIFIED, REFUSED or INDETERMINATE.
        verified_ms: Verified media time.
        verified: The exact intervals; empty where a running service did not say.
        undecided: What a person may still grant.
        reasons: Codes, in order.
    """

    index: int
    from_ms: int | None
    to_ms: int | None
    verdict: str
    verified_ms: int
    verified: IntervalSet = ()
    undecided: IntervalSet = ()
    reasons: tuple[str, ...] = ()


def minute_result(minute: Minute) -> MinuteResult:
    """Return a stored minute as a result."""
    return MinuteResult(
        index=minute.index,
        from_ms=minute.from_ms,
        to_ms=minute.to_ms,
        verdict=minute.verdict.name,
        verified_ms=minute.verified_ms,
        verified=minute.verified,
        undecided=minute.undecided,
        reasons=tuple(reason.value for reason in minute.reasons),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order of the service.

    Attributes:
        at_ms: Server time.
        order: ``capture``, ``challenge``, ``movements``, ``pause``, ``resume`` or ``seek``.
        what: The capture's or challenge's identifier, with a challenge's kind; empty otherwise.
        reason: Why; of a capture: for which reason the learner is asked; empty: none.
    """

    at_ms: int
    order: str
    what: str = ""
    reason: str = ""


def ordered(at_ms: int, decision: Decision) -> Ordered | None:
    """Return a decision as an order; None where it is none."""
    match decision:
        case OrderCapture(capture_id=capture_id, prompt=prompt):
            return Ordered(at_ms=at_ms, order="capture", what=capture_id, reason=prompt or "")
        case OrderChallenge(challenge_id=challenge_id, kind=kind):
            return Ordered(at_ms=at_ms, order="challenge", what=f"{challenge_id} {kind}")
        case OrderLiveness(challenge_id=challenge_id, attempt=attempt):
            return Ordered(at_ms=at_ms, order="movements", what=f"{challenge_id} {attempt}")
        case OrderPause(reason=reason):
            return Ordered(at_ms=at_ms, order="pause", reason=reason)
        case OrderSeek(reason=reason):
            return Ordered(at_ms=at_ms, order="seek", reason=reason)
        case OrderResume():
            return Ordered(at_ms=at_ms, order="resume")
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResult:
    """One session.

    Attributes:
        client: Which client ran it.
        session_id: The service's identifier.
        minutes: Its minutes.
        final: The reason of its end, or None where it is still open.
        undecided_ms: What a person may still grant.
        indicators: Final indicators with their counts.
        reasons: Every reason that appeared, sorted.
        replay_equal: Whether the stored events give the stored minutes and end again.
        orders: The service's orders; empty where a running service did not say.
        excuses: Excuses used, as the rules count them; None likewise.
        close_code: With which the service closed the session's last connection; None where it did not.
        granted_ms: What a delivery log that came after the end granted, by a new entry.
    """

    client: str
    session_id: str
    minutes: tuple[MinuteResult, ...]
    final: str | None
    undecided_ms: int
    indicators: tuple[tuple[str, int], ...]
    reasons: tuple[str, ...]
    replay_equal: bool
    granted_ms: int = 0
    orders: tuple[Ordered, ...] = ()
    excuses: int | None = None
    close_code: int | None = None

    @property
    def verified_ms(self) -> int:
        """Verified media time, exactly."""
        return sum(minute.verified_ms for minute in self.minutes) + self.granted_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """A case for a person, beside those of single sessions.

    Attributes:
        kind: ``account``, ``device`` or ``address``.
        learner: Whose account, or empty.
        reasons: Codes with their counts.
    """

    kind: str
    learner: str
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A whole scenario.

    Attributes:
        name: Of the scenario.
        epoch_ms: Server time at the scenario's start.
        duration_ms: How long it took, in its own time.
        sessions: In the order in which they began.
        claimed_ms: Media time that the clients reported as played.
        played_ms: Media time that their players really played.
        honest_ms: What a fair observer would have credited.
        refusals: Client and code, where the service refused to go on.
        cases: What a person finds in the queue about accounts, devices and addresses.
        findings: What did not come out as expected; empty: passed.
    """

    name: str
    epoch_ms: int
    duration_ms: int
    sessions: tuple[SessionResult, ...]
    claimed_ms: int
    played_ms: int
    honest_ms: int
    refusals: tuple[tuple[str, str], ...] = ()
    cases: tuple[CaseResult, ...] = ()
    findings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything expected came out."""
        return not self.findings

    @property
    def verified_ms(self) -> int:
        """Over all sessions."""
        return sum(session.verified_ms for session in self.sessions)

    @property
    def undecided_ms(self) -> int:
        """Over all sessions."""
        return sum(session.undecided_ms for session in self.sessions)

    def since_s(self, at_ms: int | None) -> float | None:
        """Return a server time as seconds since the scenario's start."""
        return None if at_ms is None else (at_ms - self.epoch_ms) / 1000

    def as_dict(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints (docs/simulation.md)."""
        return {
            "name": self.name,
            "passed": self.passed,
            "findings": list(self.findings),
            "verified_ms": self.verified_ms,
            "undecided_ms": self.undecided_ms,
            "claimed_ms": self.claimed_ms,
            "played_ms": self.played_ms,
            "honest_ms": self.honest_ms,
            "duration_ms": self.duration_ms,
            "refusals": [{"client": client, "code": code} for client, code in self.refusals],
            "cases": [
                {"kind": case.kind, "learner": case.learner, "reasons": dict(case.reasons)} for case in self.cases
            ],
            "sessions": [self._session(session) for session in self.sessions],
        }

    def _session(self, session: SessionResult) -> dict[str, Any]:
        return {
            "client": session.client,
            "session_id": session.session_id,
            "verified_ms": session.verified_ms,
            "undecided_ms": session.undecided_ms,
            "granted_ms": session.granted_ms,
            "final": session.final,
            "reasons": list(session.reasons),
            "indicators": dict(session.indicators),
            "replay_equal": session.replay_equal,
            "excuses": session.excuses,
            "close_code": session.close_code,
            "orders": [
                {"at_s": self.since_s(each.at_ms), "order": each.order, "what": each.what, "reason": each.reason}
                for each in session.orders
            ],
            "minutes": [
                {
                    "index": minute.index,
                    "from_s": self.since_s(minute.from_ms),
                    "to_s": self.since_s(minute.to_ms),
                    "verdict": minute.verdict,
                    "verified_ms": minute.verified_ms,
                    "verified": [list(interval) for interval in minute.verified],
                    "undecided": [list(interval) for interval in minute.undecided],
                    "reasons": list(minute.reasons),
                }
                for minute in session.minutes
            ],
        }
