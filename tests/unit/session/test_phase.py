"""Following the holds: the move that they imply, a minute that begins, a player that goes on."""

from __future__ import annotations

from support.desk import POLICY
from support.hands import Hands
from zaichang.core.reasons import ReasonCode as R
from zaichang.session import decisions as d
from zaichang.session.owners import link, page
from zaichang.session.phase import follow_holds
from zaichang.session.values import Phase


def running() -> Hands:
    return Hands(POLICY).begin()


def test_a_hold_suspends_and_its_end_makes_active_again_with_a_minute() -> None:
    session = running()
    assert session.state.playback.phase is Phase.ACTIVE
    turn = session.turn()
    link.begin_gap(turn)
    follow_holds(turn)
    assert session.state.playback.phase is Phase.SUSPENDED
    link.end_gap(turn)
    follow_holds(turn)
    assert session.state.playback.phase is Phase.ACTIVE
    assert [minute.to_ms for minute in session.state.credit.minutes] == [0], "one minute runs"


def test_nothing_changes_where_no_hold_changed() -> None:
    session = running()
    turn = session.turn()
    before = session.state.credit.minutes
    follow_holds(turn)
    assert turn.out == [] and session.state.credit.minutes == before


def test_a_player_that_we_paused_goes_on_once_the_holds_are_gone() -> None:
    session = running()
    turn = session.turn()
    page.order_pause(turn, R.NETWORK_GAP)
    link.begin_gap(turn)
    follow_holds(turn)
    assert d.OrderResume() not in turn.out
    link.end_gap(turn)
    follow_holds(turn)
    assert turn.out[-1] == d.OrderResume()
    follow_holds(turn)
    assert turn.out.count(d.OrderResume()) == 1
