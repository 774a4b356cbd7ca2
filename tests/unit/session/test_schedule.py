"""Draws: the published formula, the commitment, the least and the greatest gap."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest

from support.desk import started
from zaichang.session.schedule import SLOT_MS, draw, heartbeat_nonce, next_due_ms

INFO = started()


def published(label: str, number: int) -> bytes:
    """Draw as docs say, with nothing but the standard library."""
    context = f"{label}|{INFO.session_id}|{INFO.client_nonce}".encode()
    key = hmac.new(bytes.fromhex(INFO.seed), context, hashlib.sha256).digest()
    return hmac.new(key, number.to_bytes(8, "big"), hashlib.sha256).digest()


@pytest.mark.parametrize("number", [0, 1, 255, 256, 2**40])
def test_draw_is_the_published_hmac(number: int) -> None:
    assert draw(INFO, "capture", number) == published("capture", number)


def test_draws_differ_by_label_number_seed_session_and_client_nonce() -> None:
    other_infos = [
        replace(INFO, seed="12" * 32),
        replace(INFO, session_id="ac" * 16),
        replace(INFO, client_nonce="23" * 16),
    ]
    draws = {draw(INFO, "capture", 7), draw(INFO, "challenge", 7), draw(INFO, "capture", 8)}
    draws |= {draw(info, "capture", 7) for info in other_infos}
    assert len(draws) == 6


def test_heartbeat_nonces_are_the_draws_first_half() -> None:
    assert heartbeat_nonce(INFO, 3) == published("heartbeat", 3)[:16].hex()
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
        due_ms = next_due_ms(INFO, "capture", now_ms, mean_ms=40_000, min_gap_ms=15_000, max_gap_ms=90_000)
        assert due_ms == naive_due_ms(now_ms, 40_000, 15_000, 90_000)
        gaps.append(due_ms - now_ms)
        now_ms = due_ms
    assert all(15_000 < gap_ms <= 90_000 for gap_ms in gaps)
    assert max(gaps) == 90_000, "a forced round was reached"
    assert len(set(gaps)) > 20, "the times are no rhythm"


def test_a_mean_at_the_least_gap_draws_the_first_slot_and_no_slot_lies_at_the_gap_itself() -> None:
    assert next_due_ms(INFO, "capture", 500, mean_ms=10_000, min_gap_ms=10_000, max_gap_ms=90_000) == 11_000
    assert next_due_ms(INFO, "capture", 0, mean_ms=5_000, min_gap_ms=10_000, max_gap_ms=90_000) == 11_000


def test_where_no_slot_is_left_the_greatest_gap_decides() -> None:
    assert next_due_ms(INFO, "capture", 1_000, mean_ms=20_000, min_gap_ms=10_000, max_gap_ms=10_000) == 11_000
    far_ms = next_due_ms(INFO, "capture", 0, mean_ms=10**12, min_gap_ms=1_000, max_gap_ms=30_500)
    assert far_ms == 30_000
