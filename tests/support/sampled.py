"""A learner's page on a virtual clock with a line of its own, for the rules in which only drawn moments prove.

The camera is an oracle: ``face`` says who is there at a moment. A test overrides what it needs: a cheat is a subclass.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from support.desk import NONCE, done, frame, good_face, started
from zaichang.core.assessment import FaceFinding, FrameAssessment
from zaichang.core.enums import ChallengeKind, Proof
from zaichang.core.errors import IllegalEvent
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.policy import Policy
from zaichang.session.schedule import heartbeat_nonce
from zaichang.session.step import next_deadline_ms, start, step

SAMPLED = Policy(
    schema=3,
    proofs=tuple(Proof),
    challenge_kinds=(),
    capture_min_gap_ms=3_000,
    liveness_start=True,
    liveness_bracket=True,
)
STEP_MS = 250
HOUR_MS = 3_600_000


class Page:
    """One session from its start to its end; ``run`` returns it."""

    rtt_ms = 100
    pace_ms = 5_000
    shutter_ms = 150
    analysis_ms = 300
    comes_ms = 3_000
    pledges = False
    upload_ms = 0
    """How long a picture takes on the line; word that it is taken goes ahead of it."""

    def __init__(self, policy: Policy = SAMPLED, *, seed: int = 0, span_ms: int = 600_000, **info: Any) -> None:
        self.policy = policy
        self.chance = random.Random(seed)  # noqa: S311  (a simulation, repeatable by its seed)
        self.info = started(
            policy,
            seed=f"{self.chance.getrandbits(256):064x}",
            session_id=f"{self.chance.getrandbits(128):032x}",
            lesson_duration_ms=HOUR_MS * 3,
            **info,
        )
        self.now_ms = self.info.at_ms
        self.end_ms = self.now_ms + span_ms
        self.log: list[d.Decision] = []
        self.final: d.Final | None = None
        self.wants, self.held, self.visible, self.connected = True, True, True, True
        self.playing = False
        self.playhead_ms = self.furthest_ms = self.fair_ms = 0
        self._queue: list[tuple[int, int, Callable[..., object], tuple[Any, ...]]] = []
        self._count = itertools.count()
        self.frames: dict[str, FrameAssessment] = {}
        self.begin()
        self.state, _ = start(self.info, policy)
        self.send(e.NonceRevealed(at_ms=self.now_ms, client_nonce=NONCE))
        self.later(200, self._beats)

    # What a test changes

    def begin(self) -> None:
        """Set up what the subclass needs."""

    def here(self) -> bool:
        """Return whether the learner sits there now."""
        return True

    def face(self) -> FaceFinding | None:
        """Return the face before the camera now."""
        return good_face() if self.here() else None

    def held_back_ms(self, order: d.OrderCapture) -> int:
        """Return how long the page keeps the picture that is ordered."""
        return 0

    def ordered(self, order: d.OrderCapture) -> None:
        """Note that an order has arrived at the page."""

    def decided(self) -> None:
        """Note that a round is over."""

    def says(self) -> dict[str, Any]:
        """Return the fields of a report."""
        return {"playhead_ms": self.playhead_ms, "playing": self.playing, "visible": self.visible}

    # What the page does

    @property
    def got_ms(self) -> int:
        return self.state.credit.verified_ms

    @property
    def beyond_ms(self) -> int:
        """Credited beyond what was watched by a learner who was there."""
        return max(0, self.got_ms - self.fair_ms)

    @property
    def active(self) -> bool:
        return self.state.playback.phase.value == "ACTIVE"

    def later(self, wait_ms: float, action: Callable[..., object], *values: object) -> None:
        heapq.heappush(self._queue, (self.now_ms + round(wait_ms), next(self._count), action, values))

    def send(self, event: e.Event) -> None:
        if self.final is not None:
            return
        before = self.state.proofs.round
        try:
            self.state, out = step(self.state, event, self.policy)
        except IllegalEvent as error:
            assert error.code == "session.closed"
            return
        self.log += out
        if before is not None and self.state.proofs.round is None:
            self.decided()
        for decision in out:
            self._follow(decision)

    def beat(self) -> None:
        if self.connected:
            self.later(self.rtt_ms / 2, self._report, self.says())

    def drop(self, for_ms: int) -> None:
        """Lose the connection, and be back later."""
        self.connected = False
        self.send(e.ConnectionLost(at_ms=self.now_ms))
        self.later(for_ms, self._back)

    def pause(self, for_ms: int) -> None:
        self.want(False)
        self.later(for_ms, self.want, True)

    def want(self, wants: bool) -> None:
        self.wants = wants
        self._settle()

    def hide(self, for_ms: int) -> None:
        self.visible = False
        self.beat()
        self.later(for_ms, self._show)

    def run(self) -> Page:
        asked = False
        while self.final is None and self.now_ms < self.end_ms + 300_000:
            due_ms = next_deadline_ms(self.state, self.policy)
            if due_ms is not None and due_ms <= self._queue[0][0]:
                self._pass_time(max(due_ms, self.now_ms))
                self.send(e.DeadlineReached(at_ms=self.now_ms))
            else:
                at_ms, _, action, values = heapq.heappop(self._queue)
                self._pass_time(max(at_ms, self.now_ms))
                action(*values)
            if self.now_ms >= self.end_ms and not asked:
                asked = True
                self._report(self.says())
                self.send(e.FinishRequested(at_ms=self.now_ms))
        return self

    def _pass_time(self, to_ms: int) -> None:
        while self.now_ms < to_ms:
            part_ms = min(STEP_MS, to_ms - self.now_ms)
            if self.playing:
                self.playhead_ms += part_ms
                fresh_ms = max(0, self.playhead_ms - self.furthest_ms)
                self.fair_ms += fresh_ms if self.here() else 0
                self.furthest_ms += fresh_ms
            self.now_ms += part_ms

    def _settle(self) -> None:
        self.playing = self.wants and not self.held
        self.beat()

    def _follow(self, decision: d.Decision) -> None:
        way_ms = self.rtt_ms / 2
        match decision:
            case d.RecordFinal():
                self.final = decision.final
            case d.OrderPause():
                self.later(way_ms, self._hold, True)
            case d.OrderResume():
                self.later(way_ms, self._hold, False)
            case d.OrderSeek():
                self.later(way_ms, self._seek, decision.to_ms)
            case d.OrderCapture() if self.connected:
                self.later(way_ms, self._take, decision)
            case d.OrderChallenge(kind=ChallengeKind.LIVENESS) if self.connected:
                self.later(way_ms + self.comes_ms, self._press, decision.challenge_id)
            case d.OrderLiveness():
                self.later(way_ms + 8_000, self._moved, decision)
            case d.ChallengeJudged(accepted=False, closed=False):
                self.later(way_ms + 2_000, self._press, decision.challenge_id)
            case _:
                pass

    def _hold(self, held: bool) -> None:
        self.held = held
        self._settle()

    def _seek(self, to_ms: int) -> None:
        self.playhead_ms = to_ms
        self.beat()

    def _show(self) -> None:
        self.visible = True
        self.beat()

    def _back(self) -> None:
        self.connected = True
        self.send(e.ConnectionResumed(at_ms=self.now_ms))
        self.beat()

    def _beats(self) -> None:
        self.beat()
        self.later(self.pace_ms, self._beats)

    def _report(self, said: dict[str, Any]) -> None:
        seq = self.state.link.seq + 1
        said = {**said, "frames": tuple(self._pledge() for _ in range(2)) if self.pledges and self.visible else None}
        self.send(e.HeartbeatReceived(at_ms=self.now_ms, seq=seq, nonce=heartbeat_nonce(self.info, seq), **said))

    def _pledge(self) -> str:
        content = f"{self.chance.getrandbits(64):016x}"
        self.frames[content * 4] = self._picture(content)
        return content * 4

    def _picture(self, content: str) -> FrameAssessment:
        face = self.face()
        return frame(face, content=content) if face else frame(content=content, reasons=(ReasonCode.NO_FACE,))

    def _take(self, order: d.OrderCapture) -> None:
        self.ordered(order)
        if order.frame is not None:
            self.later(self.rtt_ms / 2 + self.upload_ms, self._arrive, order, self.frames[order.frame])
            return
        self.later(self.shutter_ms + self.held_back_ms(order), self._shoot, order)

    def _shoot(self, order: d.OrderCapture) -> None:
        content = f"{self.chance.getrandbits(64):016x}"
        shown = self._picture(content)
        if self.connected:
            self.later(self.rtt_ms / 2, self._tell, order, content * 4)
            self.later(self.rtt_ms / 2 + self.upload_ms, self._arrive, order, shown)

    def _tell(self, order: d.OrderCapture, digest: str) -> None:
        self.send(e.CaptureTaken(at_ms=self.now_ms, capture_id=order.capture_id, digest=digest))

    def _arrive(self, order: d.OrderCapture, shown: Any) -> None:
        self.send(
            e.CaptureReceived(
                at_ms=self.now_ms,
                capture_id=order.capture_id,
                nonce=order.nonce,
                camera="cam-1",
                digest=shown.content * 4,
            )
        )
        self.later(self.analysis_ms, self._analysed, order.capture_id, shown)

    def _analysed(self, capture_id: str, shown: Any) -> None:
        self.send(e.CaptureAssessed(at_ms=self.now_ms, capture_id=capture_id, assessment=shown))

    def _press(self, challenge_id: str) -> None:
        self.send(e.LivenessBegun(at_ms=self.now_ms, challenge_id=challenge_id))

    def _moved(self, order: d.OrderLiveness) -> None:
        self.send(e.LivenessAssessed(at_ms=self.now_ms, **self.moves(order)))

    def moves(self, order: d.OrderLiveness) -> dict[str, Any]:
        """Return the result of a try."""
        return done(order)


def mean_beyond_ms(kind: type[Page], policy: Policy = SAMPLED, *, sessions: int = 12, **info: Any) -> int:
    """Return the credit of a way to cheat beyond the media watched, the mean over some sessions of ten minutes."""
    runs = [kind(policy, seed=seed, **info).run() for seed in range(sessions)]
    return sum(run.beyond_ms for run in runs) // sessions


def older(policy: Policy) -> Policy:
    """Return the policy as the rules before would have had it."""
    return replace(
        policy,
        schema=2,
        capture_min_gap_ms=15_000,
    )
