"""Draws: the published formula, the commitment, the least and the greatest gap."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest

from support.desk import NONCE, started
from zaichang.session.schedule import SLOT_MS, Lots, client_commitment, draw, heartbeat_nonce, next_due_ms, opens

INFO = started()
LOTS = Lots(seed=INFO.seed, session_id=INFO.session_id, client_nonce=NONCE)


def published(label: str, number: int, nonce: str = NONCE, more: str = "") -> bytes:
    """Draw as docs say, with nothing but the standard library."""
    context = f"{label}|{INFO.session_id}|{nonce}{more}".encode()
    key = hmac.new(bytes.fromhex(INFO.seed), context, hashlib.sha256).digest()
    return hmac.new(key, number.to_bytes(8, "big"), hashlib.sha256).digest()


@pytest.mark.parametrize("number", [0, 1, 255, 256, 2**40])
def test_draw_is_the_published_hmac(number: int) -> None:
    assert draw(LOTS, "capture", number) == published("capture", number)


def test_a_beacon_stands_behind_the_nonce() -> None:
    lots = replace(LOTS, beacon="ab" * 32)
    assert draw(lots, "capture", 7) == published("capture", 7, more="|" + "ab" * 32)


def test_draws_differ_by_label_number_seed_session_and_client_nonce() -> None:
    others = [
        replace(LOTS, seed="12" * 32),
        replace(LOTS, session_id="ac" * 16),
        replace(LOTS, client_nonce="23" * 16),
    ]
    draws = {draw(LOTS, "capture", 7), draw(LOTS, "challenge", 7), draw(LOTS, "capture", 8)}
    draws |= {draw(lots, "capture", 7) for lots in others}
    assert len(draws) == 6


def test_heartbeat_nonces_are_the_draws_first_half() -> None:
    """The first is needed before the client's nonce is there: they come from the seed alone."""
    assert heartbeat_nonce(INFO, 3) == published("heartbeat", 3, nonce="")[:16].hex()
    assert len({heartbeat_nonce(INFO, seq) for seq in range(100)}) == 100


def naive_due_ms(now_ms: int, mean_ms: int, min_gap_ms: int, max_gap_ms: int) -> int:
    odds = 2**32 * SLOT_MS // (mean_ms - min_gap_ms)
    last = (now_ms + max_gap_ms) // SLOT_MS
    slot = (now_ms + min_gap_ms) // SLOT_MS + 1
    while slot < last and int.from_bytes(published("capture", slot)[:4], "big") >= odds:
        slot += 1
    return slot * SLOT_MS


def test_due_times_follow_the_published_rule() -> None:
    now_ms, gaps = 0, []
    for _ in range(60):
        due_ms = next_due_ms(LOTS, "capture", now_ms, mean_ms=40_000, min_gap_ms=15_000, max_gap_ms=90_000)
        assert due_ms == naive_due_ms(now_ms, 40_000, 15_000, 90_000)
        gaps.append(due_ms - now_ms)
        now_ms = due_ms
    assert all(15_000 < gap_ms <= 90_000 for gap_ms in gaps)
    assert max(gaps) == 90_000, "a forced round was reached"
    assert len(set(gaps)) > 20, "the times are no rhythm"


def test_a_mean_at_the_least_gap_draws_the_first_slot_and_no_slot_lies_at_the_gap_itself() -> None:
    assert next_due_ms(LOTS, "capture", 500, mean_ms=10_000, min_gap_ms=10_000, max_gap_ms=90_000) == 11_000
    assert next_due_ms(LOTS, "capture", 0, mean_ms=5_000, min_gap_ms=10_000, max_gap_ms=90_000) == 11_000


def test_where_no_slot_is_left_the_greatest_gap_decides() -> None:
    assert next_due_ms(LOTS, "capture", 1_000, mean_ms=20_000, min_gap_ms=10_000, max_gap_ms=10_000) == 11_000
    far_ms = next_due_ms(LOTS, "capture", 0, mean_ms=10**12, min_gap_ms=1_000, max_gap_ms=30_500)
    assert far_ms == 30_000


@pytest.mark.parametrize("max_gap_ms", [20_000, 90_000])
def test_a_draw_that_begins_at_the_one_before_gives_the_same_as_one_from_scratch(max_gap_ms: int) -> None:
    def due_ms(now_ms: int, found_ms: int = 0) -> int:
        return next_due_ms(
            LOTS, "capture", now_ms, mean_ms=40_000, min_gap_ms=5_000, max_gap_ms=max_gap_ms, found_ms=found_ms
        )

    found_ms, kinds = 0, set()
    for now_ms in range(0, 600_000, 700):
        before_ms, found_ms = found_ms, due_ms(now_ms, found_ms)
        assert found_ms == due_ms(now_ms)
        kinds.add(
            "again" if found_ms == before_ms else "forced" if found_ms // 1_000 == now_ms // 1_000 + 20 else "new"
        )
    assert kinds >= ({"again", "forced"} if max_gap_ms == 20_000 else {"again", "new"})


def test_a_draw_trusts_the_one_before() -> None:
    """Else the test above would pass without it: a moment that no call gave is taken for found."""
    odd = next_due_ms(LOTS, "capture", 0, mean_ms=40_000, min_gap_ms=5_000, max_gap_ms=900_000, found_ms=400_000)
    assert odd >= 400_000


def test_the_client_commits_to_a_tag_and_its_nonce() -> None:
    nonce = "00112233445566778899aabbccddeeff"
    assert client_commitment(nonce) == hashlib.sha256(b"vm/client-nonce/v1" + bytes.fromhex(nonce)).hexdigest()
    assert client_commitment(nonce) == "be4e8f53037cfe2991597d3cdfad867eae70d6a44307a33b94b527b009d196d2"


@pytest.mark.parametrize("nonce", ["ab" * 16, "ab" * 32])
def test_a_nonce_opens_its_own_commitment_only(nonce: str) -> None:
    assert opens(nonce, client_commitment(nonce))
    assert not opens(nonce, client_commitment("ac" * 16))


@pytest.mark.parametrize("nonce", ["ab" * 15, "ab" * 33, ""])
def test_a_nonce_of_another_length_opens_nothing(nonce: str) -> None:
    assert not opens(nonce, client_commitment(nonce))


@pytest.mark.parametrize("nonce", ["AB" * 16, "zz" * 16, "ab" * 16 + "\n", "ab" * 15 + "a"])
def test_a_nonce_has_one_spelling(nonce: str) -> None:
    assert not opens(nonce, client_commitment("ab" * 16))
