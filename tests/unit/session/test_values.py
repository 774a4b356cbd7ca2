"""The values of a session's state: the round, which is changed in place, has a copy that loses no field."""

from __future__ import annotations

import dataclasses

from zaichang.session.values import ACTIVE, CLOSED, Phase, Round


def test_a_copy_of_the_round_carries_every_field_and_is_another_object() -> None:
    current = Round(number=0)
    names = [field.name for field in dataclasses.fields(Round)]
    for name in names:
        object.__setattr__(current, name, object())  # a value that no other field has
    twin = current.copy()
    assert type(twin) is Round and twin is not current
    assert {name: getattr(twin, name, None) is getattr(current, name) for name in names} == dict.fromkeys(names, True)


def test_the_phases_with_a_short_name_are_members_of_the_enum() -> None:
    assert ACTIVE is Phase.ACTIVE and CLOSED is Phase.CLOSED
