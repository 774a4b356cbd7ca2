"""The line of a mistake in a scenario file, and the word that was perhaps meant."""

from __future__ import annotations

import tomllib

import msgspec
import pytest

from zaichang_simulation.format.places import explained, line_of, located
from zaichang_simulation.format.scenario import Scenario

TEXT = """format = 1
name = "x"

[session]
lesson_s = 60
"seed" = 3

[[camera]]  # the first
kind = "clip"
[[camera]]
kind = "black"
at_s = 5
[camera.transforms]
gain = 2
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("name", 2), ("session", 4), ("session.lesson_s", 5), ("session.seed", 6), ("session.absent", 4),
        ("camera[0]", 8), ("camera[0].kind", 9), ("camera[1]", 10), ("camera[1].at_s", 12),
        ("camera[1].transforms", 13), ("camera[1].transforms[0].gain", 13), ("camera[0].at_s", 8),
        ("nothing", None), ("[]", None),
    ],
)  # fmt: skip
def test_a_place_has_the_line_of_its_key_or_of_its_table(place: str, line: int | None) -> None:
    assert line_of(TEXT, place) == line


def test_a_message_names_its_line_where_there_is_one() -> None:
    assert located(TEXT, "session.seed", "is wrong.") == "Line 6, session.seed: is wrong."
    assert located(TEXT, "nothing", "is wrong.") == "nothing: is wrong."


def said(body: str) -> str:
    text = 'name = "x"\n' + body
    raw = tomllib.loads(text)
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.convert(raw, Scenario)
    return explained(text, raw, Scenario, error.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "At the beginning of the file, the key format must be given."),
        ("format = 1\nformed = 2", "Line 3, formed: there is no such key. Did you mean format?"),
        ("format = 1\n[session]\nlesson_ms = 3", "Did you mean lesson_s (times are seconds)?"),
        ('format = 1\n[[player]]\ndo = "seek"\nto_s = 1', "Line 3, player[0]: the key at_s must be given."),
        (
            'format = 1\n[session]\nroute = "feet"',
            "Line 4, session.route: Invalid enum value 'feet'; it may be challenge, face.",
        ),
        ('format = 1\n[[player]]\ndo = "fly"\nat_s = 1', "seek"),
        ("format = 1\n[session]\nlesson_s = 0", "Line 4, session.lesson_s: Expected"),
    ],
)
def test_each_kind_of_mistake_is_explained(body: str, message: str) -> None:
    assert message in said(body)


def test_a_key_like_no_other_is_answered_with_all_that_there_are() -> None:
    assert " There are: " in said("format = 1\n[session]\nxyzzy = 1")
