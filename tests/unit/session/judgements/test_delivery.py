"""I5: where the policy asks for it, only what the delivery log says was sent is credited, late logs within a bound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, T0_MS, put
from support.hands import Hands
from zaichang.core.errors import EvidenceError
from zaichang.core.reasons import ReasonCode
from zaichang.session import codec
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.judgements import delivery
from zaichang.session.owners.playback import PIECES_MAX
from zaichang.session.values import Phase

R = ReasonCode
WAIT_MS = 40_000
DELIVERY = replace(
    POLICY,
    rate_max_bp=10_000,
    seek_tolerance_ms=0,
    delivery_required=True,
    delivery_wait_ms=WAIT_MS,
    challenge_kinds=(),
)
NEVER_MS = 10_000_000


def session(span_ms: int = 20_000, **policy: object) -> Hands:
    """Return a session that played ``span_ms``, all of it pending, in its first minute."""
    made = quiet(Hands(replace(DELIVERY, **policy)).begin())  # type: ignore[arg-type]  # fields
    return play(made, span_ms)


def quiet(made: Hands) -> Hands:
    put(made.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    return made


def play(made: Hands, span_ms: int) -> Hands:
    for _ in range(span_ms // 5_000):
        made.wait(5_000).beat(made.state.playback.beat_playhead_ms + 5_000)
    return made


def prove(made: Hands) -> Hands:
    put(made.state, proofs={"due_ms": made.now_ms})
    made.tick()
    made.round()
    return quiet(made)


def log(made: Hands, *spans: tuple[int, int, int]) -> tuple[d.Decision, ...]:
    return made.do(e.MediaDelivered, spans=spans)


class TestWaiting:
    def test_without_a_log_what_is_proved_waits_and_is_then_left_to_a_person(self) -> None:
        made = prove(session())
        proved_ms = made.now_ms
        assert made.state.credit.credited == () and made.state.credit.pending == ()
        assert made.state.credit.waiting == ((0, 0, 20_000, proved_ms + WAIT_MS),)
        assert made.state.taken == ((0, 20_000),) and made.state.frontier_ms == 20_000
        made.wait(WAIT_MS - 1 - (made.now_ms - proved_ms)).beat(20_000, playing=False)
        assert made.state.credit.waiting
        made.tick(1)
        assert made.state.credit.waiting == () and made.state.credit.undecided == ((0, 20_000),)
        made.do(e.FinishRequested)
        (minute,) = made.minutes_recorded()
        assert minute.verdict is d.Verdict.INDETERMINATE
        assert minute.undecided == ((0, 20_000),) and R.MEDIA_NOT_DELIVERED in minute.reasons
        assert made.final().verified_ms == 0 and made.final().undecided_ms == 20_000

    def test_the_policy_that_does_not_ask_waits_for_nothing(self) -> None:
        made = prove(session(delivery_required=False))
        assert made.state.credit.credited == ((0, 20_000),) and made.state.credit.waiting == ()

    def test_an_acknowledgement_counts_what_waits_as_pending(self) -> None:
        made = prove(session())
        ack = made.wait(1_000).beat(20_000)[-1]
        assert isinstance(ack, d.AckHeartbeat)
        assert (ack.verified_ms, ack.pending_ms, ack.frontier_ms) == (0, 20_000, 20_000)

    def test_a_minute_is_not_recorded_while_a_part_of_it_waits(self) -> None:
        made = prove(session(60_000))
        made.wait(1_000).beat(60_000)
        assert made.minutes_recorded() == []
        log(made, (0, 60_000, T0_MS))
        (minute,) = made.minutes_recorded()
        assert minute.verdict is d.Verdict.VERIFIED and minute.verified_ms == 60_000

    def test_what_waits_earns_nothing_a_second_time(self) -> None:
        made = prove(session())
        made.wait(1_000).beat(0)
        play(made, 20_000)
        assert made.state.credit.pending == ()
        log(made, (0, 60_000, T0_MS))
        assert made.state.credit.verified_ms == 20_000

    def test_neighbours_of_one_minute_wait_together_and_others_apart(self) -> None:
        made = prove(session(10_000))
        made.wait(1_000).beat(10_000)
        first_due_ms = made.state.credit.waiting[0][3]
        prove(play(made, 10_000))
        (one,) = made.state.credit.waiting
        assert one[:3] == (0, 0, 20_000) and one[3] > first_due_ms
        made.wait(1_000).beat(5_000)
        made.wait(1_000).beat(20_000 + delivery.STEP_MS)
        assert made.state.credit.waiting == (one,)

    def test_a_new_minute_or_a_jump_back_waits_apart(self) -> None:
        made = prove(session(60_000))
        made.wait(1_000).beat(60_000)
        prove(play(made, 10_000))
        assert [(index, start, end) for index, start, end, _ in made.state.credit.waiting] == [
            (0, 0, 60_000), (1, 60_000, 70_000),
        ]  # fmt: skip

    def test_neighbours_of_a_later_minute_join_too_and_leave_the_earlier_one_alone(self) -> None:
        made = prove(session(60_000))
        made.wait(1_000).beat(60_000)
        prove(play(made, 10_000))
        made.wait(1_000).beat(70_000)
        prove(play(made, 10_000))
        assert [part[:3] for part in made.state.credit.waiting] == [(0, 0, 60_000), (1, 60_000, 80_000)]

    def test_what_waits_counts_among_the_pieces_that_watching_may_have(self) -> None:
        made = session(0)
        apart = [(100_000 + 2_000 * n, 101_000 + 2_000 * n) for n in range(PIECES_MAX)]
        put(made.state, credit={"credited": tuple(apart[:100])})
        put(made.state, credit={"waiting": tuple((0, *part, made.now_ms + WAIT_MS) for part in apart[100:])})
        put(made.state, credit={"waiting_set": tuple(apart[100:])})
        made.wait(1_000).beat(500_000, playing=False)
        put(made.state, playback={"beat_ms": 0})
        made.wait(1_000).beat(50_000)
        made.wait(5_000).beat(55_000)
        assert made.state.credit.pending == (), "a hundred and twenty-eight pieces, and this were one more"

    def test_a_gap_within_a_minute_waits_apart(self) -> None:
        made = session(10_000, skip_allowed=True)
        made.wait(1_000).beat(10_000, playing=False)
        made.wait(1_000).beat(30_000)
        prove(play(made, 10_000))
        assert [part[:3] for part in made.state.credit.waiting] == [(0, 0, 10_000), (0, 30_000, 40_000)]


class TestTheLog:
    def test_what_was_sent_before_is_credited_at_once(self) -> None:
        made = session(0)
        log(made, (0, 15_000, made.now_ms))
        prove(play(made, 20_000))
        assert made.state.credit.credited == ((0, 15_000),)
        assert [part[:3] for part in made.state.credit.waiting] == [(0, 15_000, 20_000)]
        assert made.state.credit.delivered == (), "what is credited need not be remembered"

    @pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
    def test_the_order_of_its_entries_changes_nothing(self, order: tuple[int, ...]) -> None:
        spans = ((0, 1_000, 0), (1_000, 2_000, 0), (2_000, 3_000, 70_000), (5_000, 6_000, 0))
        kept = delivery.merged((), (spans[place] for place in order), 10, 5_500)
        assert kept == ((0, 2_000, 0), (2_000, 3_000, 70_000), (5_000, 5_500, 0))

    def test_a_late_log_credits_what_waits(self) -> None:
        made = prove(session())
        made.wait(5_000).beat(20_000, playing=False)
        log(made, (5_000, 20_000, T0_MS + 1_000))
        assert made.state.credit.credited == ((5_000, 20_000),) and made.state.credit.verified_ms == 15_000
        assert [part[:3] for part in made.state.credit.waiting] == [(0, 0, 5_000)]
        log(made, (0, 20_000, T0_MS + 1_000))
        assert made.state.credit.verified_ms == 20_000 and made.state.credit.waiting == ()

    def test_a_repeat_changes_nothing(self) -> None:
        made = session(0)
        log(made, (0, 9_000, made.now_ms), (12_000, 15_000, made.now_ms))
        before = made.state.credit.delivered
        log(made, (0, 9_000, made.now_ms), (1_000, 2_000, made.now_ms + 90_000))
        assert made.state.credit.delivered == before == ((0, 9_000, 0), (12_000, 15_000, 0))

    @pytest.mark.parametrize(
        ("after_ms", "counts"), [(0, True), (delivery.STEP_MS, True), (delivery.STEP_MS + 1, False)]
    )
    def test_it_must_have_been_sent_by_the_end_of_the_minute_in_which_it_was_played(
        self, after_ms: int, counts: bool
    ) -> None:
        made = prove(session(60_000))
        made.wait(1_000).beat(60_000, playing=False)
        (minute,) = (each for each in made.state.credit.minutes if each.index == 0)
        sent_ms = minute.to_ms - minute.to_ms % delivery.STEP_MS + after_ms
        made.wait(15_000)
        log(made, (0, 60_000, sent_ms))
        assert bool(made.state.credit.credited) is (counts or sent_ms <= minute.to_ms)

    @pytest.mark.parametrize(("after_ms", "counts"), [(delivery.STEP_MS, True), (2 * delivery.STEP_MS, False)])
    def test_that_end_itself_is_still_in_time(self, after_ms: int, counts: bool) -> None:
        made = prove(session(60_000))
        made.wait(1_000).beat(60_000, playing=False)
        first, *rest = made.state.credit.minutes
        end_ms = first.to_ms // delivery.STEP_MS * delivery.STEP_MS
        put(made.state, credit={"minutes": (replace(first, to_ms=end_ms), *rest)})
        made.wait(14_000)
        log(made, (0, 60_000, end_ms + after_ms))
        assert bool(made.state.credit.credited) is counts

    def test_what_is_sent_later_counts_for_what_is_played_later(self) -> None:
        made = prove(session(60_000))
        made.wait(12_000).beat(60_000)
        log(made, (0, 80_000, made.now_ms + 15_000))
        assert made.state.credit.credited == ()
        prove(play(made, 20_000))
        assert made.state.credit.credited == ((60_000, 80_000),)
        assert [part[:3] for part in made.state.credit.waiting] == [(0, 0, 60_000)]

    def test_the_earliest_sending_counts(self) -> None:
        made = session(0)
        far_ms = made.now_ms + 200_000
        log(made, (0, 30_000, far_ms), (10_000, 20_000, made.now_ms))
        assert [part[2] > 0 for part in made.state.credit.delivered] == [True, False, True]
        log(made, (0, 30_000, made.now_ms))
        assert made.state.credit.delivered == ((0, 30_000, 0),)

    def test_the_lesson_ends_where_it_ends(self) -> None:
        made = session(0)
        end_ms = made.info.lesson.duration_ms
        log(made, (end_ms - 1_000, end_ms + 5_000, made.now_ms), (end_ms, end_ms + 1, made.now_ms))
        assert made.state.credit.delivered == ((end_ms - 1_000, end_ms, 0),)

    def test_so_many_pieces_are_remembered_and_no_more(self) -> None:
        made = session(0)
        log(made, *((2 * n, 2 * n + 1, made.now_ms) for n in range(delivery.SPANS_MAX + 5)))
        assert len(made.state.credit.delivered) == delivery.SPANS_MAX
        assert made.state.credit.delivered[-1][0] == 2 * (delivery.SPANS_MAX - 1)

    def test_before_the_first_minute_sent_means_sent_by_now(self) -> None:
        made = Hands(DELIVERY)
        log(made, (0, 5_000, made.now_ms), (5_000, 9_000, made.now_ms + 1))
        assert made.state.credit.delivered[0] == (0, 5_000, 0) and made.state.credit.delivered[1][2] > made.now_ms


class TestTheEnd:
    def test_a_closing_session_leaves_what_waits_to_a_person(self) -> None:
        made = prove(session())
        made.do(e.Superseded)
        assert made.state.playback.phase is Phase.CLOSED and made.state.credit.waiting == ()
        (minute,) = made.minutes_recorded()
        assert minute.undecided == ((0, 20_000),)
        assert R.MEDIA_NOT_DELIVERED in minute.reasons
        assert made.final().undecided_ms == 20_000

    def test_only_what_is_due_is_given_up(self) -> None:
        made = prove(session(60_000))
        due_ms = made.state.credit.waiting[0][3]
        made.wait(10_000).beat(60_000)
        prove(play(made, 5_000))
        made.wait(due_ms - made.now_ms - 1_000).beat(65_000, playing=False)
        made.tick(1_000)
        assert [part[:3] for part in made.state.credit.waiting] == [(1, 60_000, 65_000)]
        assert made.state.credit.undecided == ((0, 60_000),)

    def test_the_log_counts_only_until_the_session_has_closed(self) -> None:
        made = prove(session())
        made.do(e.FinishRequested)
        assert made.state.playback.phase is Phase.CLOSED
        with pytest.raises(Exception, match="Start a new session"):
            log(made, (0, 20_000, T0_MS))


@pytest.mark.parametrize("span", [(5, 5, 0), (6, 5, 0), (-1, 5, 0), (0, 5, -1)])
def test_a_record_with_an_impossible_span_is_not_decoded(span: tuple[int, int, int]) -> None:
    plain = codec.encode_event(e.MediaDelivered(at_ms=T0_MS, spans=((0, 1, 0), span)))
    with pytest.raises(EvidenceError, match="A MediaDelivered's spans") as refused:
        codec.decode_event(plain)
    assert refused.value.code == "event.invalid"
