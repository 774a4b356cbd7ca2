"""The time of a session that a revocation takes, by minute."""

from __future__ import annotations

from zaichang.core.canonical import canonical_bytes
from zaichang.core.periods import year_start_ms
from zaichang.evidence.revocations import left_after, taken_from, taken_in_year
from zaichang.ports.records import StoredMinute

STANDING = {0: ((0, 50),), 1: ((50, 60), (70, 100))}
NEW_YEAR_MS = year_start_ms("2027-01-01")


def minute(index: int, from_ms: int) -> StoredMinute:
    times = {"from_ms": from_ms, "to_ms": from_ms + 60_000}
    return StoredMinute(minute=index, body=canonical_bytes({"index": index, "verdict": "V", **times}))


def test_positions_are_taken_from_the_minutes_that_count_them() -> None:
    assert taken_from(STANDING, ()) == STANDING
    assert taken_from(STANDING, ((55, 80),)) == {1: ((55, 60), (70, 80))}
    assert taken_from(STANDING, ((60, 70),)) == {}
    assert taken_from({}, ((0, 9),)) == {}


def test_a_minute_belongs_to_the_year_in_which_it_begins() -> None:
    minutes = [minute(0, NEW_YEAR_MS - 1), minute(1, NEW_YEAR_MS)]
    assert taken_in_year(STANDING, minutes, "2026-01-01") == {0: STANDING[0]}
    assert taken_in_year(STANDING, minutes, "2027-01-01") == {1: STANDING[1]}
    assert taken_in_year(STANDING, minutes, "2026-11-01") == STANDING
    assert taken_in_year({0: ()}, minutes, "2026-01-01") == {}


def test_the_rest_of_a_minute_goes_on_counting() -> None:
    assert left_after(STANDING, {1: ((55, 60), (70, 80))}) == {1: ((50, 55), (80, 100))}
    assert left_after(STANDING, {0: STANDING[0]}) == {0: ()}
