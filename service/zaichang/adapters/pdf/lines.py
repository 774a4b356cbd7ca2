"""Breaks Chinese text into lines: anywhere between characters, and never before closing or after opening marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

NEVER_FIRST: Final = frozenset("，。；：、！？）》〉〕】”’％·")
NEVER_LAST: Final = frozenset("（《〈〔【“‘")


def break_lines(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Return a text's lines.

    Args:
        text: One paragraph.
        width: Most of a line, in the unit of ``measure``.
        measure: Returns the width of a text.
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line and measure(line + piece) > width:
            lines.append(line.rstrip(" "))
            line = piece.lstrip(" ")
        else:
            line += piece
    return [*lines, line.rstrip(" ")] if line else lines


def _pieces(text: str) -> list[str]:
    """Return the parts of a text that stay together: Latin words and numbers, and marks with their neighbour."""
    pieces: list[str] = []
    for character in text:
        last = pieces[-1][-1] if pieces else ""
        word = last.isascii() and character.isascii() and last not in ("", " ") and character != " "
        if pieces and (word or character in NEVER_FIRST or last in NEVER_LAST):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
