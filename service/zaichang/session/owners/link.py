"""The player's link: the nonce that it reveals, its chain of heartbeats (I4), and silence.

Writes ``state.link`` and nothing else.
"""

from __future__ import annotations

from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import RejectHeartbeat, RejectReveal
from zaichang.session.events import BeaconArrived, HeartbeatReceived, NonceRevealed
from zaichang.session.owners import credit
from zaichang.session.schedule import heartbeat_nonce, opens
from zaichang.session.state import State
from zaichang.session.turn import Turn

JITTER_FADES = 8
"""The lateness of a report is forgotten by this share with each later one."""


def reveal(turn: Turn, event: NonceRevealed) -> bool:
    """Record the client's nonce; return whether it is new and matches the commitment.

    The same nonce sent again after a lost answer changes nothing.
    """
    link = turn.state.link
    if event.client_nonce == link.client_nonce:
        return False
    if not opens(event.client_nonce, turn.state.info.client_nonce_c):
        credit.indicate(turn, ReasonCode.NONCE_REJECTED)
        turn.add(RejectReveal())
        return False
    link.client_nonce = event.client_nonce
    return True


def take_beacon(turn: Turn, event: BeaconArrived) -> None:
    """Record a witness's beacon, once and in time: the choice of its moment would choose the draws that it changes."""
    link = turn.state.link
    if not link.beacon and event.at_ms < turn.state.info.at_ms + turn.policy.beacon_wait_ms:
        link.beacon = event.beacon


def accept(turn: Turn, beat: HeartbeatReceived) -> bool:
    """Accept the heartbeat that continues the chain, and reject any other; return whether it was accepted."""
    link = turn.state.link
    expected = link.seq + 1
    if beat.seq != expected or beat.nonce != expected_nonce(turn.state):
        credit.indicate(turn, ReasonCode.HEARTBEAT_REJECTED)
        credit.note(turn, ReasonCode.HEARTBEAT_REJECTED)
        code = "nonce" if beat.seq == expected else ("replayed" if beat.seq < expected else "out_of_order")
        turn.add(RejectHeartbeat(seq=beat.seq, code=f"heartbeat.{code}", expected_seq=expected))
        return False
    late_ms = beat.at_ms - link.heard_ms - turn.policy.heartbeat_ms
    faded_ms = link.jitter_ms - link.jitter_ms // JITTER_FADES  # not below 0
    link.jitter_ms = late_ms if late_ms > faded_ms else faded_ms
    link.seq = beat.seq
    link.heard_ms = beat.at_ms
    link.down_ms = 0
    if link.lost_ms and turn.drawn:
        _back(turn, beat.at_ms)
    link.connected = True
    return True


def expected_nonce(state: State) -> str:
    """Return the single-use value that the next heartbeat must carry (I4)."""
    return state.link.next_nonce or heartbeat_nonce(state.info, state.link.seq + 1)


def issue_nonce(turn: Turn) -> str:
    """Draw the value that the heartbeat after the accepted one must carry, and remember it."""
    link = turn.state.link
    link.next_nonce = heartbeat_nonce(turn.state.info, link.seq + 1)
    return link.next_nonce


def end_gap(turn: Turn) -> bool:
    """End the gap that held the session back; return whether there was one."""
    link = turn.state.link
    if link.hold is None:
        return False
    link.hold = None
    return True


def begin_gap(turn: Turn) -> None:
    """Hold the session back: the connection has been silent for too long."""
    turn.state.link.hold = ReasonCode.NETWORK_GAP


def excuse_downtime(turn: Turn, down_ms: int) -> None:
    """Record that the service was down: the learner could not be heard, so the time is no silence of the learner's."""
    turn.state.link.down_ms += down_ms


def set_connected(turn: Turn, *, connected: bool) -> None:
    """Record that the websocket opened or closed."""
    link = turn.state.link
    if turn.drawn:
        if connected:
            _back(turn, turn.now_ms)
            link.answer_ms = -1  # another line, perhaps
        elif not link.lost_ms:
            link.lost_ms = turn.now_ms
    link.connected = connected


def _back(turn: Turn, at_ms: int) -> None:
    link = turn.state.link
    if link.lost_ms:
        link.away_ms += at_ms - link.lost_ms
        link.lost_ms = 0


def take_away_ms(turn: Turn) -> int:
    """Return for how long no connection was open since the last heartbeat, and forget it."""
    link = turn.state.link
    away_ms, link.away_ms = link.away_ms, 0
    return away_ms


def measure(turn: Turn, answer_ms: int) -> None:
    """Take an answer to a capture order as a measurement of the line: the quickest one says how fast it can be."""
    link = turn.state.link
    link.answer_ms = answer_ms if link.answer_ms < 0 else min(link.answer_ms, answer_ms)


def explained_ms(turn: Turn) -> int:
    """Return how late an answer to an order may be before the line no longer explains it (I14)."""
    link, policy = turn.state.link, turn.policy
    line_ms = policy.line_max_ms if link.answer_ms < 0 else link.answer_ms + link.jitter_ms
    return policy.notice_ms + min(policy.line_max_ms, line_ms)
