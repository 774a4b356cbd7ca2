"""Draws the demo course's three lessons, with sound, into service/zaichang_simulation.demo.lessons.

Run once after changing one; the films are committed. Needs PyAV and a Chinese font::

    pip install av && .venv/bin/python .ci/lessons.py /usr/share/fonts/truetype/wqy/wqy-microhei.ttc
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "service"))

from zaichang_simulation.demo.lessons import FOLDER, LESSONS, Lesson  # noqa: E402  # the path comes first

WIDTH_PX, HEIGHT_PX, FPS, RATE_HZ = 640, 360, 5, 48_000
SKY, INK, QUIET, SUN = (16, 24, 48), (240, 244, 250), (150, 165, 190), (255, 196, 70)
MOON, DARK, BLUE = (225, 225, 215), (52, 58, 74), (70, 130, 210)
Draw = ImageDraw.ImageDraw
Sound = NDArray[np.floating[Any]]


class Pen:
    """Draws on one frame."""

    def __init__(self, font: Path) -> None:
        """Begin with the empty sky."""
        self.image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), SKY)
        self.draw = ImageDraw.Draw(self.image)
        self._font = font

    def text(self, x: float, y: float, text: str, size: int, fill: tuple[int, int, int] = INK) -> None:
        """Write a line of text."""
        self.draw.text((x, y), text, font=ImageFont.truetype(str(self._font), size), fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: tuple[int, int, int]) -> None:
        """Fill a disc."""
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def moon(pen: Pen, time_s: float, chapter: int) -> None:
    """The view from above, with the sun's light from the left, and the view from the earth."""
    middle_x, middle_y, radius, angle = 250, 200, 92, 2 * math.pi * time_s / 30
    pen.disc(24, middle_y, 60, SUN)
    for ray_y in range(120, 300, 40):
        pen.draw.line((96, ray_y, 132, ray_y), fill=SUN, width=2)
        pen.draw.polygon(((140, ray_y), (130, ray_y - 5), (130, ray_y + 5)), fill=SUN)
    pen.draw.ellipse(
        (middle_x - radius, middle_y - radius, middle_x + radius, middle_y + radius), outline=DARK, width=2
    )
    pen.disc(middle_x, middle_y, 20, BLUE)
    pen.text(middle_x - 36, middle_y + 26, "地球 earth", 14, QUIET)
    x, y = middle_x - radius * math.cos(angle), middle_y + radius * math.sin(angle)
    pen.disc(x, y, 13, DARK)
    pen.draw.pieslice((x - 13, y - 13, x + 13, y + 13), 90, 270, fill=MOON)
    x, y, radius = 510, 190, 72
    angle %= 2 * math.pi
    pen.disc(x, y, radius, DARK)
    lit = (-90, 90) if angle < math.pi else (90, 270)
    pen.draw.pieslice((x - radius, y - radius, x + radius, y + radius), *lit, fill=MOON)
    width = abs(math.cos(angle)) * radius
    pen.draw.ellipse((x - width, y - radius, x + width, y + radius), fill=DARK if math.cos(angle) > 0 else MOON)
    pen.text(x - 76, y + 84, "从地球看 seen from earth", 14, QUIET)


PITCHES = ((0.0, 0.0), (220.0, 0.5), (440.0, 0.5), (330.0, 0.12), (330.0, 0.6), (440.0, 0.5))


def waves(pen: Pen, time_s: float, chapter: int) -> None:
    """The sound that is heard, drawn as its wave; air that is pressed together and apart."""
    hertz, loud = PITCHES[chapter]
    time_s = int(time_s * 2) / 2
    points = []
    for x in range(40, 601, 4):
        phase = 2 * math.pi * (hertz / 110 * (x - 40) / 140 - time_s * 0.4)
        beat = math.cos(2 * math.pi * (time_s * 0.5 + x / 1200)) if chapter == 5 else 1.0
        points.append((x, 190 - 90 * loud * beat * math.sin(phase)))
    pen.draw.line(points, fill=SUN, width=4)
    pen.draw.line((40, 190, 600, 190), fill=DARK, width=1)
    for x in range(40, 600, 9):
        shift = 5 * loud * math.sin(2 * math.pi * (hertz / 110 * (x - 40) / 140 - time_s * 0.4)) if hertz else 0
        pen.draw.line((x + shift, 290, x + shift, 308), fill=BLUE, width=3)
    if hertz:
        pen.text(470, 70, f"{hertz:.0f} Hz", 26, QUIET)


def lamps(pen: Pen, time_s: float, chapter: int) -> None:
    """Five lamps that count in twos."""
    number = int(time_s / 2) % 32
    for place in range(5):
        x, lit = 120 + 100 * place, number >> (4 - place) & 1
        pen.disc(x, 170, 36, SUN if lit else DARK)
        pen.text(x - 8, 152, str(lit), 30, SKY if lit else QUIET)
        pen.text(x - 12, 218, str(1 << (4 - place)), 22, QUIET)
    pen.text(280, 258, f"= {number}", 40)


