"""Stored strings become members of their closed sets, and an unknown one is a designed error."""

from __future__ import annotations

import pytest

from zaichang.core.enums import ChallengeKind, Route, stored
from zaichang.core.errors import StorageError


def test_a_stored_word_becomes_its_member() -> None:
    assert stored(ChallengeKind, "confirm", "sessions.owed") is ChallengeKind.CONFIRM


@pytest.mark.parametrize("word", ["", "Face", "x" * 500])
def test_an_unknown_stored_word_names_its_place_and_what_to_do(word: str) -> None:
    with pytest.raises(StorageError) as caught:
        stored(Route, word, "allowances.route")
    assert caught.value.code == "storage.unknown_word"
    assert "allowances.route" in caught.value.message and "newer" in caught.value.hint
    assert len(caught.value.message) < 150
