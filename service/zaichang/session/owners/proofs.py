"""Capture rounds: is a person there, is it the enrolled person, is it a living person? Always k of n (``captures``).

Writes ``state.proofs`` and nothing else. ``outcomes`` applies a decided round to credit and phase.
"""

from __future__ import annotations

from zaichang.core.ids import NO_CAPTURE, CaptureId
from zaichang.core.reason_table import LACKS, REFUSALS
from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import AnalyseCapture, RejectCapture
from zaichang.session.events import CaptureAssessed, CaptureReceived, CaptureTaken, CaptureUnavailable
from zaichang.session.judgements import captures, pledged_frames, repeats
from zaichang.session.owners import credit, link, liveness, samples
from zaichang.session.schedule import draw, next_due_ms
from zaichang.session.turn import Turn
from zaichang.session.values import Decided, Outcome, Phase, Round

ANALYSIS_DEADLINE_MS = 60_000
"""An accepted capture without an analysis counts as not analysed after this time."""
BEATS_BEFORE_MISS = 2
"""Messages keep their order: the second heartbeat after an order shows that the client holds the picture back."""
BEATS_BEFORE_PICTURE = 3
"""The same for one that still came in time; one heartbeat more, since some cameras are slow."""
CREDITED_EXCUSES = 1
"""A learner present only when called is credited up to this excuse; later ones go to review, then forfeit."""


def schedule(turn: Turn) -> None:
    """Draw when the next round is due. Rounds come closer together for a while after a failure."""
    proofs, policy, active_ms = turn.state.proofs, turn.policy, turn.state.playback.active_ms
    mean_ms = policy.capture_mean_ms
    if proofs.doubt:
        # Only the part above the least gap shrinks. Otherwise every round would come predictably at that gap.
        mean_ms -= max(0, mean_ms - policy.capture_min_gap_ms) * (samples.DOUBT_FACTOR - 1) // samples.DOUBT_FACTOR
    proofs.next_active_ms = next_due_ms(
        turn.state.lots,
        "capture",
        active_ms,
        mean_ms=mean_ms,
        min_gap_ms=policy.capture_min_gap_ms,
        max_gap_ms=policy.capture_max_gap_ms,
    )


def set_hold(turn: Turn, reason: ReasonCode | None) -> bool:
    """Hold the session for a failed proof, or lift the hold (None); return whether anything changed."""
    proofs = turn.state.proofs
    changed = proofs.hold is not reason
    proofs.hold = reason
    return changed


def excuse(turn: Turn) -> bool:
    """Use up one excuse; return whether there was one. Excuses are limited, or every capture could be avoided."""
    proofs = turn.state.proofs
    if proofs.excuses >= turn.policy.excuses:
        return False
    proofs.excuses += 1
    return True


def open_bracket(turn: Turn, lack: ReasonCode | None) -> None:
    """The proof that was just decided opens the next bracket; ``lack`` is the result that it lacked, if any."""
    turn.state.proofs.opening_lack = lack


def ease_doubt(turn: Turn) -> None:
    """Record a passed proof: after a few of them the schedule returns to normal."""
    turn.state.proofs.doubt = max(0, turn.state.proofs.doubt - 1)


def count_failure(turn: Turn, *, held: bool) -> bool:
    """Record a failed proof; return whether the strikes are used up.

    Args:
        turn: The turn.
        held: Whether an earlier failure held the session already: then this one is no further strike.
    """
    proofs = turn.state.proofs
    proofs.doubt = samples.DOUBT_ROUNDS
    proofs.opening_lack = None
    proofs.strikes += not held
    return 0 < turn.policy.strikes_max <= proofs.strikes


def want_round(turn: Turn, at_ms: int) -> None:
    """Make a round due at a server time, regardless of the schedule; 0: only as scheduled."""
    turn.state.proofs.due_ms = at_ms


def call_off(turn: Turn, reason: ReasonCode) -> None:
    """Call off the round in progress, because the page was hidden or the network failed. It is owed on return."""
    proofs = turn.state.proofs
    if turn.sampled:
        interrupt(turn, reason)
    pending = proofs.round is not None and proofs.round.cut is None and proofs.hold is None
    if pending and (turn.sampled or excuse(turn)):
        proofs.round = None
        proofs.due_ms = turn.state.playback.reached_ms


def stop(turn: Turn) -> None:
    """Stop awaiting captures, because the session closes."""
    turn.state.proofs.round = None


