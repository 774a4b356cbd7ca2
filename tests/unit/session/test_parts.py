"""The parts of a session's state: the copies, written out by hand for speed, lose no field."""

from __future__ import annotations

import dataclasses

import pytest

from zaichang.session.parts import Challenges, Credit, Link, Liveness, Page, Playback, Proofs, Samples
from zaichang.session.values import Round

Part = Challenges | Credit | Link | Liveness | Page | Playback | Proofs | Samples
PARTS: tuple[type[Part], ...] = (Link, Playback, Credit, Proofs, Challenges, Liveness, Page, Samples)


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.__name__)
def test_a_copy_carries_every_field_and_is_another_object(kind: type[Part]) -> None:
    part = kind()
    names = [field.name for field in dataclasses.fields(kind) if (kind, field.name) != (Proofs, "round")]
    for name in names:
        object.__setattr__(part, name, object())  # a value that no other field has
    twin = part.copy()
    assert type(twin) is kind and twin is not part
    assert {name: getattr(twin, name, None) is getattr(part, name) for name in names} == dict.fromkeys(names, True)


def test_the_round_in_progress_is_copied_with_its_part() -> None:
    part = Proofs(round=Round(number=3, taken=2))
    twin = part.copy()
    assert twin.round == part.round and twin.round is not part.round
    assert Proofs().copy().round is None
