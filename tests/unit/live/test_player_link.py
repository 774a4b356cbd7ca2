"""The player's side of a session: one connection at most, and without one no message is sent."""

from __future__ import annotations

from typing import Any

from zaichang.core.canonical import canonical_bytes
from zaichang.core.reasons import ReasonCode
from zaichang.live.player_link import PlayerLink
from zaichang.ports.records import StoredMinute
from zaichang.protocol import messages as m
from zaichang.protocol.close_codes import CloseCode
from zaichang.session import decisions as d
from zaichang.session.codec import encode_minute


class Line:
    """A connection that records its messages."""

    def __init__(self, locale: str = "en") -> None:
        self.locale = locale
        self.sent: list[m.ServerMessage] = []
        self.ended: list[tuple[int, str]] = []

    def send(self, message: m.ServerMessage) -> None:
        self.sent.append(message)

    def end(self, code: int, reason: str) -> None:
        self.ended.append((code, reason))


def held(locale: str = "en", link_ms: int = 0) -> tuple[PlayerLink, Line]:
    link, line = PlayerLink(link_ms), Line(locale)
    connection: Any = line
    assert link.attach(connection) is None
    return link, line


def minute(verified_ms: int) -> StoredMinute:
    record = d.Minute(
        index=3, from_ms=0, to_ms=60_000, verdict=d.Verdict.VERIFIED, verified=((0, verified_ms),),
        reasons=(ReasonCode.NO_FACE,),
    )  # fmt: skip
    return StoredMinute(minute=3, body=canonical_bytes(encode_minute(record)))


def final(reason: ReasonCode) -> d.Final:
    return d.Final(at_ms=9, reason=reason, minutes=1, verified_ms=40_000, undecided_ms=5_000)


def test_a_later_connection_takes_over_and_the_earlier_one_is_returned() -> None:
    link, line = held()
    other: Any = Line()
    assert link.attach(other) is line
    link.send(m.Resume())
    assert line.sent == [] and other.sent == [m.Resume()]


def test_only_the_connection_that_holds_the_session_can_let_it_go() -> None:
    link, line = held()
    other: Any = Line()
    one: Any = line
    assert not link.detach(other) and link.connected
    assert link.detach(one) and not link.connected
    assert not link.detach(one)


def test_without_a_connection_nothing_is_told() -> None:
    link = PlayerLink(0)
    link.send(m.Resume())
    link.tell(d.OrderResume(), 0)
    link.tell_minutes([minute(1)])
    link.end(CloseCode.FINISHED, "")
    link.say_goodbye(final(ReasonCode.SESSION_FINISHED))
    assert (link.connected, link.locale()) == (False, "")


def test_a_decision_becomes_its_message_and_one_that_is_none_of_the_players_does_not() -> None:
    link, line = held()
    link.tell(d.OrderResume(), 5)
    link.tell(d.AnalyseCapture(capture_id="c0", identity=False), 5)
    assert line.sent == [m.Resume()]


def test_only_anchored_time_is_called_verified() -> None:
    link, line = held()
    ack = d.AckHeartbeat(
        seq=1, next_nonce="n", counting=True, reason=None, verified_ms=60_000, pending_ms=4_000, frontier_ms=0
    )
    link.tell(ack, 0)
    link.count_anchored([minute(40_000), minute(10_000)])
    link.tell(ack, 0)
    shown = [(each.verified_ms, each.pending_ms) for each in line.sent if isinstance(each, m.Ack)]
    assert shown == [(0, 64_000), (50_000, 14_000)]


def test_the_countdown_keeps_back_the_time_of_a_bad_line() -> None:
    link, line = held(link_ms=2_000)
    order = d.OrderChallenge(challenge_id="q1", kind=d.ChallengeKind.CONFIRM, options=("a", "b"), deadline_ms=91_000)
    link.tell(order, 1_000)
    [shown] = line.sent
    assert isinstance(shown, m.ChallengeOrder) and shown.within_ms == 88_000


def test_minutes_are_told_in_the_players_language() -> None:
    for locale in ("en", "zh-CN"):
        link, line = held(locale)
        assert link.locale() == locale
        link.tell_minutes([minute(1_000), minute(2_000)])
        told = [each for each in line.sent if isinstance(each, m.MinuteSealed)]
        assert [(each.index, each.verdict, each.verified_ms) for each in told] == [(3, "V", 1_000), (3, "V", 2_000)]
        assert told[0].messages[0].isascii() is (locale == "en")


def test_the_end_is_told_before_the_connection_closes_and_names_its_kind() -> None:
    for reason, code in (
        (ReasonCode.SESSION_FINISHED, CloseCode.FINISHED),
        (ReasonCode.SUPERSEDED, CloseCode.SUPERSEDED),
    ):
        link, line = held()
        link.say_goodbye(final(reason))
        [said] = line.sent
        assert isinstance(said, m.Closed)
        assert (said.reason, said.verified_ms, said.undecided_ms) == (reason.value, 40_000, 5_000)
        assert line.ended == [(code, reason.value)]
        link.end(CloseCode.OVERLOADED, "slow")
        assert line.ended[-1] == (CloseCode.OVERLOADED, "slow")
