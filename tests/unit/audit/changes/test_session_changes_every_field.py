"""Each field of each change of credit and of its decision, altered with every key in hand, is noticed.

The institution signs anew after each alteration. Only fields whose every value is as good as another are left out: the
reviewer's name, and commitments to words that are not shown. A smaller grant that leaf and decision state alike is
another decision, not an alteration; so is an appeal about more minutes, or at another time after the session's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.decided import (
    APPEAL,
    AT,
    END,
    LEAVES,
    MINUTE,
    REFUSED,
    U0,
    U1,
    Change,
    checked,
    held,
    honest,
    leaves_of,
    void_of,
)
from zaichang.audit.check import exit_code
from zaichang.core.units import ROUND_MS
from zaichang.tlog.leaf import parse_leaf

HOUR_MS = 3_600_000
FIRST = len(LEAVES)
REFUSAL = honest(granted=[], outcome="refuse", reason="NO_FACE", verdict="F")
REVOKED = honest(granted=[], revoked=[[U0, U0 + 10_000]], outcome="revoke", reason="NO_FACE", proposer="r2")
MOVED = honest(granted=[[U0, U0 + 20_000]], reviewer="service:movements", reason="MOVEMENTS_FOLLOWED")
OF_UNDECIDED = {**APPEAL, "minutes": [4], "at_ms": END + 2 * 300_000}
HONEST: dict[str, list[Change]] = {
    "a grant": [honest()],
    "a refusal": [REFUSAL],
    "a grant after an appeal": [honest(REFUSED, appeal=APPEAL)],
    "a refusal, and a grant after an appeal": [REFUSAL, honest(appeal={**OF_UNDECIDED, "at_ms": END + 2 * 150_000})],
    "a revocation": [honest(), REVOKED],
    "a grant of the service, the rest by a reviewer": [MOVED, honest(granted=[[U0 + 20_000, U1]])],
    "a void of a change": [honest(), void_of(FIRST)],
    "a void of a segment": [void_of(2)],
    "a void of the session": [honest(), void_of(0)],
}
FREE = ("v", "note_c", "reviewer", "proposer", "appeal.text_c", "appeal.number")
LEAF_FIELDS = ("target", "target_hash", "minute", "verdict", "delta_ms", "reason", "at")
"""The others are held by the chain and by the commitment: ``test_session_checks``, ``test_opening_checks``."""


def others(value: Any) -> Iterator[Any]:
    """Yield other values of the same type, near and far."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        yield from (value + 1, value - 1, value + 999, value + HOUR_MS, value - HOUR_MS, -value - 7, 0)
    elif isinstance(value, str):
        yield from ("", value[:-1] + ("0" if value[-1:] != "0" else "1"), value + "A", "ab" * 32, "NO_FACE", "F", "U")
        yield from ("DELIVERY_CONFIRMED", "grant", "revoke", "void", "noted")
    elif isinstance(value, list):
        yield from ([], [*value, [U0 + 1, U0 + 2]], [[U0 - 50_000, U0]], [[0, 10]], [[900_000, 910_000]], [3], "all")
    elif isinstance(value, dict):
        yield from ({}, "none", {**value, "more": 1})


def altered_documents(change: Change, leaf: dict[str, Any], at_ms: int) -> Iterator[tuple[str, Change]]:
    """Yield the decision with one field altered; the leaf follows, but for a void, which may name any leaf."""
    kept = ("target", "target_hash", "reason") if change["outcome"] == "void" else ()
    same = {f"leaf_{name}": leaf[name] for name in kept}
    for name, value in ({"at_ms": at_ms, **change}).items():
        for other in others(value) if name not in FREE else ():
            allowed = name == "at_ms" and leaf["at"] - ROUND_MS <= other < leaf["at"] + ROUND_MS
            if other != value and not allowed:
                yield name, {**change, **same, name: other}
        if name not in ("at_ms", *FREE):
            yield f"no {name}", {each: item for each, item in change.items() if each != name}
    yield "more", {**change, "more": 1}
    for name, value in change.get("appeal", {}).items():
        for other in others(value) if f"appeal.{name}" not in FREE else ():
            in_between = name == "at_ms" and END // MINUTE * MINUTE <= other <= at_ms
            if other != value and not in_between:
                yield f"appeal.{name}", {**change, "appeal": {**change["appeal"], name: other}}


def altered_leaves(change: Change, leaf: dict[str, Any]) -> Iterator[tuple[str, Change]]:
    for name in LEAF_FIELDS:
        if name in leaf:
            for other in others(leaf[name]):
                if other != leaf[name] and (name != "at" or other % MINUTE == 0):  # others break the schema
                    yield f"leaf {name}", {**change, f"leaf_{name}": other}


@pytest.mark.parametrize("changes", HONEST.values(), ids=HONEST)
def test_no_altered_field_passes(changes: list[Change]) -> None:
    assert exit_code(checked(*changes)) == exit_code(held(*changes)) == 0
    silent, count = [], 0
    for place, change in enumerate(changes):
        leaf = parse_leaf(leaves_of(*changes[: place + 1])[0][-1])
        at_ms = AT + (FIRST + place) * 300_000
        for name, other in [*altered_documents(change, leaf, at_ms), *altered_leaves(change, leaf)]:
            count += 1
            if exit_code(held(*changes[:place], other, *changes[place + 1 :])) == 0:
                silent.append((place, name, other.get(name.removeprefix("leaf ").split(".")[0], other)))
    assert count > 50 and silent == []
