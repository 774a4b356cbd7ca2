"""I6: while a challenge waits for its answer, nothing is credited; what rounds proved meanwhile waits with it."""

from __future__ import annotations

from support.desk import Desk, frame, good_face, started
from zaichang.core.reasons import ReasonCode
from zaichang.session.events import FinishRequested
from zaichang.session.policy import Policy

OFTEN = Policy(
    proofs=("presence", "identity"),
    challenge_mean_ms=30_000,
    challenge_min_gap_ms=20_000,
    challenge_max_gap_ms=40_000,
    challenge_deadline_ms=120_000,
    capture_mean_ms=12_000,
    capture_min_gap_ms=8_000,
    capture_max_gap_ms=15_000,
)


def desk(**changes: object) -> Desk:
    return Desk(policy=OFTEN, info=started(OFTEN), **changes)  # type: ignore[arg-type]  # test options


def until_asked(one: Desk) -> int:
    while one.state.challenges.open is None:
        one.study(1_000)
    return one.state.credit.verified_ms


def test_nothing_is_credited_between_the_challenge_and_its_answer_and_all_of_it_after() -> None:
    one = desk(reaction_ms=100_000)
    before_ms = until_asked(one)
    one.study(90_000)
    assert one.state.credit.proved > 0
    assert one.state.credit.verified_ms == before_ms
    assert one.state.pending_ms > 80_000
    one.study(20_000)
    assert one.state.challenges.open is None or one.state.challenges.issued > 1
    assert one.state.credit.verified_ms >= before_ms + 85_000


def test_an_unanswered_challenge_costs_everything_since_it_came() -> None:
    one = desk(reaction_ms=None)
    before_ms = until_asked(one)
    one.study(200_000)
    assert one.state.credit.verified_ms == before_ms
    assert one.state.suspended is ReasonCode.CHALLENGE_UNANSWERED
    assert one.state.credit.proved == 0
    assert ReasonCode.CHALLENGE_UNANSWERED in one.state.credit.minutes[-1].reasons


def test_a_failed_round_meanwhile_takes_back_only_what_no_round_had_proved() -> None:
    one = desk(reaction_ms=100_000)
    before_ms = until_asked(one)
    one.study(50_000)
    present = one.camera
    one.camera = lambda _: frame()
    while one.state.suspended is not ReasonCode.NO_FACE:
        one.study(1_000)
    proved_ms = one.state.pending_ms
    assert one.state.credit.proved > 0 and proved_ms > 30_000
    one.camera = present
    one.study(40_000)
    assert one.state.credit.verified_ms >= before_ms + proved_ms


def test_a_lacking_round_meanwhile_leaves_the_time_to_a_person() -> None:
    policy = Policy(**{**_fields(OFTEN), "proofs": ("presence", "identity", "pad")})
    one = Desk(policy=policy, info=started(policy), reaction_ms=60_000)
    until_asked(one)
    before_ms = one.state.credit.verified_ms
    one.camera = lambda k: frame(good_face(pad_bp=None), content=f"{len(k.events):016x}")
    one.study(70_000)
    assert one.state.credit.verified_ms == before_ms
    assert one.state.credit.undecided


def _fields(policy: Policy) -> dict[str, object]:
    return {name: getattr(policy, name) for name in policy.__dataclass_fields__}


def test_finishing_with_a_challenge_open_waits_for_the_answer_and_then_closes() -> None:
    one = desk(reaction_ms=30_000)
    until_asked(one)
    one.beat()
    one.finish()
    assert one.final is not None
    assert one.final.verified_ms == one.playhead_ms
    assert one.final.reason is ReasonCode.SESSION_FINISHED


def test_finishing_with_a_challenge_that_stays_open_closes_without_that_time() -> None:
    one = desk(reaction_ms=None)
    before_ms = until_asked(one)
    one.study(10_000)
    one.beat()
    one.finish().study(150_000)
    assert one.final is not None
    assert one.final.verified_ms == before_ms


def test_an_answer_before_the_closing_round_has_ended_leaves_the_closing_to_the_round() -> None:
    one = desk(reaction_ms=800)
    while one.state.challenges.open is None:
        one.study(100)
    one.beat()
    one.send(FinishRequested(at_ms=one.now_ms))
    while one.state.challenges.open is not None:
        one.study(100)
    assert one.final is None
    assert one.state.proofs.round is not None
    one.study(5_000)
    assert one.final is not None
    assert one.final.verified_ms == one.playhead_ms
