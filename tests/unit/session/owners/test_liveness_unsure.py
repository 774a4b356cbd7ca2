"""Rules 8: movements that were right, and whose pictures are unsure of the learner, wait for the next ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import put
from support.hands import Hands
from unit.session.owners.test_liveness import LIVE, NEVER_MS, at_start, judged
from zaichang.core.enums import LivenessAction, Proof, StepOutcome
from zaichang.core.reasons import ReasonCode as R
from zaichang.session import events as e
from zaichang.session.judgements import liveness_tries
from zaichang.session.owners import liveness
from zaichang.session.playhead import total_ms
from zaichang.session.policy import Policy

RULES = replace(LIVE, schema=9, proofs=tuple(Proof), liveness_max_gap_ms=900_000)
BEFORE = replace(RULES, schema=8)
PLAYED_MS = 30_000
DIM = {"pad_bp": RULES.pad_min_bp - 1}
GLARE = {"similarity_bp": RULES.similarity_min_bp - 1}
PRINT = {"pad_bp": RULES.pad_weak_bp - 1}
STRANGER = {"similarity_bp": RULES.similarity_weak_bp - 1}


def proved(policy: Policy = RULES) -> Hands:
    """Return a session of which captures have proved half a minute."""
    session = at_start(policy)
    session.move()
    session.beat()
    for _ in range(PLAYED_MS // 5_000):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
    put(session.state, samples={"next_staked_ms": session.state.samples.staked_ms})
    session.tick()
    session.round()
    put(session.state, samples={"next_staked_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    assert session.state.pending_ms == session.state.credit.held * PLAYED_MS == PLAYED_MS
    return session


def asked(session: Hands) -> Hands:
    """Let drawn movements fall due."""
    put(session.state, liveness={"due_active_ms": session.state.playback.active_ms})
    session.tick()
    challenge = session.state.challenges.open
    assert challenge is not None and challenge.kind == "liveness"
    return session


def tried(session: Hands, *tries: dict[str, Any]) -> Hands:
    for changes in tries:
        session.move(session.ready(after_ms=100), after_ms=1_500, **changes)  # the player reports every 5 s at least
    return session


def review_ms(session: Hands) -> int:
    return total_ms(session.state.credit.undecided)


@pytest.mark.parametrize("unsure", [DIM, GLARE])
def test_right_movements_in_dim_light_or_with_glare_wait_and_the_lesson_goes_on(unsure: dict[str, Any]) -> None:
    session = tried(asked(proved()), *[unsure] * 3)
    assert judged(session).closed and not judged(session).accepted
    assert session.state.suspended is None and not session.state.challenges.hold
    assert (review_ms(session), session.state.credit.verified_ms, session.state.pending_ms) == (0, 0, PLAYED_MS)
    assert session.state.liveness.due_active_ms >= session.state.playback.active_ms + 90_000, "drawn anew"
    tried(asked(session), {})
    assert (session.state.credit.verified_ms, session.state.liveness.unsure) == (PLAYED_MS, 0)


def test_the_third_in_a_row_leaves_the_time_to_a_person_and_the_lesson_goes_on() -> None:
    session = proved()
    for _ in range(liveness.UNSURE_MAX):
        tried(asked(session), *[DIM] * 3).beat(session.state.playback.beat_playhead_ms + 4_000)
    assert review_ms(session) == 0
    tried(asked(session), *[DIM] * 3)
    assert session.state.suspended is None and review_ms(session) == PLAYED_MS, "what captures have proved"


@pytest.mark.parametrize(
    ("tries", "told"),
    [
        ((PRINT,) * 3, R.PAD_ATTACK),
        ((STRANGER,) * 3, R.NOT_SAME_PERSON),
        (({"similarity_bp": None}, {**DIM, **STRANGER}, {**DIM, "similarity_bp": None}), None),
        (({**GLARE, "pad_bp": None},) * 3, R.NOT_SAME_PERSON),
    ],
)
def test_a_print_another_person_or_a_missing_result_is_no_unsure_learner(
    tries: tuple[dict[str, Any], ...], told: R | None
) -> None:
    session = tried(asked(proved()), *tries[:1])
    if told is None:
        assert judged(session).reason is R.REFERENCE_MISSING, "a missing result is no refusal, as before"
        return
    tried(session, *tries[1:])
    assert session.state.suspended is told and session.state.challenges.hold


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("liveness", {"wanted": True}),
        ("liveness", {"again": True}),
        ("liveness", {"failed": 1}),
        ("challenges", {"hold": True}),
        ("playback", {"closing": R.SESSION_FINISHED}),
    ],
)
def test_a_suspect_picture_an_owed_cure_and_the_end_do_not_wait(part: str, change: dict[str, Any]) -> None:
    session = proved()
    turn = session.turn()
    assert not liveness.waits(turn, unsure=False) and liveness.waits(turn, unsure=True)
    put(session.state, **{part: change})
    assert not liveness.waits(turn, unsure=True) and session.state.liveness.unsure == 1


def test_rules_before_hold_the_session() -> None:
    session = proved(BEFORE)
    put(session.state, liveness={"from_active_ms": 0})
    tried(asked(session), *[DIM] * 3)
    assert session.state.suspended is R.PAD_ATTACK and session.state.challenges.hold


def test_without_identity_and_attack_detection_nothing_is_unsure() -> None:
    order = asked(proved()).ready()
    assert order is not None
    bare = e.LivenessAssessed(at_ms=0, challenge_id=order.challenge_id, attempt=1, steps=())
    assert liveness_tries.unsure(bare, R.PAD_ATTACK, replace(RULES, proofs=(Proof.PRESENCE,)))
    assert not liveness_tries.unsure(bare, R.PAD_ATTACK, RULES)
    assert not liveness_tries.unsure(bare, R.LIVENESS_NO_RESPONSE, replace(RULES, proofs=(Proof.PRESENCE,)))


@pytest.mark.parametrize(("policy", "kind"), [(RULES, "liveness"), (BEFORE, "confirm")])
def test_movements_that_are_due_are_asked_for_and_no_challenges_in_their_place(policy: Policy, kind: str) -> None:
    session = proved(replace(policy, challenge_kinds=("confirm",)))
    put(session.state, liveness={"due_active_ms": session.state.playback.active_ms})
    session.tick()
    challenge = session.state.challenges.open
    assert challenge is not None and challenge.kind == kind
    if kind == "confirm":
        session.answer()
        assert session.state.challenges.open is not None, "rules 7 ask again, until half of the gap is over"


@pytest.mark.parametrize("policy", [RULES, BEFORE])
def test_a_blink_that_glare_hides_is_not_asked_for_again(policy: Policy) -> None:
    session = proved(policy)
    put(session.state, liveness={"from_active_ms": 0})
    order = asked(session).ready()
    assert order is not None
    unseen = e.LivenessStep(action=LivenessAction.BLINK, outcome=StepOutcome.NO_RESPONSE)
    session.move(replace(order, actions=(LivenessAction.BLINK, LivenessAction.TURN_LEFT)), steps=(unseen,))
    challenge = session.state.challenges.open
    assert challenge is not None and challenge.unblinking is (policy is RULES)
    drawn = {
        action
        for tries in range(2, 60)
        for action in liveness_tries.order_of(session.state, replace(challenge, tries=tries), policy).actions
    }
    assert (LivenessAction.BLINK in drawn) is (policy is BEFORE)


def test_another_movement_that_was_not_seen_leaves_the_blink_in() -> None:
    session = asked(proved())
    unseen = e.LivenessStep(action=LivenessAction.LOOK_UP, outcome=StepOutcome.NO_RESPONSE)
    session.move(steps=(unseen,))
    assert session.state.challenges.open is not None and not session.state.challenges.open.unblinking
    session.move(steps=())
    assert session.state.challenges.open is not None and not session.state.challenges.open.unblinking
