"""Drawn rounds as samples: the moment of the next one, and the count of the missed ones.

Only a moment that the draw alone chose says anything about the moments around it (I11). Draws run over ACTIVE time in
which new media may have been played, so waiting, standing still and going back bring none and spend none (I12). Between
two draws nothing tells when the next one comes: a learner who is away for a share of that time misses that share of the
samples. ``debt_ms`` is Wald's sequential test of a rate, clipped at zero. A missed sample adds ``miss_worth_ms``, and
proved media takes itself off. While the debt is above the policy's bound, proved media waits; at the end a person
decides (ADR 0080).

Writes ``state.samples`` and nothing else.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from zaichang.core.reasons import ReasonCode
from zaichang.session.events import HeartbeatReceived, Leniency
from zaichang.session.judgements import passkeys, pledged_frames
from zaichang.session.parts import Samples
from zaichang.session.playhead import IntervalSet
from zaichang.session.policy import BACK_SINCE_SCHEMA, Policy
from zaichang.session.schedule import next_due_ms
from zaichang.session.state import State
from zaichang.session.turn import Turn
from zaichang.session.values import Round

DOUBT_ROUNDS = 3
DOUBT_FACTOR = 3
SEEN_LATELY_MS = 6_000
"""A round that passed so soon before the lesson's end says who was there at its end (rules 5)."""
COPIES_MIN = 3
"""So many captures that are near copies are no mishap of the comparison: all that is proved goes to a person."""
UNSURE_SHARE = 3
"""So many samples that are clean by one of their frames alone weigh as much as a missed one (rules 4)."""

FIRST_SPREAD_PCT, FIRST_BY_PCT = 30, 90
"""A lesson's first draw: its greatest mean, and its latest moment, in hundredths of the lesson (rules 7)."""
SHORT_PCT = 50
"""Absences that weigh as much or more bring the next draws sooner (rules 7)."""

EARLY_END_FACTOR = 6
"""The weight of media that an early end grants without a sample (rules 8)."""

_STANDS = frozenset(
    {ReasonCode.PLAYER_PAUSED, ReasonCode.PLAYER_STALLED, ReasonCode.LESSON_ENDED, ReasonCode.SESSION_FINISHED}
)
"""A player that stood says nothing of a sample: its missed picture does."""


