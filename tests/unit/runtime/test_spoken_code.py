"""The spoken code: small, never the same bytes, and every digit still nearest to its own recording."""

from __future__ import annotations

import base64
import io
import wave

import numpy as np
import pytest
from numpy.typing import NDArray

from zaichang.runtime.challenge_media import HEIGHT_PX, WIDTH_PX, code_picture
from zaichang.runtime.spoken_code import MAX_BYTES, RATE_HZ, _recorded, code_parts, code_samples, spoken_code

FRAME = 200
STEP = 80


def features(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log energies in 16 bands by 10 ms, the mean taken off."""
    count = 1 + (len(samples) - FRAME) // STEP
    windows = np.stack([samples[i * STEP : i * STEP + FRAME] for i in range(count)]) * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(windows, 256)) ** 2
    bands = np.stack([band.sum(axis=1) for band in np.array_split(power[:, 2:], 16, axis=1)], axis=1)
    logs = np.log(bands + 200.0)
    return np.asarray(logs - logs.mean(axis=0), np.float64)


def warped_distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    cost = np.linalg.norm(a[:, None] - b[None], axis=2)
    total = np.full((len(a) + 1, len(b) + 1), np.inf)
    total[0, 0] = 0
    for i in range(len(a)):
        for j in range(len(b)):
            total[i + 1, j + 1] = cost[i, j] + min(total[i, j], total[i, j + 1], total[i + 1, j])
    return float(total[-1, -1]) / (len(a) + len(b))


def words(code: str, salt: str, language: str) -> list[NDArray[np.float64]]:
    """Cut the noisy sound at its pauses, as a listener does."""
    plain = code_samples(code, salt, language).astype(np.float64) - 128
    ends = np.cumsum([len(part) for part in code_parts(code, salt, language)])
    return [plain[a:b] for a, b in zip(ends[:-1:2], ends[1::2], strict=True)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_digit_stays_nearest_to_its_own_recording(language: str) -> None:
    known = [features(word) for word in _recorded(language)]
    for salt, code in (("a" * 16, "01234"), ("b" * 16, "56789"), ("c" * 16, "86420")):
        heard = []
        for word in words(code, salt, language):
            said = features(word)
            heard.append(str(int(np.argmin([warped_distance(said, each) for each in known]))))
        assert "".join(heard) == code


def test_a_code_fits_its_message_and_is_a_plain_wav() -> None:
    for code in ("4071", "000000"):
        for locale in ("zh-CN", "en"):
            data = base64.b64decode(spoken_code(code, "salt", locale))
            assert len(data) <= MAX_BYTES
            with wave.open(io.BytesIO(data)) as sound:
                assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (1, RATE_HZ, 1)
                assert 1.5 < sound.getnframes() / RATE_HZ < 8


def test_the_same_code_never_sounds_or_looks_the_same_but_for_the_same_order() -> None:
    sounds = {spoken_code("1111", f"salt{n}", "zh-CN") for n in range(20)}
    pictures = {code_picture("1111", f"salt{n}") for n in range(20)}
    assert len(sounds) == len(pictures) == 20
    assert spoken_code("1111", "salt0", "zh-CN") in sounds
    # Nor is one recording to be found in another: the digits themselves differ.
    first, second = words("11", "x", "en")
    assert len(first) != len(second) or not np.array_equal(first, second)


def test_the_languages_differ() -> None:
    assert spoken_code("4071", "s", "zh-CN") != spoken_code("4071", "s", "en")


def test_the_picture_is_fine_enough_to_be_enlarged() -> None:
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(code_picture("4071", "s"))))
    assert picture.size == (WIDTH_PX, HEIGHT_PX) == (480, 160)
