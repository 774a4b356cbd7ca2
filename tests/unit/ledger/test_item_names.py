"""Items have names for people; one of another pack shows its own word."""

from __future__ import annotations

from zaichang.ledger.item_names import ITEM_NAMES, item_name


def test_a_known_item_has_a_name_in_both_languages_and_another_shows_its_word() -> None:
    assert item_name("study") == ITEM_NAMES["study"]
    assert item_name("walking") == ("walking", "walking")
