"""The words on a challenge's buttons: in both languages, never two alike; only they tell which button is right."""

from __future__ import annotations

import pytest

from zaichang.live.challenges.confirm_text import confirm_labels, right_option

NAMES = ("later", "here", "away")


@pytest.mark.parametrize("locale", ["zh-CN", "en", "en-GB", ""])
def test_every_variant_has_three_different_texts_in_the_order_asked(locale: str) -> None:
    seen = {confirm_labels(NAMES, variant, locale) for variant in range(16)}
    assert len(seen) == 4
    for labels in seen:
        assert len(set(labels)) == 3
        assert all(label.isascii() == locale.startswith("en") for label in labels)
        assert right_option(("a1", "b2", "c3"), labels) == "b2"
    assert confirm_labels((), 3, locale) == ()


def test_no_text_means_two_things() -> None:
    shown = [confirm_labels(NAMES, variant, locale) for variant in range(4) for locale in ("zh-CN", "en")]
    texts = [label for labels in shown for label in labels]
    assert len(set(texts)) == len(texts) == 24


def test_without_the_right_words_there_is_no_right_button() -> None:
    assert right_option(("a1", "b2"), confirm_labels(("away", "later"), 0, "en")) is None
    with pytest.raises(ValueError, match="argument"):
        right_option(("a1",), ())
