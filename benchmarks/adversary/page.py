"""A page with its player: obeys or does not, reports, answers, and follows a way's rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.adversary.account import Account
from benchmarks.adversary.camera import View, assess
from benchmarks.adversary.line import Line
from benchmarks.adversary.player import Player
from benchmarks.adversary.pledges import PRESENT, Pledges
from benchmarks.adversary.reactions import Reactions
from benchmarks.adversary.trying import Trying
from benchmarks.adversary.ways import Do, On, Rule, Script, Then
from zaichang.core.enums import ChallengeKind
from zaichang.core.ids import CaptureId
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.judgements.liveness_tries import KINDS
from zaichang.session.owners.link import expected_nonce
from zaichang.session.playhead import IntervalSet, difference
from zaichang.session.policy import Policy

if TYPE_CHECKING:
    from benchmarks.adversary.evening import Evening

ANALYSIS_MS = 150
OFFLINE_MS = 10_000
"""The player's SDK pauses after this long without a connection."""
POLL_MS = 400
FINISH_AFTER_MS = 1_000
MISTAKES = 0.05
"""Share of codes that a person reads wrongly."""
_STOPS = frozenset({Do.PAUSE, Do.STAND, Do.STALL, Do.REPORT_END})
_HABITS = frozenset({Do.LEAVE, Do.GLANCE, Do.GET_UP})


