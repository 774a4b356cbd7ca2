"""The sample lesson: a short film about the moon's phases, drawn here frame by frame, with subtitles in two languages.

Its own clock and a moving moon are in every frame, so that skipping and pausing can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from zaichang.core.errors import StorageError
from zaichang.vision.native_noise import without_native_noise

WIDTH_PX: Final = 640
HEIGHT_PX: Final = 360
FPS: Final = 5
CHAPTER_S: Final = 25
VIDEO: Final = "lesson.webm"
SUBTITLES: Final = {"zh": "lesson.zh.vtt", "en": "lesson.en.vtt"}

_ORBIT_S: Final = 30.0
_SKY: Final = (16, 24, 48)
_INK: Final = (240, 244, 250)
_QUIET: Final = (150, 165, 190)
_SUN: Final = (255, 196, 70)
_MOON: Final = (225, 225, 215)
_DARK: Final = (52, 58, 74)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One chapter: a title, drawn, and a sentence for the subtitles in both languages."""

    title: str
    en: str
    zh: str


CHAPTERS: Final = (
    Chapter(
        title="1  One half is always lit",
        en="The sun always lights one half of the moon. What changes is how much of that half we see.",
        zh="太阳总是照亮月球的一半，变化的只是我们能看到其中的多少。",
    ),
    Chapter(
        title="2  New moon",
        en="When the moon stands between sun and earth, its lit half faces away: new moon.",
        zh="月球位于太阳和地球之间时，亮面背对我们：新月。",
    ),
    Chapter(
        title="3  Waxing",
        en="Night by night a little more of the lit half comes into view: the crescent grows.",
        zh="一夜接一夜，亮面逐渐露出：月牙变宽。",
    ),
    Chapter(
        title="4  First quarter",
        en="After a week the moon has gone a quarter of its way; we see half of the lit half.",
        zh="一周后月球走完四分之一圈，我们看到亮面的一半：上弦月。",
    ),
    Chapter(
        title="5  Full moon",
        en="Opposite the sun, the whole lit half faces us. The full moon rises as the sun sets.",
        zh="与太阳相对时，亮面完全朝向我们：满月在日落时升起。",
    ),
    Chapter(
        title="6  Waning",
        en="Then the light goes from the other side, until the last crescent stands before sunrise.",
        zh="随后亮面从另一侧减少，直到日出前的残月。",
    ),
    Chapter(
        title="7  Not the earth's shadow",
        en="The phases are not the earth's shadow. That falls on the moon only in an eclipse.",
        zh="月相不是地球的影子造成的；地影只在月食时落到月面上。",
    ),
    Chapter(
        title="8  Twenty-nine and a half days",
        en="From new moon to new moon it takes 29.5 days, because the earth moves on meanwhile.",
        zh="从新月到新月需要二十九天半，因为地球同时也在公转。",
    ),
)
DURATION_MS: Final = len(CHAPTERS) * CHAPTER_S * 1000