def begun(policy: Policy, before: Leniency | None) -> Samples:
    """Return the part of a session that begins: with the counts of the learner's earlier ones, if any."""
    if before is None:
        return Samples(debt_ms=policy.misses_start_pct * policy.miss_worth_ms // 100)
    return Samples(debt_ms=before.debt_ms, calls=before.calls, failures=before.failures)


def carried(policy: Policy, own: Leniency | None, debt_ms: int) -> Leniency:
    """Return the counts with which a lesson begins that is not the learner's first (rules 7).

    Else each short lesson would bring the missed samples anew that a learner starts with.

    Args:
        policy: Of the session.
        own: The counts of the learner's earlier sessions of this lesson, if any.
        debt_ms: The debt at the end of the learner's last session. A lesson begins with so much that nothing waits yet.
    """
    first = Leniency(debt_ms=0, calls=0, failures=0, liveness_failed=0) if own is None else own
    carried_ms = min(debt_ms, policy.misses_max_pct * policy.miss_worth_ms // 100)
    return replace(first, debt_ms=max(first.debt_ms, carried_ms))


def used(state: State) -> Leniency:
    """Return how much of the rules' leniency the learner has used up: the next session begins with it."""
    samples = state.samples
    return Leniency(
        debt_ms=samples.debt_ms,
        calls=samples.calls,
        failures=samples.failures,
        liveness_failed=state.liveness.failed,
    )


def stake(turn: Turn, elapsed_ms: int) -> None:
    """Let the time run on which draws run; called for ACTIVE time alone. Without a connection nothing can be asked."""
    samples = turn.state.samples
    if samples.fresh and turn.state.link.connected:
        samples.staked_ms += elapsed_ms


def look(turn: Turn, playhead_ms: int) -> None:
    """See whether the media that a regular report may speak of next is new, at least in part."""
    credit, policy = turn.state.credit, turn.policy
    sets = (credit.pending_set, credit.credited, credit.waiting_set)
    window_ms = policy.heartbeat_ms * policy.pace_pct // 100
    turn.state.samples.fresh = _taken_until_ms(sets, playhead_ms) < playhead_ms + window_ms


def _taken_until_ms(sets: tuple[IntervalSet, ...], at_ms: int) -> int:
    """Return how far from ``at_ms`` on the media is taken without a gap."""
    end_ms, grown = at_ms, True
    while grown:
        grown = False
        for taken in sets:
            if taken and taken[-1][1] > end_ms:  # else all of it lies before, as when playing on
                place = bisect_right(taken, (end_ms, 1 << 62)) - 1
                if place >= 0 and taken[place][1] > end_ms:
                    end_ms, grown = taken[place][1], True
    return end_ms


def due_ms(state: State) -> int | None:
    """Return the server time at which the next drawn round is due if the playing goes on; None: not while it stands."""
    samples, reached_ms = state.samples, state.playback.reached_ms
    if not samples.fresh or not state.link.connected:
        return None
    left_ms = samples.next_staked_ms - samples.staked_ms
    return reached_ms + left_ms if left_ms > 0 else reached_ms


def is_due(state: State) -> bool:
    """Return whether a drawn round is due now."""
    ready = state.samples.fresh and state.link.connected
    return ready and state.samples.staked_ms >= state.samples.next_staked_ms


def schedule(turn: Turn, gap_ms: int = 0) -> None:
    """Draw the next moment, at least ``gap_ms`` from now; denser for a while after a missed sample.

    The least gap counts from the order of the round before, so that no time after its end is known to be free. Under
    rules 7 the first one comes before the lesson's end, however far apart a policy lets them be.
    """
    samples, policy = turn.state.samples, turn.policy
    spread_ms = max(0, policy.capture_mean_ms - policy.capture_min_gap_ms)
    max_gap_ms = policy.capture_max_gap_ms
    if policy.rules > 6 and gap_ms == 0:
        lesson_ms = turn.state.info.lesson.duration_ms
        spread_ms = min(spread_ms, lesson_ms * FIRST_SPREAD_PCT // 100)
        max_gap_ms = min(max_gap_ms, lesson_ms * FIRST_BY_PCT // 100)
    if samples.doubt:
        spread_ms //= DOUBT_FACTOR
    samples.next_staked_ms = next_due_ms(
        turn.state.lots,
        "capture",
        samples.staked_ms + max(0, gap_ms),
        mean_ms=spread_ms,
        min_gap_ms=0,
        max_gap_ms=max_gap_ms - max(0, gap_ms),
    )


def pledge(turn: Turn, beat: HeartbeatReceived) -> None:
    """Remember the frames that a report pledges (rules 4).

    Under rules 6 only those of time that was played: who sits there in a pause says nothing of the media before it.
    """
    samples, playback = turn.state.samples, turn.state.playback
    samples.bare_ms = 0 if beat.frames else samples.bare_ms or beat.at_ms
    elapsed_ms = beat.at_ms - playback.beat_ms
    progress_ms = beat.playhead_ms - playback.beat_playhead_ms
    played = playback.beat_ms > 0 and pledged_frames.played(elapsed_ms, progress_ms, beat.rate_bp)
    if turn.policy.schema >= BACK_SINCE_SCHEMA and not played:
        samples.pledged = ()
        return
    samples.pledged = pledged_frames.remember(samples.pledged, beat.frames or (), beat.at_ms, turn.policy)


def new_round(turn: Turn, number: int, *, drawn: bool) -> Round:
    """Return a round that begins now; a drawn one asks for frames that reports have pledged, for none of them twice."""
    samples, policy = turn.state.samples, turn.policy
    if not drawn or not turn.pledged:
        return Round(number=number, drawn=drawn, staked_ms=samples.staked_ms)
    pledged, samples.pledged = samples.pledged, ()
    frames = pledged_frames.chosen(pledged, turn.now_ms, policy)
    spans = policy.rules > 6 and len(frames) > 0
    each_ms = pledged_frames.apart_ms(pledged, policy) if spans else 0
    return Round(
        number=number,
        drawn=True,
        staked_ms=samples.staked_ms,
        frames=frames,
        bare=pledged_frames.bare(samples.bare_ms, turn.now_ms, policy),
        back=pledged_frames.looks_back(pledged, frames, turn.now_ms, policy),
        span=tuple(digest for _, digest in reversed(pledged)) if spans else (),
        span_ms=tuple(said_ms for said_ms, _ in reversed(pledged)) if spans and policy.rules > 7 else (),
        places=pledged_frames.drawn_places(len(pledged), each_ms, turn.state.lots, number, policy) if spans else (),
        absent=-(-pledged_frames.ABSENT_MS // each_ms) if spans else 0,
    )


def forget_pledged(turn: Turn) -> None:
    """Another connection, and perhaps a page that was loaded anew: it does not have the frames any more."""
    turn.state.samples.pledged, turn.state.samples.bare_ms = (), 0


def see(turn: Turn) -> None:
    """Record that a round passed now, without a call."""
    turn.state.samples.seen_ms = turn.now_ms


def seen_lately(state: State, now_ms: int) -> bool:
    """Return whether a round passed so recently that no other is needed for the lesson's end."""
    seen_ms = state.samples.seen_ms
    return seen_ms > 0 and now_ms - seen_ms <= SEEN_LATELY_MS


def miss(turn: Turn, reason: ReasonCode) -> None:
    """Count a missed sample: the next draws come sooner."""
    samples = turn.state.samples
    samples.debt_ms += turn.policy.miss_worth_ms
    samples.doubt = DOUBT_ROUNDS
    samples.telling = _telling(turn, reason)


def doubt(turn: Turn, reason: ReasonCode, current: Round, *, proves: bool = True) -> None:
    """Count a sample of which one pledged frame shows the learner and others do not: a share of a miss.

    Args:
        turn: The turn.
        reason: What those frames show instead.
        current: The round. One such frame may be bad luck; the more there are, the longer the learner was away.
        proves: Whether it proves the media before it; one that was cut off does not.
    """
    policy, samples = turn.policy, turn.state.samples
    percent = pledged_frames.unsure_pct(current.unseen, policy)
    if policy.rules > 6:
        percent = pledged_frames.weight_pct(current, policy)
        if proves and 0 in current.here:
            clear(turn)  # the newest frame shows the learner: the media proved makes up for earlier misses
        samples.doubt = DOUBT_ROUNDS if percent >= SHORT_PCT else samples.doubt
    samples.debt_ms += (
        policy.miss_worth_ms // UNSURE_SHARE if policy.rules < 6 else policy.miss_worth_ms * percent // 100
    )
    samples.telling = reason


def charge(turn: Turn, granted_ms: int) -> None:
    """Count the media that a session grants at an end which its learner chose: no sample was drawn of it."""
    turn.state.samples.debt_ms += EARLY_END_FACTOR * granted_ms


def clear(turn: Turn) -> None:
    """Count a clean sample: the media since the last one makes up for missed ones."""
    samples = turn.state.samples
    samples.debt_ms = max(0, samples.debt_ms - max(0, turn.state.unproved_ms - samples.counted_ms))
    samples.doubt = max(0, samples.doubt - 1)


def count(turn: Turn) -> None:
    """A drawn round is over: the media that is still unproved counts for no later one."""
    turn.state.samples.counted_ms = turn.state.unproved_ms


def owing(state: State, policy: Policy) -> bool:
    """Return whether more samples were missed than proved media has made up for yet."""
    return state.samples.debt_ms > policy.misses_max_pct * policy.miss_worth_ms // 100


def call(turn: Turn, reason: ReasonCode) -> int:
    """Count a bracket for which the learner came only when called; return how many there were."""
    samples = turn.state.samples
    samples.calls += 1
    samples.doubt = DOUBT_ROUNDS
    samples.telling = reason
    return samples.calls


def fail(turn: Turn, reason: ReasonCode) -> None:
    """Count a failed drawn round: its bracket is lost. Under rules 6 it is a missed sample of the rate as well.

    Else a learner who plays lost media again keeps the lucky brackets and pays for none of the others.
    """
    samples = turn.state.samples
    samples.failures += 1
    if turn.policy.rules > 5:
        samples.debt_ms += turn.policy.miss_worth_ms
    samples.doubt = DOUBT_ROUNDS
    samples.telling = reason


def cut(turn: Turn, reason: ReasonCode) -> None:
    """An ordered sample was called off although its order had arrived: the next one passes only as called."""
    turn.state.samples.cut = _telling(turn, reason)


def take_cut(turn: Turn) -> ReasonCode | None:
    """Return why an ordered sample was called off, and forget it: the round that follows is being decided."""
    samples = turn.state.samples
    reason, samples.cut = samples.cut, None
    return reason


def copied(turn: Turn, copies: int) -> bool:
    """Record how many captures are near copies; return whether they are too many from now on (rules 5)."""
    samples = turn.state.samples
    before = samples.copies
    if turn.ends:
        samples.copies = copies
    return before < COPIES_MIN <= samples.copies


def refuse_opening(turn: Turn) -> bool:
    """Count a first check that attack detection alone refused; return whether the session runs in spite of them."""
    samples = turn.state.samples
    samples.refused += 1
    samples.admitted = samples.refused >= turn.policy.opening_failed_max
    return samples.admitted


def failed(state: State, policy: Policy) -> ReasonCode | None:
    """Return why all that is proved goes to review, or None: the opening, near copies, failed rounds, no passkey."""
    if state.samples.admitted:
        return ReasonCode.PAD_ATTACK
    if state.samples.copies >= COPIES_MIN:
        return ReasonCode.DUPLICATE_FRAME
    return _told(state) if state.samples.failures >= policy.failed_max else passkeys.lack(state, policy)


def doubted(state: State, policy: Policy) -> ReasonCode | None:
    """Return why a person decides what waits at the session's end, or None."""
    return failed(state, policy) or (_told(state) if owing(state, policy) else None)


def _told(state: State) -> ReasonCode:
    return state.samples.telling or ReasonCode.CAPTURE_MISSED


def _telling(turn: Turn, reason: ReasonCode) -> ReasonCode:
    """Return the reason that a learner is told for a sample missed for ``reason``: why the time goes to a person."""
    return ReasonCode.CAPTURE_MISSED if turn.pledged and reason in _STANDS else reason
