"""Text of foreign origin on a terminal, in a log and in JSON."""

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaichang.core.text import MAX_SHOWN_CHARS, in_html, plain, plain_lines, shown

HOSTILE = [
    "\x1b[2J\x1b[H", "\r", "\n", "\x00", "\x7f", "\x9b2J", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u00ad",
    "\u2028", "\u2029", "\ud800", "\ue000", "\u0378", "\U000e0041", "\U0010ffff",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_a_terminal_obeys_is_escaped(text: str) -> None:
    assert not plain(text)
    line = shown(f"通过 {text} ok")
    assert plain(line)
    assert line.startswith("通过 ")
    assert "\\u" in line


def test_every_character_is_either_kept_or_escaped() -> None:
    unsafe = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    for point in range(0, sys.maxunicode + 1, 7):
        character = chr(point)
        assert (shown(character) == character) == (unicodedata.category(character) not in unsafe)


@given(st.text(st.characters(exclude_categories=())))
def test_a_line_of_json_keeps_its_value(text: str) -> None:
    line = shown(json.dumps({"x": text}, ensure_ascii=False), None)
    assert plain(line)
    assert json.loads(line) == {"x": json.loads(json.dumps(text))}


def test_a_long_text_is_cut_and_says_so() -> None:
    assert shown("x" * MAX_SHOWN_CHARS) == "x" * MAX_SHOWN_CHARS
    assert shown("x" * 4_000_000) == "x" * MAX_SHOWN_CHARS + "..."
    assert shown("x" * 5_000, None) == "x" * 5_000


def test_several_lines_may_hold_line_ends_and_nothing_else_unsafe() -> None:
    assert plain_lines("第一行\nsecond\n") and not plain("a\nb")
    assert [text for text in HOSTILE if plain_lines(text)] == ["\n"]


def test_a_page_shows_markup_and_control_characters_as_text() -> None:
    assert in_html('<b title="x">\x1b[2J & 在场</b>') == "&lt;b title=&quot;x&quot;&gt;\\u001b[2J &amp; 在场&lt;/b&gt;"