class Page:
    """One account's page.

    Attributes:
        player: What really runs.
        over: Whether no session will follow.
        opened: Sessions opened.
    """

    def __init__(self, evening: Evening, policy: Policy, lesson_ms: int) -> None:
        """Prepare; ``open`` opens the first session."""
        self.player = Player(lesson_ms, evening.now_ms)
        self.over = False
        self.opened = 0
        self._evening = evening
        self._way = evening.way
        self._policy = policy
        self._account = Account(policy, evening.chance, lesson_ms, evening.way.route)
        self._line = Line(evening, evening.way.rtt_ms)
        self._reactions = Reactions(evening.way.rules, self._later)
        self._trying = Trying(evening, policy)
        self._camera = 0
        self._reset()

    def _reset(self) -> None:
        self._held, self._away, self._visible = True, False, True
        self._stop: Do | None = None
        self._stops = 0
        self._owes_beat = self._in_flight = False
        self._capture: d.OrderCapture | None = None
        self._challenge: d.OrderChallenge | None = None
        self._views: dict[str, View] = {}
        self._pledges = Pledges()
        self._armed_ms = 0
        self._finishing = self._reopens = False

    @property
    def credited(self) -> IntervalSet:
        """Media that the account was credited for."""
        return self._account.credited

    @property
    def undecided(self) -> IntervalSet:
        """Media that a person may still grant."""
        return self._account.undecided

    # The session

    def open(self) -> None:
        """Open a session; an older one is superseded."""
        now_ms = self._evening.now_ms
        self._reset()
        self.opened += 1
        self._account.open(now_ms)
        self._line.open()
        self.player.move_to(self._account.state.frontier_ms)
        self._tell(e.NonceRevealed(at_ms=now_ms, client_nonce=self._account.nonce))
        self._fire(On.JOINED)
        self._reactions.start_clocks(self._do)
        self._beat()
        self._pace(self.opened)

    def _tell(self, event: e.Event) -> None:
        """Apply an event to the session, as the service does, and carry out what follows."""
        account = self._account
        before = account.state.proofs.round
        for decision in account.apply(event):
            self._carry(decision)
        after = account.state.proofs.round
        if before is not None and (after is None or after.number != before.number):
            self._fire(On.LOST if account.state.proofs.hold else On.ROUND)
        if account.closed:
            self._closed()
        else:
            self._arm()

    def _arm(self) -> None:
        due_ms = max(self._account.due_ms(), self._evening.now_ms)
        if not self._armed_ms or due_ms < self._armed_ms or self._armed_ms < self._evening.now_ms:
            self._armed_ms = due_ms
            self._evening.at(due_ms, partial(self._due, self.opened, due_ms))

    def _due(self, opened: int, due_ms: int) -> None:
        if opened != self.opened or due_ms != self._armed_ms or self._account.closed:
            return
        self._armed_ms = 0
        self._tell(e.DeadlineReached(at_ms=self._evening.now_ms))

    def _carry(self, decision: d.Decision) -> None:
        evening = self._evening
        match decision:
            case d.AnalyseCapture(capture_id=capture_id):
                evening.at(evening.now_ms + ANALYSIS_MS, partial(self._assessed, self.opened, capture_id))
            case d.OrderLiveness():
                self._trying.begin(decision, f"camera-{self._camera}", self._tried)
            case d.RecordMinute() | d.RecordFinal():
                pass
            case _:
                self._line.down(partial(self._received, decision))

    def _assessed(self, opened: int, capture_id: CaptureId) -> None:
        if opened == self.opened and not self._account.closed:
            found = assess(self._views.get(capture_id, View.EMPTY), self._evening.chance)
            self._tell(e.CaptureAssessed(at_ms=self._evening.now_ms, capture_id=capture_id, assessment=found))

    def _tried(self, found: e.LivenessAssessed) -> None:
        if not self._account.closed:
            self._tell(found)

    def _closed(self) -> None:
        if not self._reopens:
            self.over = True
        self._evening.settle()
        self.player.running = False

    # What the service says

    def _received(self, decision: d.Decision) -> None:
        match decision:
            case d.AckHeartbeat() | d.RejectHeartbeat():
                self._in_flight = False
                if self._owes_beat:
                    self._beat()
            case d.OrderPause():
                self._held = True
                self._fire(On.HOLD)
                self._changed()
            case d.OrderResume():
                self._held = False
                self._changed()
            case d.OrderSeek(to_ms=to_ms):
                self._move_to(to_ms)
            case d.OrderCapture():
                self._capture = decision
                self._fire(On.PROMPT if decision.prompt is not None else On.CAPTURE)
                pledged = self._pledges.view(decision.frame)
                if pledged is not None and (pledged in PRESENT or not self._way.wait_ms):
                    self._send(decision, pledged, decision.frame)
                else:
                    self._later(self._way.shutter_ms, partial(self._shoot, decision, self._evening.now_ms))
            case d.OrderChallenge():
                self._challenge = decision
                self._fire(On.CHALLENGE)
                self._later(self._way.react_ms, partial(self._answer, decision))
            case d.ChallengeJudged(closed=True):
                self._challenge = None
            case d.ChallengeJudged() if self._challenge is not None:
                self._later(self._way.react_ms, partial(self._answer, self._challenge))
            case _:
                pass

    def _shoot(self, order: d.OrderCapture, ordered_ms: int) -> None:
        """Take the picture, or hold it back until the learner is there or the patience is over."""
        way, evening = self._way, self._evening
        if self._capture is not order or not self._line.connected:
            return
        if not self._visible:
            self._refuse(order, ReasonCode.PAGE_HIDDEN)
            return
        over = evening.now_ms >= ordered_ms + way.wait_ms
        if not evening.here and not over:
            self._later(POLL_MS, partial(self._shoot, order, ordered_ms))
        elif evening.here or way.then is Then.SEND:
            self._send(order, evening.view(), f"{evening.chance.getrandbits(256):064x}" if order.announce else None)
        elif way.then is Then.REFUSE:
            self._refuse(order, ReasonCode.CAMERA_UNAVAILABLE)
        else:
            self._capture = None

    def _send(self, order: d.OrderCapture, view: View, digest: str | None) -> None:
        self._capture = None
        self._views[order.capture_id] = view
        if digest is not None and order.frame is None:
            taken = digest
            self._up(lambda at_ms: e.CaptureTaken(at_ms=at_ms, capture_id=order.capture_id, digest=taken))
        camera = f"camera-{self._camera}"
        self._up(
            lambda at_ms: e.CaptureReceived(
                at_ms=at_ms, capture_id=order.capture_id, nonce=order.nonce, camera=camera, digest=digest
            ),
            self._way.picture_ms,
        )
        self._flush()

    def _refuse(self, order: d.OrderCapture, reason: ReasonCode) -> None:
        self._capture = None
        self._up(lambda at_ms: e.CaptureUnavailable(at_ms=at_ms, capture_id=order.capture_id, reason=reason))
        self._flush()

    def _up(self, make: Callable[[int], e.Event], size_ms: int = 0) -> None:
        """Send an event to the service; ``make`` is given its time of arrival."""
        self._line.up(self._tell, make, size_ms)

    def _flush(self) -> None:
        if self._owes_beat:
            self._beat()

    def learner_came(self) -> None:
        """The learner is there again, and answers what is open."""
        if self._challenge is not None:
            self._later(self._way.react_ms, partial(self._answer, self._challenge))

    def _answer(self, order: d.OrderChallenge, *, nobody: bool = False) -> None:
        if self._challenge is not order or self._trying.running:
            return
        here = self._evening.here
        if order.kind in KINDS:
            if here or nobody:
                self._up(lambda at_ms: e.LivenessBegun(at_ms=at_ms, challenge_id=order.challenge_id))
            return
        script = self._way.script
        knows = script is Script.ALL or (script is Script.CONFIRM and order.kind is ChallengeKind.CONFIRM)
        if here or knows:
            wrong = order.kind is ChallengeKind.CODE and self._evening.chance.random() < MISTAKES
            right = order.code or (order.options[order.labels.index("here")] if order.labels else "0")
            answer = "x" if wrong else right
            self._up(lambda at_ms: e.ChallengeAnswered(at_ms=at_ms, challenge_id=order.challenge_id, answer=answer))

    # What the page says

    def _pace(self, opened: int) -> None:
        if opened == self.opened and not self._account.closed:
            self._beat()
            self._evening.at(self._evening.now_ms + self._way.pace_ms, partial(self._pace, opened))

    def _beat(self) -> None:
        """Report now; after the last report's acknowledgement, and after a picture that is held back."""
        hushed = self._way.hush and self._capture is not None and not self._evening.here
        self._owes_beat = self._in_flight or hushed or not self._line.connected
        if self._owes_beat:
            return
        self._evening.settle()
        position_ms = self.player.position_ms(self._evening.now_ms)
        playing = self.player.running or self._stop is Do.STAND
        stalled = self._stop is Do.STALL
        ended = self._stop is Do.REPORT_END or position_ms >= self.player.duration_ms
        visible, frames, account = self._visible, self._frames(), self._account

        def made(at_ms: int) -> e.Event:
            # The number and the nonce that the chain has come to when it arrives (I4).
            return e.HeartbeatReceived(
                at_ms=at_ms,
                seq=account.state.link.seq + 1,
                nonce=expected_nonce(account.state),
                playhead_ms=position_ms,
                playing=playing,
                stalled=stalled,
                ended=ended,
                visible=visible,
                frames=frames,
            )

        self._in_flight = True
        self._up(made)

    def _frames(self) -> tuple[str, ...] | None:
        """Return the frames that a report pledges, if it does."""
        pledges = self._way.pledges and self._visible and self._policy.frames_pledged > 0
        return self._pledges.made(self._evening) if pledges else None

    def _changed(self) -> None:
        """Let the player run or stand as everything says, and report."""
        player, now_ms = self.player, self._evening.now_ms
        self._evening.settle()
        held = (self._held and self._way.obeys) or self._away or self._stop is not None
        runs = not held and player.left_ms(now_ms) > 0 and not self._account.closed
        if runs != player.running:
            player.running = runs
            self._reactions.cancel(On.STOP if runs else On.PLAY)
            if runs or self._stop is not None:
                self._fire(On.PLAY if runs else On.STOP)
            if runs:
                self._evening.at(now_ms + player.left_ms(now_ms), partial(self._ended, self.opened))
        self._beat()

    def _ended(self, opened: int) -> None:
        now_ms = self._evening.now_ms
        if opened != self.opened or self.player.left_ms(now_ms) or not self.player.running:
            return
        self._changed()
        self._fire(On.END)
        if self._way.finishes:
            self._later(FINISH_AFTER_MS, self._finish)

    def _finish(self) -> None:
        if not self._finishing and not self.player.left_ms(self._evening.now_ms):
            self._finishing = True
            self._up(lambda at_ms: e.FinishRequested(at_ms=at_ms))

    def _move_to(self, to_ms: int) -> None:
        self._evening.settle()
        self.player.move_to(to_ms)
        self.player.running = False
        self._changed()

    # The rules

    def _later(self, after_ms: int, act: Callable[[], None]) -> None:
        opened = self.opened
        self._evening.at(self._evening.now_ms + after_ms, lambda: act() if opened == self.opened else None)

    def _fire(self, on: On) -> None:
        self._reactions.fire(on, self._do)

    def _do(self, each: Rule) -> None:
        evening = self._evening
        if each.on is On.CLOCK and each.do in _HABITS and self._challenge is not None:
            return  # a learner who is asked for something stays for it
        match each.do:
            case Do.COME:
                evening.come(each.for_ms)
            case Do.LEAVE:
                evening.leave(each.for_ms)
            case Do.GLANCE:
                evening.glance(each.for_ms)
            case _ if self._account.closed:
                pass
            case Do.PLAY:
                self._go_on()
            case Do.PAUSE | Do.STAND | Do.STALL | Do.REPORT_END:
                self._halt(each.do, each.for_ms)
            case Do.GET_UP:
                # Away after half a second, and back before the player goes on.
                self._halt(Do.PAUSE, each.for_ms)
                self._later(500, partial(evening.leave, max(1_000, each.for_ms - 2_000)))
            case Do.HIDE:
                self._visible = False
                self._later(max(1_000, each.for_ms), self._show)
                self._changed()
            case Do.DROP:
                self._drop(max(500, each.for_ms))
            case Do.REOPEN:
                self._reopen(each.for_ms)
            case Do.FINISH:
                self._reopens = True
                self._up(lambda at_ms: e.FinishRequested(at_ms=at_ms))
                self._await_end(each.for_ms)
            case Do.JUMP:
                self._move_to(self.player.position_ms(evening.now_ms) + each.for_ms)
            case Do.BACK:
                self._move_to(self._back_to(each.for_ms))
            case Do.CAMERA:
                self._camera += 1
            case Do.TRY:
                if self._challenge is not None and self._challenge.kind in KINDS:
                    self._answer(self._challenge, nobody=True)

    def _back_to(self, for_ms: int) -> int:
        """Return where a replay begins: so far back, or the first media before here that was not credited."""
        position_ms = self.player.position_ms(self._evening.now_ms)
        if for_ms:
            return position_ms - for_ms
        missing = difference(((0, position_ms),), self._account.state.taken) if position_ms else ()
        return missing[0][0] if missing else position_ms

    def _halt(self, how: Do, for_ms: int) -> None:
        self._stops += 1
        self._stop = how
        if for_ms:
            stops = self._stops
            self._later(for_ms, lambda: self._go_on() if stops == self._stops else None)
        self._changed()

    def _go_on(self) -> None:
        if self._stop is not None:
            self._stop = None
            self._changed()

    def _show(self) -> None:
        self._visible = True
        self._changed()

    def _drop(self, for_ms: int) -> None:
        if not self._line.connected:
            return
        self._line.close()
        self._trying.stop()
        self._in_flight = False
        self._capture = None
        self._tell(e.ConnectionLost(at_ms=self._evening.now_ms))
        self._later(for_ms, self._back_online)
        if for_ms > OFFLINE_MS and self._way.obeys:
            self._later(OFFLINE_MS, partial(self._set_away, away=True))

    def _back_online(self) -> None:
        if self._account.closed:
            return
        self._line.open()
        self._tell(e.ConnectionResumed(at_ms=self._evening.now_ms))
        self._set_away(away=False)

    def _set_away(self, *, away: bool) -> None:
        self._away = away and not self._line.connected
        self._changed()

    def _reopen(self, after_ms: int) -> None:
        self._reopens = True
        self._line.close()
        self._trying.stop()
        self._evening.settle()
        self.player.running = False
        self._tell(e.ConnectionLost(at_ms=self._evening.now_ms))
        self._later(after_ms, self.open)

    def _await_end(self, after_ms: int) -> None:
        if self._account.closed:
            self._later(after_ms, self.open)
        else:
            self._later(1_000, partial(self._await_end, after_ms))
