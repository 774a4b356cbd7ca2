"""What a learner, a bad network and a page under a cheat's control can do: one function each, steered by a number.

A page that is controlled completely can send any event the wire format holds; it cannot date events (the server does),
guess nonces it was not given, or forge what the server makes of a picture. ``n`` picks among variants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

from support.desk import NONCE, done, frame, good_face
from support.watch import Watch
from zaichang.core.assessment import FrameAssessment, not_analysed
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.policy import Policy
from zaichang.session.step import next_deadline_ms
from zaichang.session.values import Phase

Action = Callable[[Watch, int], object]

QUICK = Policy(
    proofs=("presence", "identity"), challenge_mean_ms=40_000, challenge_min_gap_ms=10_000, challenge_max_gap_ms=60_000,
    challenge_deadline_ms=20_000, excuses=2,
)  # fmt: skip
POLICIES = MappingProxyType(
    {
        "quick": QUICK,
        "strict": replace(
            QUICK, proofs=("presence", "identity", "pad"), round_passes=1, round_captures=2, round_refusals=1,
            round_silent=0, excuses=0, strikes_max=3, capture_deadline_ms=3_000,
        ),
        "challenges only": replace(QUICK, proofs=(), capture_mean_ms=30_000),
        "lenient": replace(
            QUICK, skip_allowed=True, rate_max_bp=15_000, burst_ms=15_000, seek_tolerance_ms=5_000,
            pause_when_unfocused=True, excuses=20, challenge_kinds=(),
        ),
        "delivery": replace(QUICK, delivery_required=True, delivery_wait_ms=150_000, challenge_kinds=("confirm",)),
        "short": replace(QUICK, session_max_ms=600_000, abandon_ms=60_000, gap_ms=5_000, heartbeat_ms=2_000),
    }
)  # fmt: skip


LIVE_POLICIES = MappingProxyType(
    {
        "movements": replace(
            QUICK, liveness_start=True, liveness_bracket=True, liveness_max_gap_ms=90_000, excuses=20
        ),
        "movements only": replace(
            QUICK, liveness_bracket=True, liveness_max_gap_ms=60_000, challenge_kinds=(), excuses=20,
            proofs=("presence", "identity", "pad"), challenge_attempts=2, liveness_actions=3,
        ),
    }
)  # fmt: skip


def _pass_rounds(watch: Watch) -> None:
    while watch.state.proofs.round is not None and watch.state.playback.phase is not Phase.CLOSED:
        watch.capture()


def honest(watch: Watch, n: int) -> None:
    """Watch for a while, facing the camera and answering."""
    for _ in range(1 + n % 15):
        if watch.state.playback.phase is Phase.CLOSED:
            return
        span_ms = watch.policy.heartbeat_ms
        watch.wait(span_ms).beat(watch.state.playback.beat_playhead_ms + span_ms)
        _pass_rounds(watch)
        if watch.state.challenges.open is not None:
            if watch.state.challenges.open.kind == "liveness":
                watch.move(after_ms=1_000 + n)
            else:
                watch.answer(after_ms=1_000 + n)
            _pass_rounds(watch)


def play(watch: Watch, n: int) -> None:
    """Report progress and answer nothing."""
    watch.wait(1_000 + n * 40).beat(watch.state.playback.beat_playhead_ms + 1_000 + n * 40)


def log_catches_up(watch: Watch, n: int) -> None:
    """Study for a while from where it counts, and let the delivery log come after; or never."""
    honest(watch, 0)
    watch.wait(500).beat(watch.state.frontier_ms)
    honest(watch, 14)
    if n % 3 == 0:
        for _ in range(31):
            watch.wait(5_000).beat(watch.state.frontier_ms, playing=False)
    watch.do(e.MediaDelivered, spans=((0, max(1, watch.state.playback.beat_playhead_ms), watch.info.at_ms),))


def deliver(watch: Watch, n: int) -> None:
    """Let a delivery log report sent media: the played part, ahead of it, in pieces, long ago or just now."""
    at_ms = watch.state.playback.beat_playhead_ms
    span_ms = 1_000 + n * 50
    sent_ms = watch.now_ms - (0, 5_000, 60_000, 600_000)[n % 4]
    spans = (
        ((max(0, at_ms - span_ms), at_ms + span_ms, sent_ms),),
        ((at_ms, at_ms + span_ms, sent_ms), (0, 5_000, sent_ms)),
        tuple((k * 3_000, k * 3_000 + 1_500, watch.now_ms + k) for k in range(n % 40 + 1)),
        ((0, max(1, at_ms), watch.info.at_ms),),
    )[n // 4 % 4]
    watch.do(e.MediaDelivered, spans=spans)


def play_fast(watch: Watch, n: int) -> None:
    """Play at a higher rate than is claimed, or than is allowed."""
    claimed_bp = (10_000, 10_200, 15_000, 160_000)[n % 4]
    watch.wait(5_000).beat(watch.state.playback.beat_playhead_ms + 5_000 + n * 100, rate_bp=claimed_bp)


def jitter(watch: Watch, n: int) -> None:
    """Report late, then early: what a bad network does to an honest player."""
    late_ms = n * 12
    playhead_ms = watch.state.playback.beat_playhead_ms
    watch.wait(5_000 + late_ms).beat(playhead_ms + 5_000)
    watch.wait(max(0, 5_000 - late_ms)).beat(playhead_ms + 10_000)


def seek(watch: Watch, n: int) -> None:
    """Report another position."""
    playheads_ms = (0, watch.state.frontier_ms // 2, watch.state.frontier_ms + n * 3, watch.info.lesson.duration_ms)
    watch.wait(n).beat(playheads_ms[n % 4])


def hop(watch: Watch, n: int) -> None:
    """Pause, move ahead as far as is tolerated, play a moment; again and again."""
    for _ in range(1 + n % 12):
        watch.wait(10).beat(watch.state.playback.beat_playhead_ms, playing=False)
        _pass_rounds(watch)
        to_ms = watch.state.frontier_ms + watch.policy.seek_tolerance_ms
        watch.beat(to_ms, playing=False)
        watch.beat(to_ms)
        watch.wait(100).beat(to_ms + 100)


def backwards(watch: Watch, n: int) -> None:
    """Watch the same again."""
    start_ms = max(0, watch.state.frontier_ms - n * 100)
    watch.wait(10).beat(start_ms)
    watch.wait(5_000).beat(start_ms + 5_000)
    watch.wait(5_000).beat(start_ms + 10_000)


def not_playing(watch: Watch, n: int) -> None:
    """Pause, stall, end, hide or leave the window."""
    playhead_ms = watch.state.playback.beat_playhead_ms + 500
    watch.wait(500)
    match n % 5:
        case 0:
            watch.beat(playhead_ms, playing=False)
        case 1:
            watch.beat(playhead_ms, stalled=True)
        case 2:
            watch.beat(watch.info.lesson.duration_ms, playing=False, ended=True)
        case 3:
            watch.beat(playhead_ms, visible=False, focused=False)
        case _:
            watch.beat(playhead_ms, focused=False)


def forged_heartbeat(watch: Watch, n: int) -> None:
    """Break the chain: wrong nonce, replay, skipped or repeated number."""
    seq = watch.state.link.seq + 1
    watch.wait(n)
    match n % 4:
        case 0:
            watch.beat(watch.state.frontier_ms + 5_000, nonce="00" * 16)
        case 1:
            watch.beat(watch.state.frontier_ms + 5_000, seq=seq + 1)
        case 2:
            watch.beat(watch.state.frontier_ms + 5_000, seq=max(0, seq - 1))
        case _:
            sent = [x for x in watch.events if isinstance(x, e.HeartbeatReceived)]
            if sent:
                old = sent[n % len(sent)]
                watch.beat(old.playhead_ms, seq=old.seq, nonce=old.nonce)


PICTURES: tuple[Callable[[Watch], FrameAssessment], ...] = (
    lambda w: w.picture(),
    lambda w: frame(),
    lambda w: not_analysed(),
    lambda w: frame(good_face(similarity_bp=-1_000), content=w.picture().content),
    lambda w: frame(good_face(pad_bp=None, similarity_bp=None), content=w.picture().content),
    lambda w: frame(good_face(pad_bp=100), content=w.picture().content),
    lambda w: frame(good_face(), content=w.state.proofs.contents[0] if w.state.proofs.contents else ""),
    lambda w: frame(good_face(quality_bp=100), content=w.picture().content),
    lambda w: frame(good_face(), reasons=(ReasonCode.MULTIPLE_FACES,), content=w.picture().content),
    lambda w: frame(good_face(), good_face(similarity_bp=0), reasons=(ReasonCode.BACKGROUND_FACE,),
                    content=w.picture().content),
)  # fmt: skip


def camera(watch: Watch, n: int) -> None:
    """Answer the outstanding order with some picture."""
    if watch.state.proofs.round is not None:
        picture = PICTURES[n % len(PICTURES)](watch)
        watch.capture(picture, camera=f"cam-{n % 3}" if n % 5 == 0 else "cam-1", virtual_camera=n % 11 == 0)


def camera_bad(watch: Watch, n: int) -> None:
    """Fail a whole round."""
    number = watch.state.proofs.rounds
    for _ in range(20):
        if (
            watch.state.proofs.round is None
            or watch.state.proofs.rounds != number
            or watch.state.playback.phase is Phase.CLOSED
        ):
            return
        watch.capture(PICTURES[1 + n % 5](watch))


def overloaded(watch: Watch, n: int) -> None:
    """Wait for a round, and have its pictures dropped by a busy service."""
    for _ in range(30):
        if watch.state.proofs.round is not None or watch.state.playback.phase is not Phase.ACTIVE:
            break
        watch.wait(4_000).beat(watch.state.playback.beat_playhead_ms + 4_000)
    camera_bad(watch, 1)


def forged_capture(watch: Watch, n: int) -> None:
    """Send a picture that was not asked for, or with another's nonce, or twice, or say that none can be taken."""
    for _ in range(3):
        if watch.state.proofs.round is None or not watch.state.proofs.round.capture_id:
            tick(watch, 0)
    current = watch.state.proofs.round
    orders = watch.of(d.OrderCapture)
    if not orders:
        return
    known = orders[n % len(orders)]
    current_id = current.capture_id if current is not None else known.capture_id
    match n % 6:
        case 0:
            watch.do(e.CaptureReceived, capture_id=known.capture_id, nonce=known.nonce, camera="cam-1")
        case 1:
            watch.do(e.CaptureReceived, capture_id=current_id, nonce=orders[0].nonce + "00", camera="cam-1")
        case 2:
            watch.do(e.CaptureReceived, capture_id="", nonce=orders[-1].nonce, camera="cam-1")
        case 3:
            watch.do(e.CaptureAssessed, capture_id=current_id, assessment=watch.picture())
        case 4:
            watch.do(e.CaptureUnavailable, capture_id=current_id)
        case _:
            watch.do(e.CaptureReceived, capture_id=orders[-1].capture_id, nonce=orders[-1].nonce, camera="cam-1")


