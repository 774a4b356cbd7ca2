"""The texts of the buttons of a confirm challenge. Their keys are random, so only the text identifies a button."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

_WORDINGS: Final = MappingProxyType(
    {
        "here": (
            ("我在学习", "I am studying"),
            ("我在看课", "I am watching"),
            ("我在，请继续", "I am here, go on"),
            ("本人在场", "It is me, I am here"),
        ),
        "away": (
            ("我不在", "I am away"),
            ("没有在看", "I am not watching"),
            ("已离开座位", "I have left my seat"),
            ("无人学习", "No one is studying"),
        ),
        "later": (
            ("稍后再说", "Ask me later"),
            ("过一会儿", "In a while"),
            ("下次再问", "Next time"),
            ("暂不回答", "No answer now"),
        ),
    }
)


def confirm_labels(labels: Sequence[str], variant: int, locale: str) -> tuple[str, ...]:
    """Return the texts of the buttons, in Chinese unless the locale is English.

    Args:
        labels: ``here``, ``away`` and ``later``, in the order in which the buttons are shown.
        variant: The challenge's variant; the wording depends on it.
        locale: ``zh-CN`` or ``en``.
    """
    language = 1 if locale.startswith("en") else 0
    return tuple(_WORDINGS[name][variant % len(_WORDINGS[name])][language] for name in labels)


def right_option(options: Sequence[str], labels: Sequence[str]) -> str | None:
    """Return the key of the button that says "here"; None where no label says so."""
    here = {text for wording in _WORDINGS["here"] for text in wording}
    return next((key for key, label in zip(options, labels, strict=True) if label in here), None)
