"""Makes text of foreign origin safe to show. All printed and logged text passes through this function. Pure.

A receipt, bundle, leaf, note, witness or package index can contain any character. A terminal executes some of them:
they
move the cursor, clear the screen, reverse the reading direction, or are invisible. Escaped, they are seen as text.
"""

from __future__ import annotations

import html
import unicodedata
from typing import Final

MAX_SHOWN_CHARS: Final = 2_000
"""Longest text that is shown in one piece; a bundle's line may have 4 MB."""
_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's control, format, surrogate, private and unassigned characters, and its two line ends."""
_CUT: Final = "..."


def plain(text: str) -> bool:
    """Return whether a text contains only characters that are safe to show."""
    return (text.isascii() and text.isprintable()) or not any(unicodedata.category(c) in _UNSAFE for c in text)


def plain_lines(text: str) -> bool:
    """Whether a text of several lines holds only characters that show as themselves, and line ends."""
    return plain(text.replace("\n", ""))


def shown(text: str, limit: int | None = MAX_SHOWN_CHARS) -> str:
    r"""Return a text for one line of a terminal, a log or a page.

    Args:
        text: Any text.
        limit: Most characters of ``text`` that are shown; None for all.

    Returns:
        The text with each unsafe character written as ``\uXXXX``, a character above U+FFFF as a pair of surrogates: the
        escapes of JSON, so that a line of JSON stays the same value.
    """
    kept = text if limit is None or len(text) <= limit else text[:limit] + _CUT
    if plain(kept):
        return kept
    return "".join(_escaped(c) if unicodedata.category(c) in _UNSAFE else c for c in kept)


def in_html(text: str) -> str:
    """Return a text for one place of an HTML page, as ``shown`` has it."""
    return html.escape(shown(text))


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[n : n + 2], 'big'):04x}" for n in range(0, len(units), 2))