def open_again(watch: Watch, n: int) -> None:
    """Reveal a nonce once more: the same, or one that would give a schedule to one's liking."""
    nonce = NONCE if n % 3 == 0 else f"{n:032x}"
    out = watch.do(e.NonceRevealed, client_nonce=nonce)
    if watch.state.playback.phase is not Phase.CLOSED:
        assert (d.RejectReveal() in out) is (nonce != NONCE)


def beacon(watch: Watch, n: int) -> None:
    """Bring a witness's beacon: where the policy asks for it and it is in time, the draws to come change."""
    watch.do(e.BeaconArrived, beacon=f"{n:064x}")


def answer(watch: Watch, n: int) -> None:
    """Answer a challenge: rightly, wrongly, too fast, for another one."""
    challenge = watch.state.challenges.open
    if challenge is None or n % 9 == 0:
        watch.do(e.ChallengeAnswered, challenge_id=f"q{n}", answer="here")
    elif n % 3 == 0:
        watch.answer(after_ms=n % 600)
    elif n % 3 == 1:
        watch.answer("wrong")
    else:
        watch.answer(after_ms=700 + n)


def movements(watch: Watch, n: int) -> None:
    """Meet a liveness challenge: rightly, flat, too early, as another person, not at all, for another try."""
    challenge = watch.state.challenges.open
    if challenge is None or challenge.kind != "liveness" or n % 17 == 0:
        watch.do(e.LivenessAssessed, challenge_id=f"q{n % 3}", attempt=n % 4)
        watch.do(e.LivenessBegun, challenge_id=f"q{n % 5}")
        return
    begun = [x for x in watch.wait(n).do(e.LivenessBegun, challenge_id=challenge.challenge_id)
             if isinstance(x, d.OrderLiveness)]  # fmt: skip
    if not begun:
        return
    order = begun[0]
    steps = done(order)["steps"]
    match n % 12:
        case 0:
            watch.move(order, steps=tuple(replace(step, outcome="flat") for step in steps))
        case 1:
            watch.move(order, steps=steps[:-1])
        case 2:
            watch.move(order, steps=tuple(replace(step, onset_ms=n % 300) for step in steps))
        case 3:
            watch.move(order, similarity_bp=0)
        case 4:
            watch.move(order, similarity_bp=None, pad_bp=None)
        case 5:
            watch.move(order, steps=(), reasons=(ReasonCode.NOT_ANALYSED,))
        case 6:
            watch.move(order, camera=f"cam-{n % 3}")
        case 7:
            watch.move(replace(order, attempt=order.attempt + 1))
            watch.move(replace(order, attempt=order.attempt - 1))
        case 8:
            watch.do(e.ConnectionLost)
            watch.do(e.ConnectionResumed)
            watch.move(order)
        case 9:
            pass  # begun, and left
        case _:
            watch.move(order)