def ensure_lesson(folder: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Make the film and its subtitles in ``folder`` where they are absent.

    Args:
        folder: Of media files.
        progress: Told how many frames of how many are drawn.

    Raises:
        StorageError: ``lesson.not_written`` where the film cannot be encoded or written.
    """
    for language, name in SUBTITLES.items():
        (folder / name).write_text(_subtitles(language), encoding="utf-8")
    target = folder / VIDEO
    if target.is_file():
        return
    temporary = folder / f".new-{VIDEO}"
    with without_native_noise():
        writer = cv2.VideoWriter(str(temporary), cv2.VideoWriter.fourcc(*"VP80"), FPS, (WIDTH_PX, HEIGHT_PX))
    if not writer.isOpened():
        raise StorageError("lesson.not_written", f"The sample lesson cannot be encoded in {folder}.")
    total = len(CHAPTERS) * CHAPTER_S * FPS
    try:
        for number in range(total):
            writer.write(frame(number / FPS))
            progress(number + 1, total)
    finally:
        writer.release()
    if not temporary.is_file() or temporary.stat().st_size == 0:
        raise StorageError("lesson.not_written", f"The sample lesson cannot be written to {folder}.")
    temporary.replace(target)


def frame(time_s: float) -> NDArray[np.uint8]:
    """Return the picture at a time of the film: ``(360, 640, 3)`` BGR."""
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _SKY)
    draw = ImageDraw.Draw(image)
    number = min(int(time_s // CHAPTER_S), len(CHAPTERS) - 1)
    draw.text((28, 22), CHAPTERS[number].title, font=_font(28), fill=_INK)
    _draw_orbit(draw, time_s)
    _draw_phase(draw, time_s)
    _draw_clock(draw, time_s)
    return cv2.cvtColor(np.asarray(image, dtype=np.uint8), cv2.COLOR_RGB2BGR).astype(np.uint8)


def _font(size: int) -> Any:
    return ImageFont.load_default(size=size)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: tuple[int, int, int]) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _angle(time_s: float) -> float:
    return 2 * math.pi * time_s / _ORBIT_S


def _draw_orbit(draw: ImageDraw.ImageDraw, time_s: float) -> None:
    """The view from above: the sun's light comes from the left."""
    middle_x, middle_y, radius = 250, 200, 92
    _disc(draw, 24, middle_y, 60, _SUN)
    for ray_y in range(120, 300, 40):
        draw.line((96, ray_y, 132, ray_y), fill=_SUN, width=2)
        draw.polygon(((140, ray_y), (130, ray_y - 5), (130, ray_y + 5)), fill=_SUN)
    draw.ellipse((middle_x - radius, middle_y - radius, middle_x + radius, middle_y + radius), outline=_DARK, width=2)
    _disc(draw, middle_x, middle_y, 20, (70, 130, 210))
    draw.text((middle_x - 18, middle_y + 26), "earth", font=_font(14), fill=_QUIET)
    x = middle_x - radius * math.cos(_angle(time_s))
    y = middle_y + radius * math.sin(_angle(time_s))
    _disc(draw, x, y, 13, _DARK)
    draw.pieslice((x - 13, y - 13, x + 13, y + 13), 90, 270, fill=_MOON)


def _draw_phase(draw: ImageDraw.ImageDraw, time_s: float) -> None:
    """What is seen from the earth: the terminator is half an ellipse."""
    x, y, radius = 510, 190, 72
    angle = _angle(time_s) % (2 * math.pi)
    _disc(draw, x, y, radius, _DARK)
    waxing = angle < math.pi
    lit = (-90, 90) if waxing else (90, 270)
    draw.pieslice((x - radius, y - radius, x + radius, y + radius), *lit, fill=_MOON)
    width = abs(math.cos(angle)) * radius
    crescent = math.cos(angle) > 0
    draw.ellipse((x - width, y - radius, x + width, y + radius), fill=_DARK if crescent else _MOON)
    draw.text((x - 62, y + 84), "seen from earth", font=_font(16), fill=_QUIET)


def _draw_clock(draw: ImageDraw.ImageDraw, time_s: float) -> None:
    total_s = DURATION_MS // 1000
    shown = f"{int(time_s) // 60}:{int(time_s) % 60:02d} / {total_s // 60}:{total_s % 60:02d}"
    draw.text((28, HEIGHT_PX - 44), shown, font=_font(20), fill=_INK)
    draw.rectangle((150, HEIGHT_PX - 34, 612, HEIGHT_PX - 28), fill=_DARK)
    draw.rectangle((150, HEIGHT_PX - 34, 150 + 462 * time_s / total_s, HEIGHT_PX - 28), fill=_SUN)


def _subtitles(language: str) -> str:
    lines = ["WEBVTT", ""]
    for number, chapter in enumerate(CHAPTERS):
        start, end = number * CHAPTER_S + 1, (number + 1) * CHAPTER_S - 1
        lines += [f"{_stamp(start)} --> {_stamp(end)}", chapter.zh if language == "zh" else chapter.en, ""]
    return "\n".join(lines)


def _stamp(seconds: int) -> str:
    return f"00:{seconds // 60:02d}:{seconds % 60:02d}.000"
