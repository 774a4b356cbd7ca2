"""The fields of a leaf that the scan of a whole log needs; the rest is skipped, which makes it quick."""

from __future__ import annotations

from typing import Final

import msgspec

from zaichang.tlog import leaf_dates


class LeafHead(msgspec.Struct, gc=False):
    """A leaf, as far as chains and sums need it; fields that its kind does not have keep their defaults."""

    t: str
    origin: str
    at: int
    v: int = 1
    sid: str = ""
    seq: int = 0
    prev: str = ""
    policy: str = ""
    minutes: str = ""
    verified_ms: int = 0
    segments: int = 0
    n_verified: int = 0
    n_refused: int = 0
    n_undecided: int = 0
    period: str = ""
    from_ms: int = 0
    to_ms: int = 0


decode_head: Final = msgspec.json.Decoder(LeafHead).decode
"""Reads a leaf's head; raises ``msgspec.DecodeError`` or ``UnicodeDecodeError``."""


def earliest_ms(head: LeafHead) -> int:
    """Return the earliest moment at which a leaf may have been written."""
    return leaf_dates.earliest_ms(head.v, head.t, head.at)


def latest_ms(head: LeafHead) -> int:
    """Return the latest moment at which a leaf may have been written."""
    return leaf_dates.latest_ms(head.v, head.t, head.at)
