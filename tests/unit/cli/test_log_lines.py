"""A fault that repeats is a few lines and a count."""

from __future__ import annotations

import logging

from zaichang.cli.log_lines import BURST, RepeatedLines


def _record(message: str, *arguments: object, created_s: float = 1_000.0) -> logging.LogRecord:
    record = logging.LogRecord("zaichang.test", logging.ERROR, __file__, 1, message, arguments, None)
    record.created = created_s
    return record


def test_the_first_lines_pass_and_the_rest_is_counted() -> None:
    filter_ = RepeatedLines()
    passed = [filter_.filter(_record("connection %d failed", number)) for number in range(1_000)]
    assert passed == [True] * BURST + [False] * (1_000 - BURST)
    again = _record("connection %d failed", 7, created_s=1_012.0)
    assert filter_.filter(again)
    assert again.getMessage() == "connection 7 failed (and 995 more of this kind in the last 12 s)"


def test_kinds_are_counted_apart_and_never_without_end() -> None:
    filter_ = RepeatedLines()
    for number in range(2_000):
        assert filter_.filter(_record(f"kind {number}"))
    assert len(filter_._kinds) == 500
    assert filter_.filter(_record("another"))
