"""The spoken code: small, never the same bytes, and every digit known again from its other renderings."""

from __future__ import annotations

import base64
import io
import wave

import numpy as np
import pytest

from support.hearing import Listener, words
from zaichang.live.challenges.picture import code_picture
from zaichang.live.challenges.sound import RATE_HZ, code_parts, code_samples, spoken_code


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_digit_is_known_again_from_other_renderings(language: str) -> None:
    listener = Listener(language)
    for salt, code in (("a" * 16, "01234"), ("b" * 16, "56789"), ("c" * 16, "86420")):
        heard = [listener.hear(word) for word in words(code, salt, language)]
        assert "".join(str(digit) for digit, _ in heard) == code
        assert min(margin for _, margin in heard) > 1.02, "no digit is as near to another"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_loud_enough_clipped_nowhere_and_pauses_between_the_digits(language: str) -> None:
    for number, code in enumerate("0123456789"[i : i + 5] for i in range(6)):
        samples = code_samples(code, f"level {number}", language).astype(np.float64)
        assert 0 < samples.min() and samples.max() < 255
        loudest = np.abs(samples - 128).max()
        assert 128 * 10 ** (-6 / 20) < loudest < 127, "between -6 dB and full"
        silences = code_parts(code, f"level {number}", language)[::2]
        assert len(silences[0]) >= 0.15 * RATE_HZ
        assert min(len(silence) for silence in silences[1:]) >= 0.22 * RATE_HZ
        for word in words(code, f"level {number}", language):
            assert 0.2 < len(word) / RATE_HZ < 0.8
            assert np.abs(word).max() > 128 * 10 ** (-6 / 20), "no digit is whispered"


def test_a_code_fits_its_message_and_is_a_plain_wav() -> None:
    for code in ("4071", "000000"):
        for locale in ("zh-CN", "en"):
            data = base64.b64decode(spoken_code(code, "salt", locale))
            assert len(data) <= 80_000
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
