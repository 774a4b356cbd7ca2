"""The gaps of a policy are named where it is checked, each with its bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from zaichang.core.enums import Proof
from zaichang.launch.policy_gaps import gaps
from zaichang.launch.policy_packs import load_pack
from zaichang.session.policy import Policy

STRICT = replace(load_pack("default").policy, passkey_supervised=True)
FACES = (Proof.PRESENCE, Proof.IDENTITY)


def said(policy: Policy) -> list[str]:
    found = gaps(policy)
    assert all(chinese and english for chinese, english in found)
    return [english.split(":")[0] for _, english in found]


def test_a_strict_policy_leaves_none_open() -> None:
    assert said(STRICT) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"passkey_supervised": False}, "Passkeys may be registered unseen (passkey_supervised is off)"),
        ({"passkey_challenge": "allowed"}, "The route without faces asks for no passkey"),
        ({"proofs": FACES}, "No attack detection (pad)"),
        ({"liveness_bracket": False}, "No movement checks (liveness_bracket)"),
        (
            {"capture_mean_ms": 60_000, "capture_min_gap_ms": 30_000},
            "Captures come every 60 s on average and none within 30 s of the last",
        ),
    ],
)
def test_each_choice_that_leaves_a_kind_of_cheat_open_is_named(changes: dict[str, Any], words: str) -> None:
    assert said(replace(STRICT, **changes)) == [words]


def test_a_policy_without_the_route_or_without_faces_says_only_what_it_has() -> None:
    closed = replace(STRICT, non_face_route=False, passkey_supervised=False)
    assert said(closed) == []
    faceless = replace(STRICT, proofs=(), passkey_supervised=False, liveness_start=False, liveness_bracket=False)
    assert said(faceless) == ["Passkeys may be registered unseen (passkey_supervised is off)"]
    old = Policy(schema=2)
    assert said(old) == [
        "No movement checks (liveness_bracket)",
        "The route without faces asks for no passkey",
    ], "rules 1 have no bound on absence"


def test_the_bound_of_rare_captures_is_printed() -> None:
    [first, *_] = [english for _, english in gaps(load_pack("driver-training-like").policy)]
    assert first.endswith("an absent learner may earn up to about 100 % of the time.")
