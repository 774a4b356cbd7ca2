"""A known leaf gives its fields with a default for a missing or wrongly typed one."""

from __future__ import annotations

from zaichang.audit.findings import About
from zaichang.audit.known_leaf import KnownLeaf


def leaf(**value: str | int) -> KnownLeaf:
    return KnownLeaf(index=9, data=b"", hash=b"", value={**value})


def test_fields_are_typed() -> None:
    one = leaf(t="session.segment", sid="s", n=4)
    assert (one.kind, one.sid, one.number("n")) == ("session.segment", "s", 4)
    assert (one.number("sid"), one.text("n"), one.number("none"), one.text("none")) == (-1, "", -1, "")


def test_only_a_segment_has_a_segment_number() -> None:
    segment, start = leaf(t="session.segment", sid="s", n=4), leaf(t="session.start", sid="s", n=4)
    assert segment.about("log", 7) == About(origin="log", index=9, sid="s", segment=4, event=7)
    assert start.about("log") == About(origin="log", index=9, sid="s")
    assert leaf(t="policy").about("log").sid is None
