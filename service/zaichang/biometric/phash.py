"""A 64-bit perceptual hash: equal or nearly equal pictures have hashes that differ in few bits."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

HASH_INPUT_PX: Final = 32
HASH_BITS: Final = 64


def _dct_matrix(size: int, rows: int) -> NDArray[np.float64]:
    """Return the first rows of the DCT-II matrix, without the constant one."""
    k = np.arange(1, rows + 1)[:, None]
    x = np.arange(size)[None, :]
    return np.cos(np.pi * (2 * x + 1) * k / (2 * size))


_DCT: Final = _dct_matrix(HASH_INPUT_PX, 8)


def perceptual_hash(grey: NDArray[np.uint8]) -> str:
    """Return the hash of a picture as 16 hex digits.

    The signs of 64 low frequencies against their median (pHash, Zauner 2010): recompression, small noise and
    brightness leave it; motion changes it.

    Args:
        grey: ``(32, 32)`` grey values 0..255.

    Raises:
        ValueError: Where the shape differs.
    """
    if grey.shape != (HASH_INPUT_PX, HASH_INPUT_PX):
        raise ValueError(f"the hash takes a {HASH_INPUT_PX}x{HASH_INPUT_PX} picture, got {grey.shape}")
    low = _DCT @ grey.astype(np.float64) @ _DCT.T
    # The median of 64 numbers, without the general code of np.median.
    middle = np.partition(low.ravel(), (HASH_BITS // 2 - 1, HASH_BITS // 2))[HASH_BITS // 2 - 1 : HASH_BITS // 2 + 1]
    return np.packbits(low > middle.mean()).tobytes().hex()


def hash_distance(first: str, second: str) -> int:
    """Return in how many of 64 bits two hashes differ.

    Raises:
        ValueError: Where one is not 16 hex digits (an unreadable frame has none).
    """
    if len(first) != 16 or len(second) != 16:
        raise ValueError("a perceptual hash has 16 hex digits")
    return (int(first, 16) ^ int(second, 16)).bit_count()
