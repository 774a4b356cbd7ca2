"""Makes the spoken digits of code challenges: live/challenges/digits/{zh,en}.wav, ten slots each, 0 to 9.

Needs espeak-ng (Debian: ``apt-get install espeak-ng``); the files are committed. What a GPL
program says is not covered by its licence. Run: ``python .ci/spoken_digits.py``.
"""

from __future__ import annotations

import io
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "service"))

from zaichang.live.challenges.sound import DIGITS, RATE_HZ, SLOT  # noqa: E402  (needs the path above)

VOICES = {"zh": "cmn", "en": "en-us"}
SAID = {("zh", 1): "幺"}
"""As codes are read out over a telephone: 一 would be mistaken for 四 or 七."""
WORDS_PER_MINUTE = 120
TOP_HZ = 5_300
"""Half an octave above a telephone: the hiss of "six" and the edge of "seven" lie there (benchmarks/sdk/spoken.py)."""


def spoken(voice: str, text: str) -> NDArray[np.float64]:
    """Return a word at 11 kHz, without the silence around it, loudest sample 1."""
    said = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(WORDS_PER_MINUTE), "--stdout", text], check=True, capture_output=True
    ).stdout
    with wave.open(io.BytesIO(said)) as stream:
        rate = stream.getframerate()
        # espeak-ng writes a length it does not know yet when it writes to a pipe.
        frames = stream.readframes(10 * rate)
    samples = np.frombuffer(frames[: len(frames) // 2 * 2], "<i2").astype(np.float64)
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    samples = samples[loud[0] : loud[-1] + 1]
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / rate) > TOP_HZ] = 0
    samples = np.fft.irfft(spectrum, len(samples))
    at = np.arange(int(len(samples) * RATE_HZ / rate)) * rate / RATE_HZ
    samples = np.interp(at, np.arange(len(samples)), samples)
    # Consonants are weak in a narrow band: lift the upper half, so that 四 is not 一.
    samples = samples - 0.5 * np.concatenate([[0], samples[:-1]])
    scaled: NDArray[np.float64] = samples / np.abs(samples).max()
    return scaled


def main() -> int:
    """Write both files."""
    DIGITS.mkdir(exist_ok=True)
    for name, voice in VOICES.items():
        track = np.full(10 * SLOT, 128, np.uint8)
        for digit in range(10):
            samples = spoken(voice, SAID.get((name, digit), str(digit)))
            if len(samples) > SLOT:
                raise SystemExit(f"{name} {digit}: {len(samples)} samples do not fit a slot of {SLOT}")
            track[digit * SLOT :][: len(samples)] = np.round(128 + 120 * samples)
        with wave.open(str(DIGITS / f"{name}.wav"), "wb") as stream:
            stream.setnchannels(1)
            stream.setsampwidth(1)
            stream.setframerate(RATE_HZ)
            stream.writeframes(track.tobytes())
        print(f"wrote {name}.wav")
    return 0


if __name__ == "__main__":
    sys.exit(main())
