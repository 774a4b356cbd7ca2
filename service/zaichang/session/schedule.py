"""Unpredictable, checkable moments: everything is drawn from the session's committed seed.

K = HMAC-SHA256(seed, label | session id | client nonce). Slot i is second i of ACTIVE time; it is *drawn* iff
u32(HMAC(K, i)) < p. Draws are memoryless: having just been asked tells nothing of the next time, beyond the published
minimum gap. A round is forced where no slot was drawn for the maximum gap. The seed is committed to at the start and
revealed at the end, so anyone can recompute every draw (docs/evidence.md).
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from zaichang.session.events import SessionStarted

SLOT_MS = 1_000
_U32 = 1 << 32
_BLOCK_BYTES = 64


@lru_cache(maxsize=1024)
def _keyed(seed: str, label: str, session_id: str, client_nonce: str) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Return HMAC's two hashes with K already taken in (RFC 2104 section 4): copying them is what makes draws quick."""
    key = hmac.digest(bytes.fromhex(seed), f"{label}|{session_id}|{client_nonce}".encode(), "sha256")
    block = key.ljust(_BLOCK_BYTES, b"\x00")
    return hashlib.sha256(bytes(byte ^ 0x36 for byte in block)), hashlib.sha256(bytes(byte ^ 0x5C for byte in block))


def draw(info: SessionStarted, label: str, number: int) -> bytes:
    """Return 32 bytes that depend on the seed, the session, the client's nonce, a label and a number."""
    inner, outer = _keyed(info.seed, label, info.session_id, info.client_nonce)
    inner, outer = inner.copy(), outer.copy()
    inner.update(number.to_bytes(8, "big"))
    outer.update(inner.digest())
    return outer.digest()


def heartbeat_nonce(info: SessionStarted, seq: int) -> str:
    """Return the single-use value that heartbeat ``seq`` must carry (I4), 32 hex digits."""
    return draw(info, "heartbeat", seq)[:16].hex()


def next_due_ms(
    info: SessionStarted, label: str, now_active_ms: int, *, mean_ms: int, min_gap_ms: int, max_gap_ms: int
) -> int:
    """Return the ACTIVE time of the next draw after one that ended at ``now_active_ms``.

    Args:
        info: Of the session.
        label: ``capture`` or ``challenge``.
        now_active_ms: ACTIVE time now; slots before it are past.
        mean_ms: Mean time between draws, beyond the minimum gap.
        min_gap_ms: Slots nearer than this are skipped.
        max_gap_ms: A draw is forced here.
    """
    odds = max(1, _U32 * SLOT_MS // max(SLOT_MS, mean_ms - min_gap_ms))
    last = (now_active_ms + max_gap_ms) // SLOT_MS
    for slot in range((now_active_ms + min_gap_ms) // SLOT_MS + 1, last):
        if int.from_bytes(draw(info, label, slot)[:4], "big") < odds:
            return slot * SLOT_MS
    return last * SLOT_MS
