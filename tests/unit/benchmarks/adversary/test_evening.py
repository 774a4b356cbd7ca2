"""The instrument itself: the ground truth, and the events that it makes of a way."""

from dataclasses import replace

from benchmarks.adversary.evening import spend
from benchmarks.adversary.ways import PLAIN, Seat, rule
from zaichang.launch.policy_packs import load_pack

POLICY = load_pack("default").policy
LESSON_MS = 180_000


def test_an_honest_learner_is_credited_for_all_and_no_more() -> None:
    found = spend(PLAIN, POLICY, 1, LESSON_MS)
    assert (found.credited_ms, found.fair_ms, found.beyond_ms, found.lost_ms) == (LESSON_MS, LESSON_MS, 0, 0)
    assert found.complete
    assert found.sessions == 1


def test_time_without_the_learner_is_not_fair() -> None:
    found = spend(replace(PLAIN, rules=(rule("play", "leave", 30), rule("end", "come"))), POLICY, 1, LESSON_MS)
    assert 29_000 <= found.fair_ms <= 31_000


def test_another_person_in_the_seat_is_not_fair() -> None:
    way = replace(PLAIN, rules=(rule("play", "leave", 30), rule("end", "come")), seat=Seat.OTHER)
    assert 29_000 <= spend(way, POLICY, 1, LESSON_MS).fair_ms <= 31_000


def test_the_same_learner_watches_one_of_two_accounts() -> None:
    found = spend(replace(PLAIN, accounts=2), POLICY, 1, LESSON_MS)
    assert LESSON_MS <= found.fair_ms < LESSON_MS + 10_000


def test_standing_still_is_not_watching() -> None:
    way = replace(PLAIN, rules=(rule("play", "stand", 20, 40, times=1),))
    found = spend(way, POLICY, 1, LESSON_MS)
    assert found.server_ms > LESSON_MS + 40_000
    assert found.fair_ms == LESSON_MS


def test_the_same_seed_gives_the_same_evening() -> None:
    way = replace(PLAIN, rules=(rule("round", "leave", 1), rule("round", "come", 20)))
    assert spend(way, POLICY, 5, LESSON_MS) == spend(way, POLICY, 5, LESSON_MS)


def test_a_lost_connection_is_told_to_the_session() -> None:
    found = spend(replace(PLAIN, rules=(rule("clock", "drop", 60, 30, times=1),)), POLICY, 1, LESSON_MS)
    assert found.complete
    assert found.sessions == 1
    assert found.server_ms > spend(PLAIN, POLICY, 1, LESSON_MS).server_ms + 15_000


def test_a_page_that_is_closed_opens_another_session() -> None:
    found = spend(replace(PLAIN, rules=(rule("clock", "finish", 60, 1, times=2),)), POLICY, 1, LESSON_MS)
    assert found.sessions == 3
    assert found.credited_ms == LESSON_MS
