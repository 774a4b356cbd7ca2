"""A page with its player: obeys or does not, reports, answers, and follows a way's rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.adversary.account import Account
from benchmarks.adversary.camera import assess
from benchmarks.adversary.captures import Captures
from benchmarks.adversary.line import Line
from benchmarks.adversary.player import Player
from benchmarks.adversary.reactions import Reactions
from benchmarks.adversary.trying import Trying
from benchmarks.adversary.ways import Do, On, Rule, Script
from zaichang.core.enums import ChallengeKind
from zaichang.core.ids import CaptureId
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
        self._reactions = Reactions(evening.way.rules, self.later)
        self._trying = Trying(evening, policy)
        self._captures = Captures(evening, self._line, self)
        self._reset()

    def _reset(self) -> None:
        self._held, self._away = True, False
        self._captures.reset()
        self._stop: Do | None = None
        self._stops = self._armed_ms = 0
        self._owes_beat = self._in_flight = False
        self._challenge: d.OrderChallenge | None = None
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
                self._trying.begin(decision, self._captures.camera, self._tried)
            case d.RecordMinute() | d.RecordFinal():
                pass
            case _:
                self._line.down(partial(self._received, decision))

    def _assessed(self, opened: int, capture_id: CaptureId) -> None:
        if opened == self.opened and not self._account.closed:
            found = assess(self._captures.view(capture_id), self._evening.chance)
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
                self._captures.ordered = decision
                for on in self._captures.events(decision):
                    self._fire(on)
                self._captures.answer(decision)
            case d.OrderChallenge():
                self._challenge = decision
                self._fire(On.CHALLENGE)
                self.later(self._way.react_ms, partial(self._answer, decision))
            case d.ChallengeJudged(closed=True):
                self._challenge = None
            case d.ChallengeJudged() if self._challenge is not None:
                self.later(self._way.react_ms, partial(self._answer, self._challenge))
            case _:
                pass

    def up(self, make: Callable[[int], e.Event], size_ms: int = 0) -> None:
        """Send an event to the service; ``make`` is given its time of arrival."""
        self._line.up(self._tell, make, size_ms)

    def flush(self) -> None:
        """Send the report that waited for a picture."""
        if self._owes_beat:
            self._beat()

    def learner_came(self) -> None:
        """The learner is there again, and answers what is open."""
        if self._challenge is not None:
            self.later(self._way.react_ms, partial(self._answer, self._challenge))

    def _answer(self, order: d.OrderChallenge, *, nobody: bool = False) -> None:
        if self._challenge is not order or self._trying.running:
            return
        here = self._evening.here
        if order.kind in KINDS:
            if here or nobody:
                self.up(lambda at_ms: e.LivenessBegun(at_ms=at_ms, challenge_id=order.challenge_id))
            return
        script = self._way.script
        knows = script is Script.ALL or (script is Script.CONFIRM and order.kind is ChallengeKind.CONFIRM)
        if here or knows:
            wrong = order.kind is ChallengeKind.CODE and self._evening.chance.random() < MISTAKES
            right = order.code or (order.options[order.labels.index("here")] if order.labels else "0")
            answer = "x" if wrong else right
            self.up(lambda at_ms: e.ChallengeAnswered(at_ms=at_ms, challenge_id=order.challenge_id, answer=answer))

    # What the page says

    def _pace(self, opened: int) -> None:
        if opened == self.opened and not self._account.closed:
            self._beat()
            self._evening.at(self._evening.now_ms + self._way.pace_ms, partial(self._pace, opened))

    def _beat(self) -> None:
        """Report now; after the last report's acknowledgement, and after a picture that is held back."""
        hushed = self._way.hush and self._captures.ordered is not None and not self._evening.here
        self._owes_beat = self._in_flight or hushed or not self._line.connected
        if self._owes_beat:
            return
        self._evening.settle()
        position_ms = self.player.position_ms(self._evening.now_ms)
        playing = self.player.running or self._stop is Do.STAND
        stalled = self._stop is Do.STALL
        ended = self._stop is Do.REPORT_END or position_ms >= self.player.duration_ms
        visible, account = self._captures.visible, self._account
        frames = self._captures.pledged() if self._policy.frames_pledged > 0 else None

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
        self.up(made)

    def _changed(self) -> None:
        """Let the player run or stand as everything says, and report."""
        self._evening.settle()
        player, now_ms = self.player, self._evening.now_ms
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
        if opened != self.opened or self.player.left_ms(self._evening.now_ms) or not self.player.running:
            return
        self._changed()
        self._fire(On.END)
        if self._way.finishes:
            self.later(FINISH_AFTER_MS, self._finish)

    def _finish(self) -> None:
        if not self._finishing and not self.player.left_ms(self._evening.now_ms):
            self._finishing = True
            self.up(lambda at_ms: e.FinishRequested(at_ms=at_ms))

    def _move_to(self, to_ms: int) -> None:
        self._evening.settle()
        self.player.move_to(to_ms)
        self.player.running = False
        self._changed()

    # The rules

    def later(self, after_ms: int, act: Callable[[], None]) -> None:
        """Act after a time, unless another session has begun by then."""
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
                self.later(500, partial(evening.leave, max(1_000, each.for_ms - 2_000)))
            case Do.HIDE:
                self._captures.visible = False
                self.later(max(1_000, each.for_ms), self._show)
                self._changed()
            case Do.DROP:
                self._drop(max(500, each.for_ms))
            case Do.REOPEN:
                self._reopen(each.for_ms)
            case Do.FINISH:
                self._reopens = True
                self.up(lambda at_ms: e.FinishRequested(at_ms=at_ms))
                self._await_end(each.for_ms)
            case Do.JUMP:
                self._move_to(self.player.position_ms(evening.now_ms) + each.for_ms)
            case Do.BACK:
                self._move_to(self._back_to(each.for_ms))
            case Do.CAMERA:
                self._captures.change_camera()
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
            self.later(for_ms, lambda: self._go_on() if stops == self._stops else None)
        self._changed()

    def _go_on(self) -> None:
        if self._stop is not None:
            self._stop = None
            self._changed()

    def _show(self) -> None:
        self._captures.visible = True
        self._changed()

    def _drop(self, for_ms: int) -> None:
        if not self._line.connected:
            return
        self._line.close()
        self._trying.stop()
        self._in_flight = False
        self._captures.ordered = None
        self._tell(e.ConnectionLost(at_ms=self._evening.now_ms))
        self.later(for_ms, self._back_online)
        if for_ms > OFFLINE_MS and self._way.obeys:
            self.later(OFFLINE_MS, partial(self._set_away, away=True))

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
        self.later(after_ms, self.open)

    def _await_end(self, after_ms: int) -> None:
        if self._account.closed:
            self.later(after_ms, self.open)
        else:
            self.later(1_000, partial(self._await_end, after_ms))
