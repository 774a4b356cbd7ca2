"""The draws of a session: unpredictable, checkable moments from two committed random values.

The player commits to its nonce when it joins. The service then draws its seed and commits to that, and only then does
the player reveal the nonce. So neither could choose its half knowing the other's. Nothing is drawn before that.

Where the policy asks for it, a witness's beacon joins a little later (level 2). Neither side had it when committing.
Earlier draws stay as they were; every later draw uses the beacon.

K = HMAC-SHA256(seed, label | session id | client nonce [| beacon]). Slot i is second i of ACTIVE time; it is *drawn*
iff u32(HMAC(K, i)) < p. Draws are memoryless: beyond the published minimum gap, a draw says nothing about the time of
the next one. A round is forced where no slot was drawn for the maximum gap. The seed is revealed at the end, so anyone
can recompute every draw (docs/evidence.md).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from zaichang.core.ids import SessionId
from zaichang.session.events import SessionStarted

CLIENT_NONCE: Final = re.compile(r"([0-9a-f]{2}){16,32}")
"""A client's nonce: 16 to 32 random bytes as lower-case hex."""
_CLIENT_DOMAIN: Final = b"vm/client-nonce/v1"

SLOT_MS = 1_000
_U32 = 1 << 32
_BLOCK_BYTES = 64
_ABOVE_ALL = b"\xff" * 33
"""Longer than a code, so above every one."""


@lru_cache(maxsize=1024)
def _keyed(seed: str, context: str) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Return HMAC's two hashes with K already absorbed (RFC 2104 section 4). Copies of them make draws fast."""
    key = hmac.digest(bytes.fromhex(seed), context.encode(), "sha256")
    block = key.ljust(_BLOCK_BYTES, b"\x00")
    return hashlib.sha256(bytes(byte ^ 0x36 for byte in block)), hashlib.sha256(bytes(byte ^ 0x5C for byte in block))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lots:
    """The inputs of every draw of a session.

    Attributes:
        seed: The service's, 64 hex digits.
        session_id: Of the session.
        client_nonce: The player's, as hex; empty before it is revealed.
        beacon: A witness's, as hex, for the draws made since it came; else empty.
    """

    seed: str
    session_id: SessionId
    client_nonce: str = ""
    beacon: str = ""


def client_commitment(client_nonce: str) -> str:
    """Return a player's commitment: ``SHA-256("vm/client-nonce/v1" || nonce)`` as hex.

    Args:
        client_nonce: As ``CLIENT_NONCE`` has it.
    """
    return hashlib.sha256(_CLIENT_DOMAIN + bytes.fromhex(client_nonce)).hexdigest()


def opens(client_nonce: str, commitment: str) -> bool:
    """Return whether ``client_nonce`` is a nonce and matches ``commitment``."""
    return CLIENT_NONCE.fullmatch(client_nonce) is not None and client_commitment(client_nonce) == commitment


def draw(lots: Lots, label: str, number: int) -> bytes:
    """Return 32 bytes that depend on all of ``lots``, the label and the number."""
    return _drawn(_keyed(lots.seed, _context(lots, label)), number)


def _context(lots: Lots, label: str) -> str:
    beacon = f"|{lots.beacon}" if lots.beacon else ""
    return f"{label}|{lots.session_id}|{lots.client_nonce}{beacon}"


def _drawn(keyed: tuple[hashlib._Hash, hashlib._Hash], number: int) -> bytes:
    inner, outer = keyed[0].copy(), keyed[1].copy()
    inner.update(number.to_bytes(8, "big"))
    outer.update(inner.digest())
    return outer.digest()


def heartbeat_nonce(info: SessionStarted, seq: int) -> str:
    """Return the single-use value that heartbeat ``seq`` must carry (I4), 32 hex digits.

    It is derived from the seed alone, because the first one is needed before the client's nonce arrives.
    """
    return _drawn(_keyed(info.seed, f"heartbeat|{info.session_id}|"), seq)[:16].hex()


def next_due_ms(
    lots: Lots,
    label: str,
    now_active_ms: int,
    *,
    mean_ms: int,
    min_gap_ms: int,
    max_gap_ms: int,
    found_ms: int = 0,
) -> int:
    """Return the ACTIVE time of the next draw after one that ended at ``now_active_ms``.

    Args:
        lots: Of the session.
        label: ``capture`` or ``challenge``.
        now_active_ms: ACTIVE time now; slots before it are past.
        mean_ms: Mean time between draws, beyond the minimum gap.
        min_gap_ms: Slots nearer than this are skipped.
        max_gap_ms: A draw is forced here.
        found_ms: The result of the same arguments for an earlier ``now_active_ms``: no slot before it is drawn, so
            none is computed again; 0: not known.
    """
    odds = max(1, _U32 * SLOT_MS // max(SLOT_MS, mean_ms - min_gap_ms))
    last = (now_active_ms + max_gap_ms) // SLOT_MS
    first = (now_active_ms + min_gap_ms) // SLOT_MS + 1
    if found_ms > first * SLOT_MS:
        first = found_ms // SLOT_MS
    # Most of a session's work is here: one HMAC a second. So the loop writes ``_drawn`` out, and compares bytes: the
    # first four, big-endian, stand in the order of their numbers.
    below = odds.to_bytes(4, "big") if odds < _U32 else _ABOVE_ALL
    inner, outer = _keyed(lots.seed, _context(lots, label))
    begin_message, begin_code = inner.copy, outer.copy
    for slot in range(first, last):
        message, code = begin_message(), begin_code()
        message.update(slot.to_bytes(8, "big"))
        code.update(message.digest())
        if code.digest() < below:
            return slot * SLOT_MS
    return last * SLOT_MS
