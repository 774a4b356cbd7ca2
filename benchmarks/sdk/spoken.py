"""Spoken codes, heard by machines: how loud, how long, and whether each digit is read correctly.

Run from the checkout. With ``pip install pocketsphinx`` a recogniser that learned from people's English hears them too;
without it that row is left out::

    .venv/bin/python -m benchmarks.sdk.spoken
"""

from __future__ import annotations

import argparse
import base64
import importlib
import io
import random
import tempfile
import wave
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import report
from tests.support.hearing import Listener, words
from zaichang.live.challenges.sound import RATE_HZ, code_parts, spoken_code

LOCALES = {"zh": "zh-CN", "en": "en"}
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
GRAMMAR = f"#JSGF V1.0; grammar code; <digit> = {' | '.join(NAMES)}; public <code> = <digit> <digit> <digit> <digit>;"
PEOPLES_HZ = 16_000
Hear = Callable[[str, str], str]


def decoded(code: str, salt: str, language: str) -> NDArray[np.float64]:
    """Return the samples that a browser gets to play, -1 to 1."""
    with wave.open(io.BytesIO(base64.b64decode(spoken_code(code, salt, LOCALES[language])))) as sound:
        if (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) != (1, 1, RATE_HZ):
            raise SystemExit("not the WAV that the player expects")
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.uint8)
    return (samples.astype(np.float64) - 128) / 128


def sound_row(language: str, codes: list[str]) -> dict[str, report.Cell]:
    """Return levels and times over all codes."""
    peaks, lengths, clipped, firsts, pauses = [], [], 0, [], []
    for number, code in enumerate(codes):
        samples = decoded(code, f"salt {number}", language)
        peaks.append(float(np.abs(samples).max()))
        lengths.append(len(samples) / RATE_HZ)
        clipped += int(np.count_nonzero((samples <= -1) | (samples >= 127 / 128)))
        silences = [len(part) / RATE_HZ for part in code_parts(code, f"salt {number}", language)[::2]]
        firsts.append(silences[0])
        pauses += silences[1:]
    return {
        "language": language,
        "codes": len(codes),
        "quietest_peak_db": round(20 * float(np.log10(min(peaks))), 1),
        "loudest_peak_db": round(20 * float(np.log10(max(peaks))), 1),
        "clipped_samples": clipped,
        "seconds_shortest": round(min(lengths), 2),
        "seconds_longest": round(max(lengths), 2),
        "silence_first_s": round(min(firsts), 2),
        "pause_shortest_s": round(min(pauses), 2),
    }


def template_hearing(language: str) -> tuple[Hear, list[float]]:
    """Hear by templates of other renderings; the second value collects margins."""
    listener, margins = Listener(language), list[float]()

    def hear(code: str, salt: str) -> str:
        heard = [listener.hear(word) for word in words(code, salt, language)]
        margins.extend(margin for digit, margin in heard)
        return "".join(str(digit) for digit, _ in heard)

    return hear, margins


def recogniser(folder: Path) -> Hear | None:
    """Hear English by pocketsphinx's model of people's speech; None where it is not installed."""
    try:
        sphinx: Any = importlib.import_module("pocketsphinx")
    except ImportError:
        return None
    grammar = folder / "code.gram"
    grammar.write_text(GRAMMAR)
    config = sphinx.Config(
        jsgf=str(grammar),
        hmm=sphinx.get_model_path("en-us/en-us"),
        dict=sphinx.get_model_path("en-us/cmudict-en-us.dict"),
        loglevel="FATAL",
    )
    decoder = sphinx.Decoder(config)

    def hear(code: str, salt: str) -> str:
        samples = decoded(code, salt, "en")
        at = np.arange(0, len(samples) - 1, RATE_HZ / PEOPLES_HZ)
        wide = np.interp(at, np.arange(len(samples)), samples)
        decoder.start_utt()
        decoder.process_raw((wide * 24_000).astype("<i2").tobytes(), False, True)
        decoder.end_utt()
        found = decoder.hyp()
        return "".join(str(NAMES.index(word)) for word in (found.hypstr.split() if found else []))

    return hear


def hearing_row(by: str, language: str, hear: Hear, codes: list[str], margins: list[float]) -> dict[str, report.Cell]:
    """Return how many codes and digits were read correctly, and the mistakes."""
    right_codes = right_digits = 0
    mistaken: Counter[str] = Counter()
    for number, code in enumerate(codes):
        heard = hear(code, f"salt {number}")
        right_codes += heard == code
        for said, taken in zip(code, heard.ljust(len(code), "?"), strict=False):
            right_digits += said == taken
            if said != taken:
                mistaken[f"{said} for {taken}"] += 1
    return {
        "heard_by": by,
        "language": language,
        "codes": len(codes),
        "codes_right": right_codes,
        "digits": 4 * len(codes),
        "digits_right": right_digits,
        "least_margin": round(min(margins), 3) if margins else None,
        "mistaken": "; ".join(f"{pair} x{count}" for pair, count in mistaken.most_common(4)) or None,
    }


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", type=int, default=200)
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    arguments = parser.parse_args()
    rng = random.Random(1)  # noqa: S311 - which codes are tried, nothing secret
    codes = ["".join(rng.choice("0123456789") for _ in range(4)) for _ in range(arguments.codes)]
    report.publish("sdk.spoken.sound", [sound_row(language, codes) for language in LOCALES])
    rows = []
    for language in LOCALES:
        hear, margins = template_hearing(language)
        rows.append(hearing_row("templates of other renderings", language, hear, codes, margins))
    with tempfile.TemporaryDirectory() as folder:
        english = recogniser(Path(folder))
        if english is not None:
            rows.append(hearing_row("pocketsphinx, en-us", "en", english, codes, []))
    report.publish(
        "sdk.spoken",
        rows,
        notes=[
            "no person has judged these sounds; a machine that knows ten digits only says that they differ",
            "least_margin: how much farther the nearest wrong digit was, in the worst case",
        ],
        destination=arguments.json,
    )


if __name__ == "__main__":
    main()
