"""A session's sum: rules, changes, voids of each kind."""

from __future__ import annotations

from support.log_sessions import SmallLog
from zaichang.audit.whole.totals import total_of


def test_changes_are_added() -> None:
    log = SmallLog()
    _, segment, _ = log.whole("a")
    log.amend("a", segment)
    total = total_of(log.known())
    assert (total.counted_ms, total.voided_at) == (130_000, None)
    assert total.sentence() == "130000 ms count: 100000 verified by the rules, +30000 by later changes, +0 by voids."


def test_a_void_of_the_start_or_end_takes_the_whole_session() -> None:
    for place in (0, 2):
        log = SmallLog()
        indexes = log.whole("a")
        log.amend("a", indexes[1])
        void = log.void("a", indexes[place])
        total = total_of(log.known())
        assert (total.counted_ms, total.voided_at) == (0, void)
        assert total.sentence() == f"The session was voided at index {void}: it counts for nothing."


def test_a_void_of_a_change_or_a_segment_takes_what_it_holds() -> None:
    log = SmallLog()
    _, segment, _ = log.whole("a")
    amend = log.amend("a", segment)
    log.void("a", amend)
    assert total_of(log.known()).counted_ms == 100_000
    log.void("a", segment)
    assert total_of(log.known()).counted_ms == 0
    log.amend("a", segment)
    assert total_of(log.known()).counted_ms == 0


def test_a_void_of_an_unknown_leaf_takes_nothing() -> None:
    log = SmallLog()
    log.whole("a")
    log.void("a", 1)
    assert total_of([leaf for leaf in log.known() if leaf.index != 1]).voided_ms == 0