def obey(watch: Watch, n: int) -> None:
    """Do as ordered, and face the camera."""
    if watch.state.challenges.open is not None and watch.state.challenges.open.kind == "liveness":
        order = watch.ready(n)
        if order is not None:
            watch.move(order, after_ms=2_000)
        _pass_rounds(watch)
        watch.beat(watch.state.frontier_ms)


def tick(watch: Watch, n: int) -> None:
    """Let a timer fire: when due, a little later, or much too late."""
    due_ms = next_deadline_ms(watch.state, watch.policy)
    span_ms = max(0, (due_ms or watch.now_ms) - watch.now_ms)
    watch.tick(min(span_ms, 120_000) + (0, 1, n * 7)[n % 3])


def silence(watch: Watch, n: int) -> None:
    """Say nothing for a while."""
    watch.wait(5_000 + n * 150)


def tunnel(watch: Watch, n: int) -> None:
    """Lose the connection and come back, playing on meanwhile."""
    watch.do(e.ConnectionLost)
    watch.wait(n * 100)
    watch.do(e.ConnectionResumed)
    watch.beat(watch.state.playback.beat_playhead_ms + (n * 100 if n % 2 else 0))


def finish(watch: Watch, n: int) -> None:
    """Ask for the end."""
    watch.wait(n).do(e.FinishRequested)


def supersede(watch: Watch, n: int) -> None:
    """Start elsewhere."""
    watch.wait(n).do(e.Superseded)


ACTIONS: tuple[Action, ...] = (
    honest, honest, honest, play, play_fast, jitter, seek, hop, backwards, not_playing, forged_heartbeat,
    camera, camera, camera_bad, overloaded, forged_capture, answer, answer, tick, silence, tunnel,
    deliver,
    open_again,
)  # fmt: skip
"""The steps that a script is drawn from; the session's end comes apart."""
