"""The phase follows the holds: makes the move that they imply, begins a minute, and lets the player go on."""

from __future__ import annotations

from zaichang.session import transitions
from zaichang.session.owners import credit, page, playback
from zaichang.session.turn import Turn
from zaichang.session.values import ACTIVE


def follow_holds(turn: Turn) -> None:
    """Move to the phase that the holds imply. Called after every change of a hold."""
    state = turn.state
    if playback.move(turn, transitions.target(state)) and state.playback.phase is ACTIVE:
        credit.begin_minute(turn, state.playback.reached_ms)
    if state.page.pause_ordered:
        page.order_resume(turn)
