"""A learner's desk on a virtual clock: plays, answers, and obeys the core's orders, unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from zaichang.core.assessment import FaceFinding, FrameAssessment
from zaichang.core.enums import Proof, StepOutcome
from zaichang.core.ids import ChallengeId, CourseId, InstitutionId, LearnerId, LessonId, SessionId
from zaichang.core.lesson import LessonRef
from zaichang.core.passkeys import base64url
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.codec import LESSON_NAMES
from zaichang.session.policy import Policy, policy_digest
from zaichang.session.schedule import client_commitment, heartbeat_nonce
from zaichang.session.state import State
from zaichang.session.step import next_deadline_ms, start, step
from zaichang_simulation.passkeys.authenticator import Authenticator

NONCE = "22" * 16
T0_MS = 1_700_000_000_000
POLICY = Policy(proofs=(Proof.PRESENCE, Proof.IDENTITY))


def good_face(**changes: Any) -> FaceFinding:
    face = FaceFinding(box_px=(100, 80, 120, 140), score_bp=9_000, quality_bp=8_000, similarity_bp=7_500, pad_bp=9_000)
    return replace(face, **changes)


def frame(*faces: FaceFinding, content: str = "", reasons: tuple[ReasonCode, ...] = ()) -> FrameAssessment:
    return FrameAssessment(width_px=480, height_px=360, faces=faces, content=content, reasons=reasons)


def started(policy: Policy = POLICY, **changes: Any) -> e.SessionStarted:
    base = e.SessionStarted(
        at_ms=T0_MS,
        session_id=SessionId("ab" * 16),
        institution_id=InstitutionId("inst-1"),
        learner_id=LearnerId("learner-1"),
        lesson=LessonRef(course_id=CourseId("course-1"), lesson_id=LessonId("lesson-1"), duration_ms=1_800_000),
        policy_digest=policy_digest(policy),
        seed="11" * 32,
        client_nonce_c=client_commitment(NONCE),
    )
    return with_info(base, **changes)


def with_info(info: e.SessionStarted, **changes: Any) -> e.SessionStarted:
    """Return the start with other values, those of its lesson and terms by their recorded names."""
    lesson = {LESSON_NAMES[name]: changes.pop(name) for name in LESSON_NAMES if name in changes}
    terms = {name: changes.pop(name) for name in ("route", "extra_time_pct", "liveness_excluded") if name in changes}
    return replace(info, lesson=replace(info.lesson, **lesson), terms=replace(info.terms, **terms), **changes)


def changed(state: State, **parts: dict[str, Any]) -> State:
    """Return a copy of the state in which some fields of its parts have other values."""
    return put(state.copy(), **parts)


def put(state: State, **parts: dict[str, Any]) -> State:
    """Give some fields of a state's parts other values; return the state.

    Tests set up a situation that events reach only by a long way through here and nowhere else, as the owners are the
    only writers in the source (``tests/unit/session/test_parts_ownership.py``). Values that one event keeps for the
    next are forgotten: they no longer hold.
    """
    kept: dict[str, dict[str, Any]] = {"playback": {"due_ms": 0}, "link": {"next_nonce": ""}}
    for part, values in [*kept.items(), *parts.items()]:
        for name, value in values.items():
            setattr(getattr(state, part), name, value)
    return state


def registered(*passkeys: Authenticator) -> e.Passkeys:
    """Return such passkeys as a session's start records them."""
    keys = (
        e.Passkey(credential_id=each.credential_id, public_key=each.public_key, at_ms=T0_MS - 1) for each in passkeys
    )
    return e.Passkeys(origin="https://learn.example", rp_id="learn.example", keys=tuple(keys))


def begun(
    info: e.SessionStarted, policy: Policy, *, revealed: bool = True
) -> tuple[list[e.Event], State, tuple[d.Decision, ...]]:
    """Return a session whose client has revealed its nonce: its two events, its state, what the reveal decided."""
    state, nothing = start(info, policy)
    assert nothing == ()
    if not revealed:
        return [info], state, nothing
    reveal = e.NonceRevealed(at_ms=info.at_ms, client_nonce=NONCE)
    state, out = step(state, reveal, policy)
    return [info, reveal], state, out