def interrupt(turn: Turn, reason: ReasonCode, *, waits: bool = True) -> None:
    """A drawn round is cut off by the client's doing or the network's: it proves nothing any more (rules 2).

    The moment at which it goes on is not the draw's, so another is drawn. The sample is missed unless its pictures were
    clean; where they showed no learner, the bracket goes to review. After an unanswered order, the next one is called.
    Earlier frames are fixed: under rules 7 it asks for them first, unless another session takes over (``waits``).
    """
    proofs = turn.state.proofs
    current = proofs.round
    if current is None or not current.drawn:
        return
    if waits and (current.received or pledged_frames.asks_earlier(current, reason, turn.policy)):
        current.cut = reason  # once its pictures are judged
        return
    if current.unseen and not current.shown:
        proofs.opening_lack = captures.telling(captures.misses(current), Outcome.FAILED)
    if not current.shown and (current.unseen or not current.seen):
        samples.miss(turn, reason)
        if captures.delivered(current, turn.state.link.seq):
            samples.cut(turn, reason)
    if turn.policy.rules > 6 and current.shown and current.unseen:
        samples.doubt(turn, captures.why_missed(current), current, proves=False)
    current.drawn, current.cut, current.frame, current.frames = False, None, "", ()
    samples.schedule(turn)


def begin_round(turn: Turn) -> None:
    """Begin a round, unless one is in progress or the client's nonce is owed. A drawn one ends an undrawn one."""
    proofs = turn.state.proofs
    proofs.due_ms = 0
    drawn = turn.sampled and turn.state.playback.phase is Phase.ACTIVE and samples.is_due(turn.state)
    free = proofs.round is None or (drawn and not proofs.round.drawn)
    if free and turn.state.link.client_nonce:
        proofs.round = samples.new_round(turn, proofs.rounds, drawn=drawn)
        proofs.rounds += 1
        order_capture(turn)


def order_capture(turn: Turn) -> None:
    """Order the round's next capture."""
    current = turn.state.proofs.round
    if current is None:
        return
    number = current.number * 1_000 + current.taken
    current.capture_id = CaptureId(f"c{current.number}-{current.taken}")
    current.nonce = draw(turn.state.lots, "capture", number)[:16].hex()
    current.taken += 1
    current.deadline_ms = turn.now_ms + turn.state.extended_ms(turn.policy.capture_deadline_ms)
    current.ordered_ms, current.order_seq = turn.now_ms, turn.state.link.seq
    current.received, current.retake_at_ms, current.beats = False, 0, 0
    current.answered_ms, current.digest, current.renewed = 0, "", current.renewed and turn.policy.rules < 8
    current.frame, current.frames = "".join(current.frames[:1]), current.frames[1:]
    repeat_order(turn)


def repeat_order(turn: Turn) -> None:
    """Give the outstanding order (again, after a lost connection)."""
    proofs = turn.state.proofs
    current = captures.awaited(proofs.round)
    if current is not None:
        turn.add(captures.order_of(current, proofs.hold, turn.policy))


def resume(turn: Turn) -> None:
    """Repeat an order whose first copy may not have arrived.

    A fresh deadline costs an excuse, or a capture could be avoided for ever. A sample whose earlier frames are still
    asked for gets one: no other sample is drawn while it is open.
    """
    proofs = turn.state.proofs
    current = captures.awaited(proofs.round)
    if current is None:
        return
    if (turn.sampled and not current.renewed) or (not turn.sampled and excuse(turn)):
        current.renewed = current.cut is not None
        current.deadline_ms = turn.now_ms + turn.state.extended_ms(turn.policy.capture_deadline_ms)
        current.ordered_ms, current.order_seq, current.beats = turn.now_ms, turn.state.link.seq, 0
    repeat_order(turn)


def count_beat(turn: Turn) -> None:
    """Count a heartbeat against the outstanding capture: a client that reports could also send the owed picture.

    Players also report at once when they pause: reports within the regular interval count once.
    """
    current = captures.awaited(turn.state.proofs.round)
    if current is None:
        return
    ordered_ms = current.deadline_ms - turn.state.extended_ms(turn.policy.capture_deadline_ms)
    if turn.now_ms - ordered_ms >= current.beats * turn.policy.heartbeat_ms * 9 // 10:
        current.beats += 1


def take(turn: Turn, event: CaptureTaken) -> None:
    """Word came that the outstanding picture is taken: from here on only the line decides when it arrives."""
    current = captures.outstanding(turn.state.proofs.round, event.capture_id, received=False)
    if current is not None and not current.answered_ms:
        current.digest = event.digest
        _answer(turn, current)


def _answer(turn: Turn, current: Round) -> None:
    """The outstanding order is answered now: late where the line does not explain the time (I14)."""
    answer_ms = turn.now_ms - current.ordered_ms
    if turn.sampled and answer_ms > link.explained_ms(turn):
        current.late = True
    current.answered_ms = turn.now_ms
    link.measure(turn, answer_ms)


