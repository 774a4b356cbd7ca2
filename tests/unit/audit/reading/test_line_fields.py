"""Fields of a bundle's line: typed, taken once, none left over."""

import pytest

from zaichang.audit.reading.line_fields import LineFields
from zaichang.core.errors import EvidenceError
from zaichang.tlog.schema import ID

LINE = {"k": "x", "text": "abc", "n": 3, "flag": True, "list": ["a", "b"], "mixed": ["a", 1], "hash": "ab" * 32}


def test_each_type_is_returned_once() -> None:
    get = LineFields({name: value for name, value in LINE.items() if name not in ("flag", "mixed")})
    assert (get.text("text"), get.number("n"), list(get.texts("list"))) == ("abc", 3, ["a", "b"])
    assert get.hash("hash") == bytes.fromhex("ab" * 32)
    get.finish()
    assert LineFields({"h": ["cd" * 32]}).hashes("h") == (bytes.fromhex("cd" * 32),)
    assert (LineFields({"a": "x"}).fitting("a", ID), LineFields({"a": "x"}).blob("a")) == ("x", b"x")
    assert LineFields({"a": "x"}).one_of("a", ("x", "y")) == "x"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("text", ("n",)),
        ("text", ("none",)),
        ("number", ("flag",)),
        ("number", ("text",)),
        ("texts", ("text",)),
        ("texts", ("mixed",)),
        ("hash", ("text",)),
        ("hashes", ("list",)),
        ("one_of", ("text", ("x", "y"))),
        ("finish", ()),
    ],
)
def test_what_does_not_fit_is_refused(method: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(EvidenceError, match=r"must be|Unknown field") as caught:
        found = getattr(LineFields(dict(LINE)), method)(*arguments)
        list(found)
    assert caught.value.code == "E_FORMAT"


def test_a_text_with_a_pattern_must_have_it() -> None:
    with pytest.raises(EvidenceError, match="text must be 1 to 64"):
        LineFields({"text": "a b"}).fitting("text", ID)
