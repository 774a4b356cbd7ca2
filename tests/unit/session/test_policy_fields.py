"""The declarations of a policy's fields: each bound and choice is checked, with the field's name in the message."""

from __future__ import annotations

from dataclasses import MISSING
from typing import Any

import pytest

from zaichang.core.enums import PasskeyUse, Proof
from zaichang.core.errors import ConfigError
from zaichang.session.policy_fields import check, choice, limit, member, sample, switch, whole, word

WHOLE = {"low": 2, "high": 5}
CHOICES = {"choices": (Proof.PRESENCE, Proof.IDENTITY)}


@pytest.mark.parametrize(("declare", "since"), [(whole, 1), (limit, 2), (sample, 3)])
def test_a_number_knows_its_bounds_and_the_schema_that_it_came_with(declare: Any, since: int) -> None:
    spec = declare(3, 2, 5, "Doc.")
    assert spec.default == 3 and spec.default_factory is MISSING
    assert spec.metadata == {"low": 2, "high": 5, "doc": "Doc.", "since": since}
    assert choice((), CHOICES["choices"], "Doc.").metadata == {**CHOICES, "doc": "Doc."}


def test_a_switch_and_a_word_know_their_schema_too() -> None:
    assert switch(True, "Doc.").metadata == {"doc": "Doc.", "since": 1} and switch(True, "Doc.").default is True
    spec = word(PasskeyUse.ALLOWED, "Doc.")
    assert spec.metadata == {"words": ("off", "allowed", "required"), "doc": "Doc.", "since": 4}
    assert type(spec.default) is str, "a pack's own word is no member of the enum"


@pytest.mark.parametrize(
    ("value", "meta"),
    [
        (2, WHOLE),
        (5, WHOLE),
        ((), CHOICES),
        ((Proof.IDENTITY, Proof.PRESENCE), CHOICES),
        ("x" * 64, {}),
        (7, {}),
        ("on", {"words": ("off", "on")}),
    ],
)
def test_a_fitting_value_passes(value: object, meta: dict[str, Any]) -> None:
    check("name", value, meta)


@pytest.mark.parametrize(
    ("value", "meta", "said"),
    [
        (1, WHOLE, "an integer from 2 to 5, got 1"), (6, WHOLE, "got 6"), (True, WHOLE, "got True"),
        ("3", WHOLE, "got '3'"), ((Proof.PAD,), CHOICES, "distinct values out of presence, identity"),
        ((Proof.PRESENCE, Proof.PRESENCE), CHOICES, "distinct"), ("presence", CHOICES, "distinct"),
        ("no", {"words": ("off", "on")}, "one of off, on, got 'no'"),
        ("", {}, "1 to 64 characters"), ("x" * 65, {}, "1 to 64 characters"),
    ],
)  # fmt: skip
def test_any_other_value_is_refused_by_name(value: object, meta: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=r"policy\.invalid: rule ") as refused:
        check("rule", value, meta)
    assert said in str(refused.value)


def test_a_word_becomes_its_member_and_an_unknown_one_stays() -> None:
    assert member(CHOICES["choices"], "identity") is Proof.IDENTITY
    assert member(CHOICES["choices"], "other") == "other" and member(CHOICES["choices"], 7) == 7
