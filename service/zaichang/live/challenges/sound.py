"""The sound of a code challenge, for learners who cannot read the picture: spoken digits, varied by a secret.

The recordings are synthetic (``.ci/spoken_digits.py`` made them with espeak-ng). Speed, pitch, loudness, pauses and
noise
are drawn from the session's secret, so the bytes never repeat and cannot be looked up. This is no CAPTCHA: programs can
recognise speech, and they can read the picture. A correct code shows that a person attends to the page; the captures
around it show who.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import wave
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

DIGITS: Final = Path(__file__).parent / "digits"
RATE_HZ: Final = 11_025
SLOT: Final = 8_270
"""Samples of one digit's place in a recording; the rest of the slot is silence."""
NOISE: Final = 2.0
"""Standard deviation of the noise, of 128."""


@functools.cache
def _recorded(language: str) -> tuple[NDArray[np.float64], ...]:
    with wave.open(str(DIGITS / f"{language}.wav"), "rb") as stream:
        track = np.frombuffer(stream.readframes(10 * SLOT), np.uint8).astype(np.float64) - 128
    spoken = []
    for digit in range(10):
        slot = track[digit * SLOT : (digit + 1) * SLOT]
        spoken.append(slot[: int(np.flatnonzero(np.abs(slot) > 1)[-1]) + 1])
    return tuple(spoken)


def code_parts(code: str, salt: str, language: str) -> list[NDArray[np.float64]]:
    """Return silence and spoken digits in turn, without the noise, in units of an 8-bit sample.

    Args:
        code: At most 6 digits.
        salt: A secret of the session.
        language: ``zh`` (普通话) or ``en``.
    """
    drawn = hashlib.shake_256(f"sound|{salt}|{code}".encode()).digest(64)
    parts = [np.zeros(RATE_HZ * (150 + drawn[0]) // 1_000)]
    for place, digit in enumerate(code):
        speed, loudness, pause = drawn[1 + 3 * place : 4 + 3 * place]
        word = _recorded(language)[int(digit)]
        # 0.92 to 1.08 of the speed and pitch: every digit stays clear, and none sounds twice alike.
        at = np.arange(0, len(word) - 1, 0.92 + 0.16 * speed / 255)
        parts.append(np.interp(at, np.arange(len(word)), word) * (0.7 + 0.25 * loudness / 255))
        parts.append(np.zeros(RATE_HZ * (220 + pause) // 1_000))
    return parts


def code_samples(code: str, salt: str, language: str) -> NDArray[np.uint8]:
    """Return the spoken digits as unsigned 8-bit samples at 11 kHz, shape ``(n,)``; see ``code_parts``."""
    track = np.concatenate(code_parts(code, salt, language))
    seed = hashlib.sha256(f"noise|{salt}|{code}".encode()).digest()
    noise = np.random.default_rng(int.from_bytes(seed, "big")).normal(0, NOISE, len(track) + 2)
    low = np.convolve(noise, (0.5, 0.7, 0.5), "valid")
    return np.clip(np.round(track + low + 128), 0, 255).astype(np.uint8)


def spoken_code(code: str, salt: str, locale: str) -> str:
    """Return a WAV of the digits as base64, in the learner's language.

    Args:
        code: At most 6 digits.
        salt: A secret of the session.
        locale: ``zh-CN`` or ``en``.
    """
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(RATE_HZ)
        sound.writeframes(code_samples(code, salt, "en" if locale.startswith("en") else "zh").tobytes())
    return base64.b64encode(stream.getvalue()).decode("ascii")
