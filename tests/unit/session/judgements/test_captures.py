"""The judgement of captures: a lack is never a pass, one miss voids nothing, one lucky hit grants nothing."""

from __future__ import annotations

from typing import Any

import pytest

from support.desk import frame, good_face
from zaichang.core.assessment import not_analysed
from zaichang.core.enums import Proof
from zaichang.core.reasons import ReasonCode as R
from zaichang.session.judgements.captures import face_problem, frame_problem, misses, outcome_of, shows_who, telling
from zaichang.session.policy import Policy
from zaichang.session.values import Outcome, Round

PRESENCE = Policy(proofs=(Proof.PRESENCE,))
IDENTITY = Policy(proofs=(Proof.PRESENCE, Proof.IDENTITY))
FULL = Policy(proofs=(Proof.PRESENCE, Proof.IDENTITY, Proof.PAD))


def rounds(**values: Any) -> Round:
    return Round(number=0, **values)


@pytest.mark.parametrize(("policy", "who"), [(PRESENCE, False), (IDENTITY, True), (FULL, True)])
def test_captures_show_who_it_is_where_identity_or_pad_is_asked(policy: Policy, who: bool) -> None:
    assert shows_who(policy) is who
    assert shows_who(Policy(proofs=(Proof.PAD,)))


@pytest.mark.parametrize(
    ("changes", "policy", "problem"),
    [
        ({}, FULL, None),
        ({"pad_bp": None, "similarity_bp": None}, PRESENCE, None),
        ({"quality_bp": 0}, PRESENCE, R.IDENTITY_UNCERTAIN),
        ({"quality_bp": 0, "reasons": (R.TOO_DARK,)}, PRESENCE, R.TOO_DARK),
        ({"pad_bp": None}, FULL, R.PAD_MISSING),
        ({"pad_bp": 0}, FULL, R.PAD_ATTACK),
        ({"pad_bp": 0}, IDENTITY, None),
        ({"similarity_bp": None}, IDENTITY, R.REFERENCE_MISSING),
        ({"similarity_bp": None, "reasons": (R.FACE_MASKED,)}, IDENTITY, R.FACE_MASKED),
        ({"similarity_bp": 0}, IDENTITY, R.NOT_SAME_PERSON),
        ({"similarity_bp": 0, "reasons": (R.TOO_DARK,)}, IDENTITY, R.TOO_DARK),
    ],
)
def test_the_most_telling_problem_of_a_face(changes: Any, policy: Policy, problem: R | None) -> None:
    assert face_problem(frame(good_face(**changes)), policy) is problem


@pytest.mark.parametrize("field", ["quality", "pad", "similarity"])
def test_a_value_at_its_threshold_passes_and_one_below_does_not(field: str) -> None:
    least = getattr(FULL, f"{field}_min_bp")
    assert face_problem(frame(good_face(**{f"{field}_bp": least})), FULL) is None
    assert face_problem(frame(good_face(**{f"{field}_bp": least - 1})), FULL) is not None


def test_a_frame_without_a_face_is_a_miss_and_a_dropped_one_is_a_lack() -> None:
    assert face_problem(frame(), PRESENCE) is R.NO_FACE
    assert frame_problem(not_analysed()) is R.NOT_ANALYSED
    assert frame_problem(frame(good_face())) is None


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({"passes": FULL.round_passes}, Outcome.PASSED),
        ({"passes": FULL.round_passes - 1}, None),
        ({"refusals": FULL.round_refusals}, Outcome.FAILED),
        ({"refusals": FULL.round_refusals - 1}, None),
        ({"taken": FULL.round_captures - 1}, None),
        ({"taken": FULL.round_captures}, Outcome.FAILED),
        ({"taken": FULL.round_captures, "lacks": FULL.round_passes}, Outcome.UNDECIDED),
        ({"taken": FULL.round_captures, "lacks": FULL.round_passes - 1}, Outcome.FAILED),
        ({"passes": FULL.round_passes, "refusals": FULL.round_refusals}, Outcome.PASSED),
    ],
)
def test_a_round_ends_by_its_passes_its_refusals_or_its_captures(values: Any, outcome: Outcome | None) -> None:
    assert outcome_of(rounds(**values), FULL) is outcome


def test_a_lasting_lack_ends_the_round_for_a_person_to_look() -> None:
    lasting = (R.REFERENCE_MISSING,) * (FULL.round_passes + 1)
    assert outcome_of(rounds(reasons=lasting), FULL) is Outcome.UNDECIDED
    assert outcome_of(rounds(reasons=lasting[1:]), FULL) is None


def test_what_the_service_dropped_is_no_miss_of_the_learner() -> None:
    assert misses(rounds(reasons=(R.NO_FACE, R.NOT_ANALYSED, R.TOO_DARK))) == [R.NO_FACE, R.TOO_DARK]


@pytest.mark.parametrize(
    ("reasons", "outcome", "said"),
    [
        ((R.NO_FACE, R.NOT_SAME_PERSON, R.NO_FACE), Outcome.FAILED, R.NOT_SAME_PERSON),
        ((R.NO_FACE, R.TOO_DARK, R.TOO_DARK), Outcome.FAILED, R.TOO_DARK),
        ((R.NO_FACE, R.NO_FACE, R.PAD_MISSING), Outcome.UNDECIDED, R.PAD_MISSING),
        ((), Outcome.FAILED, R.CAPTURE_MISSED),
    ],
)
def test_the_reason_given_is_of_the_kind_that_decided(reasons: tuple[R, ...], outcome: Outcome, said: R) -> None:
    assert telling(reasons, outcome) is said
