"""One learner account at the service: its sessions of a lesson one after the other, run by the pure core.

It does the work of ``live`` and ``review`` around the core with the same pure functions: earlier credit, the challenge
that is still owed, the media that movements at the next start make up for.
"""

from __future__ import annotations

import random

from zaichang.core import rules_version
from zaichang.core.enums import Route
from zaichang.core.errors import IllegalEvent
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId, SessionId
from zaichang.core.lesson import LessonRef, Terms
from zaichang.session.decisions import Decision, Minute, RecordFinal, RecordMinute
from zaichang.session.events import Event, SessionStarted, Superseded
from zaichang.session.judgements.late_grants import by_liveness, follows, makes_up
from zaichang.session.owners import samples
from zaichang.session.playhead import EMPTY, IntervalSet, difference, normalise, union
from zaichang.session.policy import Policy, policy_digest
from zaichang.session.schedule import client_commitment
from zaichang.session.state import State
from zaichang.session.step import next_deadline_ms, start, step
from zaichang.session.values import Phase

LOOK_BACK = 10
NEVER_MS = 1 << 62


class Account:
    """The sessions of one account.

    Attributes:
        state: Of the last session.
        nonce: Of its client.
    """

    def __init__(self, policy: Policy, chance: random.Random, lesson_ms: int, route: Route) -> None:
        """Begin without a session; ``open`` opens one."""
        self._policy = policy
        self._digest = policy_digest(policy)
        self._chance = chance
        self._lesson = LessonRef(course_id=CourseId("course-1"), lesson_id=LessonId("lesson-1"), duration_ms=lesson_ms)
        self._terms = Terms(route=route)
        self._minutes: list[Minute] = []
        self._left: list[tuple[State, IntervalSet]] = []
        self._granted: IntervalSet = EMPTY
        self._undecided: IntervalSet = EMPTY
        self.nonce = f"{chance.getrandbits(256):064x}"
        self.state: State

    @property
    def closed(self) -> bool:
        """Whether the last session has ended."""
        return self.state.playback.phase is Phase.CLOSED

    @property
    def credited(self) -> IntervalSet:
        """Media credited in all sessions."""
        return union(self.state.credit.credited, self._granted)

    @property
    def undecided(self) -> IntervalSet:
        """Media in review, in all sessions."""
        return difference(union(self._undecided, self.state.credit.undecided), self.credited)

    def open(self, now_ms: int) -> None:
        """Open a session; the one before is superseded where it is still open."""
        credited: IntervalSet = EMPTY
        owed = None
        if hasattr(self, "state"):
            if not self.closed:
                self.apply(Superseded(at_ms=now_ms))
            credited, owed = self.credited, self.state.challenges.owed
            self._undecided = union(self._undecided, self.state.credit.undecided)
        reach_ms = self._policy.session_max_ms
        recent = [
            left
            for state, left in self._left[-LOOK_BACK:]
            if state.info.at_ms + reach_ms >= now_ms and follows(state, self._policy, now_ms, same_lesson=True)
        ]
        self._minutes = []
        self.state, _ = start(
            SessionStarted(
                at_ms=now_ms,
                session_id=SessionId(f"{self._chance.getrandbits(128):032x}"),
                institution_id=InstitutionId("inst-1"),
                learner_id=LearnerId("learner-1"),
                lesson=self._lesson,
                policy_digest=self._digest,
                seed=f"{self._chance.getrandbits(256):064x}",
                client_nonce_c=client_commitment(self.nonce),
                credited=credited,
                resumable=difference(normalise(part for left in recent for part in left), credited),
                owed=owed,
                terms=self._terms,
                rules=rules_version.CURRENT,
                leniency=samples.used(self.state) if hasattr(self, "state") else None,
            ),
            self._policy,
        )

    def apply(self, event: Event) -> tuple[Decision, ...]:
        """Apply an event; refuse one that the phase does not accept, as the gateway does."""
        try:
            self.state, decisions = step(self.state, event, self._policy)
        except IllegalEvent:
            return ()
        for each in decisions:
            if isinstance(each, RecordMinute):
                self._minutes.append(each.minute)
            elif isinstance(each, RecordFinal):
                self._end()
        return decisions

    def due_ms(self) -> int:
        """Return when the session wants to be woken; a closed one never does."""
        due_ms = next_deadline_ms(self.state, self._policy)
        return NEVER_MS if due_ms is None else due_ms

    def _end(self) -> None:
        """Grant what this session's movements make up for; remember what it left itself."""
        for before, left in self._left[-LOOK_BACK:]:
            if makes_up(before, self.state, self._policy):
                self._granted = union(self._granted, left)
        owed = self.state.challenges.owed
        mine = normalise(part for minute in self._minutes for part in by_liveness(minute)) if owed is None else EMPTY
        self._left.append((self.state, mine))