def chime(at: Sound, hertz: float = 660.0) -> Sound:
    """A soft bell in the first second of a stretch of time, in seconds."""
    return np.where(at >= 0, 0.25 * np.exp(-4 * np.maximum(at, 0)) * np.sin(2 * np.pi * hertz * at), 0).astype(
        np.float32
    )


def moon_sound(lesson: Lesson, time_s: Sound) -> Sound:
    """A bell where a chapter begins."""
    return chime(time_s % lesson.chapter_s)


def waves_sound(lesson: Lesson, time_s: Sound) -> Sound:
    """The tones themselves, swelling in and out within each chapter."""
    total = np.zeros_like(time_s)
    for number, (hertz, loud) in enumerate(PITCHES):
        inside = time_s - number * lesson.chapter_s
        swell = np.clip(np.minimum(inside - 2, lesson.chapter_s - 2 - inside), 0, 1)
        tone = np.sin(2 * np.pi * hertz * inside)
        if number == len(PITCHES) - 1:
            tone = (tone + np.sin(2 * np.pi * (hertz + 1) * inside)) / 2
        total += 0.4 * loud * swell * tone
    return total


def lamps_sound(lesson: Lesson, time_s: Sound) -> Sound:
    """A short bell for each number, higher the more lamps are lit."""
    number = (time_s / 2).astype(int) % 32
    lit = sum((number >> bit) & 1 for bit in range(5))
    bell: Sound = 0.2 * np.exp(-8 * (time_s % 2)) * np.sin(2 * np.pi * (330 + 110 * lit) * time_s)
    return bell


DRAWN: dict[str, tuple[Callable[[Pen, float, int], None], Callable[[Lesson, Sound], Sound]]] = {
    "moon-phases": (moon, moon_sound),
    "sound": (waves, waves_sound),
    "binary": (lamps, lamps_sound),
}


def frame(lesson: Lesson, time_s: float, font: Path) -> Image.Image:
    """Return the picture at a time: a title, the drawing, and a clock, so that skipping and pausing can be seen."""
    pen = Pen(font)
    chapter = min(int(time_s // lesson.chapter_s), len(lesson.chapters) - 1)
    title = lesson.chapters[chapter]
    pen.text(28, 18, f"{chapter + 1}  {title.title_zh}", 26)
    pen.text(28, 52, title.title_en, 16, QUIET)
    DRAWN[lesson.lesson_id][0](pen, time_s, chapter)
    total_s = lesson.duration_ms // 1_000
    pen.text(28, HEIGHT_PX - 42, f"{int(time_s) // 60}:{int(time_s) % 60:02d} / {total_s // 60}:{total_s % 60:02d}", 18)
    pen.draw.rectangle((150, HEIGHT_PX - 34, 612, HEIGHT_PX - 28), fill=DARK)
    pen.draw.rectangle((150, HEIGHT_PX - 34, 150 + 462 * time_s / total_s, HEIGHT_PX - 28), fill=SUN)
    return pen.image


def write(lesson: Lesson, font: Path) -> None:
    """Write the film and its subtitles."""
    import av  # type: ignore[import-not-found, unused-ignore]  # wanted here only

    seconds = lesson.duration_ms / 1_000
    with av.open(str(FOLDER / lesson.video), "w") as film:
        video: Any = film.add_stream(
            "libvpx-vp9", rate=FPS, options={"crf": "54", "b": "0", "g": "100", "cpu-used": "3"}
        )
        video.width, video.height, video.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        audio: Any = film.add_stream(
            "libopus", rate=RATE_HZ, options={"vbr": "on", "application": "audio", "frame_duration": "60"}
        )
        audio.layout, audio.bit_rate = "mono", 10_000
        for number in range(round(seconds * FPS)):
            picture = av.VideoFrame.from_image(frame(lesson, number / FPS, font))
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            film.mux(video.encode(picture))
            step = RATE_HZ // FPS
            at = (np.arange(step, dtype=np.float32) + number * step) / RATE_HZ
            samples = (DRAWN[lesson.lesson_id][1](lesson, at) * 32_000).astype(np.int16)
            heard = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
            heard.sample_rate, heard.pts, heard.time_base = RATE_HZ, number * step, Fraction(1, RATE_HZ)
            film.mux(audio.encode(heard))
        film.mux(video.encode(None))
        film.mux(audio.encode(None))


def main() -> None:
    """Write every lesson."""
    FOLDER.mkdir(exist_ok=True)
    for lesson in LESSONS:
        write(lesson, Path(sys.argv[1]))
        print(f"{lesson.video}: {(FOLDER / lesson.video).stat().st_size} bytes")


if __name__ == "__main__":
    main()
