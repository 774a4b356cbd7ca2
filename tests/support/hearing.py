"""A listener for spoken codes that knows the digits from other renderings: band energies and dynamic time warping."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zaichang.live.challenges.sound import RATE_HZ, code_parts, code_samples

Sound = NDArray[np.float64]
FRAME = RATE_HZ // 40
STEP = RATE_HZ // 100
BANDS = 16


def features(samples: Sound) -> Sound:
    """Return log energies in 16 bands by 10 ms, the mean taken off."""
    count = 1 + (len(samples) - FRAME) // STEP
    windows = np.stack([samples[i * STEP : i * STEP + FRAME] for i in range(count)]) * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(windows, 512)) ** 2
    bands = np.stack([band.sum(axis=1) for band in np.array_split(power[:, 4:], BANDS, axis=1)], axis=1)
    logs = np.log(bands + 200.0)
    return np.asarray(logs - logs.mean(axis=0), np.float64)


def warped_distance(a: Sound, b: Sound) -> float:
    """Return the mean distance of two words along the best way to stretch one onto the other."""
    cost = np.linalg.norm(a[:, None] - b[None], axis=2).tolist()
    above = [0.0] + [float("inf")] * len(b)
    for row in cost:
        line = [float("inf")]
        for j, here in enumerate(row):
            line.append(here + min(above[j], above[j + 1], line[j]))
        above = line
    return above[-1] / (len(a) + len(b))


def words(code: str, salt: str, language: str) -> list[Sound]:
    """Cut the noisy sound at its pauses, as a listener does."""
    plain = code_samples(code, salt, language).astype(np.float64) - 128
    ends = np.cumsum([len(part) for part in code_parts(code, salt, language)])
    return [plain[a:b] for a, b in zip(ends[:-1:2], ends[1::2], strict=True)]


class Listener:
    """Knows every digit from renderings of its own, none of which is among those it is asked about."""

    def __init__(self, language: str, renderings: int = 2) -> None:
        self.language = language
        self._known = [
            (digit, features(words(str(digit), f"known {number}", language)[0]))
            for digit in range(10)
            for number in range(renderings)
        ]

    def hear(self, word: Sound) -> tuple[int, float]:
        """Return the digit, and how much farther the nearest other digit is (1.0: as near)."""
        said = features(word)
        nearest = [min(warped_distance(said, each) for d, each in self._known if d == digit) for digit in range(10)]
        first, second = np.argsort(nearest)[:2]
        return int(first), float(nearest[second] / nearest[first])