def receive(turn: Turn, event: CaptureReceived) -> None:
    """Accept or discard a picture that arrived (I7)."""
    current = captures.outstanding(turn.state.proofs.round, event.capture_id, received=False)
    if current is None:
        turn.add(RejectCapture(capture_id=event.capture_id, reason=ReasonCode.CAPTURE_LATE))
        return
    if event.nonce != current.nonce:
        credit.indicate(turn, ReasonCode.CAPTURE_NONCE)
        turn.add(RejectCapture(capture_id=event.capture_id, reason=ReasonCode.CAPTURE_NONCE))
        return
    if current.frame and current.frame != event.digest:
        current.gone = (*current.gone, *pledged_frames.place_of(current))
        current.frame, current.unseen = "", current.unseen + 1  # pledged, and not shown
    elif not current.frame and (not current.answered_ms or current.digest != event.digest):
        _answer(turn, current)
    see_camera(turn, event.camera, virtual=event.virtual_camera)
    current.received, current.deadline_ms = True, event.at_ms + ANALYSIS_DEADLINE_MS
    current.withheld = current.withheld or current.beats >= BEATS_BEFORE_PICTURE
    near = False if pledged_frames.is_spread(current) else None
    turn.add(AnalyseCapture(capture_id=event.capture_id, identity=captures.shows_who(turn.policy), near=near))


def see_camera(turn: Turn, camera: str, *, virtual: bool) -> bool:
    """Record the camera of a picture; return whether it differs from the last one.

    Another camera re-opens identity and liveness: earlier passes in this round no longer count.
    """
    proofs = turn.state.proofs
    if virtual:
        credit.indicate(turn, ReasonCode.VIRTUAL_CAMERA)
        if not proofs.virtual:
            liveness.want(turn)
    proofs.virtual = virtual
    if camera == proofs.camera:
        return False
    if proofs.camera:
        credit.indicate(turn, ReasonCode.CAMERA_CHANGED)
        liveness.want(turn)
    proofs.camera = camera
    liveness.set_mirrored(turn, mirrored=False)
    if proofs.round is not None:
        proofs.round.passes = 0
    return True


def forget_repeats(turn: Turn) -> None:
    """Clear the counted repeats after a passed liveness: they no longer indicate a recording."""
    turn.state.proofs.repeats = 0


def refuse_capture(turn: Turn, event: CaptureUnavailable) -> Decided | None:
    """Count a picture that the client cannot take: a miss at once, without waiting for the deadline."""
    current = captures.outstanding(turn.state.proofs.round, event.capture_id, received=False)
    if current is None:
        return None
    if not current.frame:
        _answer(turn, current)
    hidden = event.reason is ReasonCode.PAGE_HIDDEN
    return _count(turn, event.reason if hidden else ReasonCode.CAMERA_UNAVAILABLE)


def miss(turn: Turn) -> Decided | None:
    """Count the outstanding capture as missed: its deadline has passed."""
    current = turn.state.proofs.round
    if current is None:
        return None
    if current.received:
        return _count(turn, ReasonCode.NOT_ANALYSED)
    current.withheld = current.withheld or current.beats >= BEATS_BEFORE_MISS
    current.late = current.late or (not current.frame and captures.delivered(current, turn.state.link.seq))
    return _count(turn, ReasonCode.CAPTURE_MISSED)


def assess(turn: Turn, event: CaptureAssessed) -> Decided | None:
    """Count an analysed capture; return the round's outcome once it is decided.

    A pass carries a reason if it came only when called, or if the client held a picture back and so may have called.
    """
    current = captures.outstanding(turn.state.proofs.round, event.capture_id, received=True)
    if current is None:
        return None
    problem = _problem(turn, event)
    if problem is ReasonCode.PAD_ATTACK and turn.sampled and captures.is_learner(event.assessment, turn.policy):
        problem = None if turn.state.samples.admitted else problem  # then all goes to review
        current.known += 1
    seen = turn.sampled and (problem is None or captures.recognised(event.assessment, problem, turn.policy))
    unclear = problem is not None and captures.unclear(event.assessment, problem, turn.policy)
    return _count(turn, problem, seen=seen, unclear=unclear)


