"""A session moved by hand, one event at a time: for tests that need one exact situation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from support.desk import POLICY, begun, done, frame, good_face, put, started
from zaichang.core.assessment import FrameAssessment
from zaichang.core.enums import PasskeyCause
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.policy import Policy
from zaichang.session.schedule import heartbeat_nonce
from zaichang.session.step import next_deadline_ms, step
from zaichang.session.turn import Turn

K = TypeVar("K")


class Hands:
    """Holds the state and the decisions; nothing happens that a test does not do."""

    def __init__(self, policy: Policy = POLICY, *, revealed: bool = True, **info: object) -> None:
        self.policy = policy
        self.info = started(policy, **info)
        self.now_ms = self.info.at_ms
        self.events, self.state, out = begun(self.info, policy, revealed=revealed)
        self.log: list[d.Decision] = list(out)
        self.pictures = 0

    def turn(self) -> Turn:
        """Return a turn on the state itself, to call one function of the core with."""
        return Turn(put(self.state), self.policy, self.now_ms)

    def wait(self, span_ms: int) -> Hands:
        self.now_ms += span_ms
        return self

    def do(self, kind: type[Any], **values: object) -> tuple[d.Decision, ...]:
        event = kind(at_ms=self.now_ms, **values)
        self.state, out = step(self.state, event, self.policy)
        self.events.append(event)
        self.log += out
        return out

    def tick(self, span_ms: int = 0) -> tuple[d.Decision, ...]:
        return self.wait(span_ms).do(e.DeadlineReached)

    def beat(self, playhead_ms: int = 0, *, playing: bool = True, **changes: Any) -> tuple[d.Decision, ...]:
        seq = changes.pop("seq", self.state.link.seq + 1)
        nonce = changes.pop("nonce", heartbeat_nonce(self.info, seq))
        return self.do(e.HeartbeatReceived, seq=seq, nonce=nonce, playhead_ms=playhead_ms, playing=playing, **changes)

    def receive(self, **changes: Any) -> tuple[d.Decision, ...]:
        current = self.state.proofs.round
        assert current is not None
        values = {"capture_id": current.capture_id, "nonce": current.nonce, "camera": "cam-1", **changes}
        return self.do(e.CaptureReceived, **values)

    def picture(self) -> FrameAssessment:
        self.pictures += 1
        return frame(good_face(), content=f"{self.pictures:016x}")

    def capture(self, assessment: FrameAssessment | None = None, **changes: Any) -> tuple[d.Decision, ...]:
        """Answer the outstanding order, after waiting for it."""
        current = self.state.proofs.round
        assert current is not None
        if not current.capture_id:
            out = self.tick(max(0, current.retake_at_ms - self.now_ms))
            current = self.state.proofs.round
            while current is not None and not current.capture_id:  # it rests while a person moves as told
                due_ms = next_deadline_ms(self.state, self.policy) or self.now_ms
                out += self.tick(max(1, due_ms - self.now_ms))
                current = self.state.proofs.round
            if current is None:
                return out  # something else fell due meanwhile
        out = self.receive(**changes)
        shown = self.picture() if assessment is None else assessment
        return out + self.do(e.CaptureAssessed, capture_id=current.capture_id, assessment=shown)

    def round(self, assessment: FrameAssessment | None = None, **changes: Any) -> Hands:
        """Answer a whole round with the same kind of picture."""
        number = self.state.proofs.rounds
        while self.state.proofs.round is not None and self.state.proofs.rounds == number:
            shown = self.picture() if assessment is None else replace(assessment, content=self.picture().content)
            self.capture(shown, **changes)
        return self

    def answer(self, text: str | None = None, after_ms: int = 3_000) -> tuple[d.Decision, ...]:
        challenge = self.state.challenges.open
        assert challenge is not None
        expected = challenge.expected if text is None else text
        return self.wait(after_ms).do(e.ChallengeAnswered, challenge_id=challenge.challenge_id, answer=expected)

    def touch(self, after_ms: int = 2_000, **changes: Any) -> tuple[d.Decision, ...]:
        """Confirm with the passkey that is asked for."""
        challenge = self.state.challenges.open
        assert challenge is not None and challenge.kind == "passkey"
        values = {"challenge_id": challenge.challenge_id, "credential_id": challenge.options[0], "verified": True}
        signed = {"client_data": "e30", "authenticator_data": "AA", "signature": "MEU"}
        return self.wait(after_ms).do(e.PasskeyAnswered, **{**values, **signed, **changes})

    def decline(self, cause: str = "declined", **changes: Any) -> tuple[d.Decision, ...]:
        """Say that no passkey can be used now."""
        challenge = self.state.challenges.open
        assert challenge is not None
        values = {"challenge_id": challenge.challenge_id, "cause": PasskeyCause(cause), **changes}
        return self.wait(1_000).do(e.PasskeyDeclined, **values)

    def ready(self, after_ms: int = 1_000) -> d.OrderLiveness | None:
        """Press the button, and return the order; None if there is none any more."""
        challenge = self.state.challenges.open
        assert challenge is not None
        out = self.wait(after_ms).do(e.LivenessBegun, challenge_id=challenge.challenge_id)
        return next((x for x in out if isinstance(x, d.OrderLiveness)), None)

    def move(
        self, order: d.OrderLiveness | None = None, after_ms: int = 2_500, **changes: Any
    ) -> tuple[d.Decision, ...]:
        """Do what is asked for."""
        order = order or self.ready()
        if order is None:
            return ()
        return self.wait(after_ms).do(e.LivenessAssessed, **done(order, **changes))

    def play(self, span_ms: int, every_ms: int = 5_000) -> Hands:
        """Play on from where the playhead stands, passing every round and challenge that comes."""
        until_ms = self.now_ms + span_ms
        while self.now_ms < until_ms:
            part_ms = min(every_ms, until_ms - self.now_ms)
            self.wait(part_ms).beat(self.state.playback.beat_playhead_ms + part_ms)
            while self.state.proofs.round is not None:
                held_ms = self.now_ms
                self.round()
                if self.now_ms > held_ms:
                    self.beat(self.state.playback.beat_playhead_ms + self.now_ms - held_ms)
            if self.state.challenges.open is not None:
                self.touch(3_000) if self.state.challenges.open.kind == "passkey" else self.answer()
                self.beat(self.state.playback.beat_playhead_ms + 3_000)
        return self

    def begin(self, playhead_ms: int = 0) -> Hands:
        """Pass the first round, and report that the player plays."""
        self.round()
        self.beat(playhead_ms)
        return self

    def of(self, kind: type[K]) -> list[K]:
        return [x for x in self.log if isinstance(x, kind)]

    def indicated(self) -> dict[str, int]:
        return {str(reason): count for reason, count in self.state.credit.indicators}

    def minutes_recorded(self) -> list[d.Minute]:
        return [x.minute for x in self.of(d.RecordMinute)]

    def final(self) -> d.Final:
        (record,) = self.of(d.RecordFinal)
        return record.final