def done(order: d.OrderLiveness, **changes: Any) -> dict[str, Any]:
    """Return the result of a try in which all was done as ordered, each movement half a second after its order."""
    steps = tuple(
        e.LivenessStep(action=action, outcome=StepOutcome.PASSED, onset_ms=500, parallax_bp=900, frames=10)
        for action in order.actions
    )
    return {
        "challenge_id": order.challenge_id, "attempt": order.attempt, "steps": steps, "similarity_bp": 7_000,
        "pad_bp": 9_000, "camera": "cam-1", **changes,
    }  # fmt: skip


@dataclass
class Desk:
    """Drives one session. ``camera(desk)`` gives the frame's assessment, or None for a capture that never arrives.

    ``moves(desk)`` changes the obedient behaviour in a liveness try; None: "ready" is not pressed. ``pledges``: every
    report pledges two frames (rules 4).
    """

    policy: Policy = POLICY
    info: e.SessionStarted = field(default_factory=started)
    camera: Callable[[Desk], FrameAssessment | None] = lambda desk: frame(
        good_face(), content=f"{len(desk.events):016x}"
    )
    reaction_ms: int | None = 3_000
    moves: Callable[[Desk], dict[str, Any]] | None = lambda desk: {}
    rate_bp: int = 10_000
    obeys: bool = True
    online: bool = True
    visible: bool = True
    pledges: bool = False
    passkey: Authenticator = field(default_factory=lambda: Authenticator("learner-1"))

    def __post_init__(self) -> None:
        self.now_ms = self.info.at_ms
        self.events: list[e.Event]
        self.log: list[d.Decision] = []
        self.playhead_ms = 0
        self.playing = False
        self.camera_id = "cam-1"
        self._next_beat_ms = self.now_ms
        self._answers: list[tuple[int, d.OrderChallenge]] = []
        self._moves: list[tuple[int, ChallengeId]] = []
        self._tried: list[tuple[int, d.OrderLiveness]] = []
        self.events, self.state, out = begun(self.info, self.policy)
        self._carry_out(out)

    def send(self, event: e.Event) -> tuple[d.Decision, ...]:
        self.events.append(event)
        self.state, out = step(self.state, event, self.policy)
        self._carry_out(out)
        return out

    def beat(self, **changes: Any) -> tuple[d.Decision, ...]:
        seq = self.state.link.seq + 1
        beat = e.HeartbeatReceived(
            at_ms=self.now_ms,
            seq=seq,
            nonce=heartbeat_nonce(self.info, seq),
            playhead_ms=self.playhead_ms,
            playing=self.playing and not self.ended,
            ended=self.ended,
            rate_bp=self.rate_bp,
            visible=self.visible,
            frames=tuple(f"{seq:062x}{number:02x}" for number in range(2)) if self.pledges else None,
        )
        self._next_beat_ms = self.now_ms + self.policy.heartbeat_ms
        return self.send(replace(beat, **changes))

    @property
    def ended(self) -> bool:
        return self.playhead_ms >= self.info.lesson.duration_ms

    @property
    def closed(self) -> bool:
        return self.final is not None

    @property
    def minutes(self) -> list[d.Minute]:
        return [x.minute for x in self.log if isinstance(x, d.RecordMinute)]

    @property
    def final(self) -> d.Final | None:
        return next((x.final for x in self.log if isinstance(x, d.RecordFinal)), None)

    @property
    def verified_ms(self) -> int:
        return sum(minute.verified_ms for minute in self.minutes)

    def ordered(self, kind: type[d.Decision]) -> list[d.Decision]:
        return [x for x in self.log if isinstance(x, kind)]

    def study(self, span_ms: int, *, timers: bool = True) -> Desk:
        """Let ``span_ms`` pass: heartbeats, timers and answers at their moments."""
        until_ms = self.now_ms + span_ms
        while not self.closed:
            due = [until_ms]
            if self.online:
                due += [self._next_beat_ms, *(at_ms for at_ms, _ in (*self._answers, *self._moves, *self._tried))]
            deadline_ms = next_deadline_ms(self.state, self.policy) if timers else None
            at_ms = max(self.now_ms, min([*due, *([] if deadline_ms is None else [deadline_ms])]))
            if at_ms >= until_ms:
                self._pass_time(until_ms)
                return self
            self._pass_time(at_ms)
            if self.online and at_ms >= self._next_beat_ms:
                self.beat()
            elif self.online and (ready := [x for x in self._answers if x[0] <= at_ms]):
                self._answers.remove(ready[0])
                order = ready[0][1]
                if order.kind == "passkey":
                    self._touch(at_ms, order)
                    continue
                here = order.options[order.labels.index("here")] if order.labels else ""
                answer = order.code or here
                self.send(e.ChallengeAnswered(at_ms=at_ms, challenge_id=order.challenge_id, answer=answer))
            elif self.online and self._moves and self._moves[0][0] <= at_ms:
                self.send(e.LivenessBegun(at_ms=at_ms, challenge_id=self._moves.pop(0)[1]))
            elif self.online and self._tried and self._tried[0][0] <= at_ms:
                order_given = self._tried.pop(0)[1]
                shown = {**done(order_given), "camera": self.camera_id, **(self.moves(self) if self.moves else {})}
                self.send(e.LivenessAssessed(at_ms=at_ms, **shown))
            else:
                self.send(e.DeadlineReached(at_ms=at_ms))
        return self

    def _touch(self, at_ms: int, order: d.OrderChallenge) -> None:
        held = self.info.passkeys
        assert held is not None and order.nonce is not None
        challenge = base64url(bytes.fromhex(order.nonce))
        signed = self.passkey.answer(challenge, origin=held.origin, rp_id=held.rp_id)
        self.send(e.PasskeyAnswered(at_ms=at_ms, challenge_id=order.challenge_id, verified=True, **asdict(signed)))

    def seek(self, to_ms: int) -> Desk:
        self.playhead_ms = to_ms
        self.beat()
        return self

    def finish(self) -> Desk:
        """End the session as the player does: a last report, then the request."""
        if not self.closed and self.online:
            self.beat()
        if self.closed:
            return self
        self.send(e.FinishRequested(at_ms=self.now_ms))
        return self.study(60_000)

    def _pass_time(self, to_ms: int) -> None:
        if self.playing:
            elapsed_ms = (to_ms - self.now_ms) * self.rate_bp // 10_000
            self.playhead_ms = min(self.playhead_ms + elapsed_ms, self.info.lesson.duration_ms)
        self.now_ms = to_ms

    def _carry_out(self, out: tuple[d.Decision, ...]) -> None:
        self.log += out
        for decision in out:
            match decision:
                case d.OrderCapture() if self.online:
                    assessment = self.camera(self)
                    if assessment is not None:
                        self.send(
                            e.CaptureReceived(
                                at_ms=self.now_ms,
                                capture_id=decision.capture_id,
                                nonce=decision.nonce,
                                camera=self.camera_id,
                                digest=decision.frame,
                            )
                        )
                        self.send(
                            e.CaptureAssessed(at_ms=self.now_ms, capture_id=decision.capture_id, assessment=assessment)
                        )
                case d.OrderChallenge(kind="liveness"):
                    if self.moves is not None:
                        self._moves.append((self.now_ms + 1_000, decision.challenge_id))
                case d.ChallengeJudged(accepted=False, closed=False) if self.moves is not None:
                    if self.state.challenges.open is not None and self.state.challenges.open.kind == "liveness":
                        self._moves.append((self.now_ms + 2_000, decision.challenge_id))
                case d.OrderLiveness():
                    self._tried.append((self.now_ms + 8_000, decision))
                case d.OrderChallenge() if self.reaction_ms is not None:
                    self._answers.append((self.now_ms + self.reaction_ms, decision))
                case d.OrderPause() if self.obeys:
                    self.playing = False
                    self._next_beat_ms = self.now_ms
                case d.OrderResume():
                    self.playing = True
                    self._next_beat_ms = self.now_ms
                case d.OrderSeek() if self.obeys:
                    self.playhead_ms = decision.to_ms
                    self._next_beat_ms = self.now_ms
                case _:
                    pass