def _problem(turn: Turn, event: CaptureAssessed) -> ReasonCode | None:
    """Return why this capture does not pass, the most informative reason first; None where it passes."""
    proofs, assessment = turn.state.proofs, event.assessment
    frame_px = (assessment.width_px, assessment.height_px)
    if frame_px != (0, 0):
        if proofs.frame_px not in ((0, 0), frame_px):
            liveness.want(turn)
        proofs.frame_px = frame_px
    problem = captures.frame_problem(assessment)
    if problem is not None:
        return problem
    recording = _recording(turn, event)
    too_soon = turn.sampled and captures.too_soon(proofs.round, event.at_ms, turn.policy)
    if recording is ReasonCode.NOT_ANALYSED or (recording is ReasonCode.CAMERA_FROZEN and too_soon):
        return ReasonCode.NOT_ANALYSED  # a slow camera had no newer picture yet: the next one is taken later
    if recording is not None:
        credit.indicate(turn, recording)
        return recording
    return captures.face_problem(assessment, turn.policy, elsewhere=event.elsewhere is True)


def _recording(turn: Turn, event: CaptureAssessed) -> ReasonCode | None:
    """Return CAMERA_FROZEN or DUPLICATE_FRAME where the capture looks like part of a recording, else None.

    NOT_ANALYSED where a slow camera gave one frame for a report and for an order: it says nothing new (rules 8).
    """
    proofs = turn.state.proofs
    spread = proofs.round is not None and pledged_frames.is_spread(proofs.round)
    # A frame of seconds before or after another sample may look like it: only the very same picture counts then.
    found = repeats.compare(proofs.contents, () if spread else proofs.sightings, event.assessment, event.at_ms)
    proofs.contents, proofs.sightings = found.contents, proofs.sightings if spread else found.sightings
    if samples.copied(turn, event.copies or 0):
        credit.indicate(turn, ReasonCode.DUPLICATE_FRAME)
    if turn.policy.rules > 7 and event.assessment.content and proofs.round is not None:
        before, now = proofs.shots, pledged_frames.shot(proofs.round, event.assessment.content)
        proofs.shots = (*before, now)[-repeats.SIGHTINGS_KEPT :]
        if not event.seen_before and repeats.is_cameras_own(before, now, pledged_frames.one_frame_ms(turn.policy)):
            return ReasonCode.NOT_ANALYSED
    exact = event.seen_before or found.exact
    if exact or found.near:
        proofs.repeats += 1
        liveness.want(turn)
    if found.frozen:
        return ReasonCode.CAMERA_FROZEN
    return ReasonCode.DUPLICATE_FRAME if exact or proofs.repeats > turn.policy.repeats_max else None


def take_decided(turn: Turn) -> Round | None:
    """Return the round that was decided last, and forget it: its outcome is being acted on."""
    decided, turn.state.proofs.decided = turn.state.proofs.decided, None
    return decided


def _count(turn: Turn, reason: ReasonCode | None, *, seen: bool = False, unclear: bool = False) -> Decided | None:
    """Count the capture in progress, which failed for ``reason`` or passed (None); return the round's outcome."""
    policy, proofs = turn.policy, turn.state.proofs
    current = proofs.round
    if current is None:
        raise AssertionError("a capture was counted outside a round")
    # (1) The capture; an unprompted one says who was there.
    unprompted = not captures.prompted(current, policy)
    current.capture_id, current.received, current.before_ms = NO_CAPTURE, False, turn.now_ms
    current.passes += reason is None and not (0 in current.gone and pledged_frames.is_spread(current))
    current.refusals += reason in REFUSALS
    current.lacks += reason in LACKS
    current.seen += unprompted and seen
    current.shown += seen and current.frame != ""
    current.unseen += unprompted and not seen and reason not in LACKS
    if seen and not current.frame and not current.found_staked_ms:
        current.found_staked_ms = turn.state.samples.staked_ms
    if reason is not None:
        current.reasons = (*current.reasons, reason)
        current.earlier += pledged_frames.is_earlier(current, policy)
    at = pledged_frames.place_of(current)
    if seen or reason in LACKS or (unclear and pledged_frames.is_spread(current)):
        current.here = (*current.here, *at)
    else:
        current.gone = (*current.gone, *at)
    current.frames = pledged_frames.left_to_ask(current, policy)
    # (2) The round, where this capture decides it.
    outcome = captures.outcome_of(current, policy)
    if outcome is not None:
        proofs.round = None
        if turn.sampled:
            proofs.decided = current
        return captures.decided(current, outcome, policy)
    # (3) Else the pause before the next one: longer where the learner was asked, or the service is busy.
    slowly = reason is ReasonCode.NOT_ANALYSED or captures.prompted(current, policy)
    pause_ms = turn.state.extended_ms(policy.retake_prompted_ms) if slowly else policy.retake_ms
    current.retake_at_ms = turn.now_ms + (0 if current.frames else pause_ms)
    if current.cut is not None:
        interrupt(turn, current.cut)
    return None
