"""The demo course: three short films of our own, with sound (drawn by .ci/lessons.py), and their subtitles."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zaichang.core.errors import StorageError
from zaichang.core.ids import CourseId, LessonId

FOLDER: Final = Path(__file__).parent / "films"
COURSE_ID: Final = CourseId("demo-course")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One chapter: its title on the screen, and a sentence for the subtitles."""

    title_zh: str
    title_en: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One film.

    Attributes:
        lesson_id: Also the name of its files.
        chapter_s: Length of each chapter.
    """

    lesson_id: LessonId
    title_zh: str
    title_en: str
    chapter_s: int
    chapters: tuple[Chapter, ...]

    @property
    def duration_ms(self) -> int:
        """Length of the film."""
        return len(self.chapters) * self.chapter_s * 1_000

    @property
    def video(self) -> str:
        """Name of the film's file."""
        return f"{self.lesson_id}.webm"


def _chapters(*rows: tuple[str, str, str, str]) -> tuple[Chapter, ...]:
    return tuple(Chapter(title_zh=a, title_en=b, zh=c, en=d) for a, b, c, d in rows)


LESSONS: Final = (
    Lesson(
        lesson_id=LessonId("moon-phases"),
        title_zh="月相是怎样形成的",
        title_en="How the moon's phases come about",
        chapter_s=25,
        chapters=_chapters(
            (
                "总有一半被照亮",
                "One half is always lit",
                "太阳总是照亮月球的一半，变化的只是我们能看到其中的多少。",
                "The sun always lights one half of the moon. The part of that half that we see changes.",
            ),
            (
                "新月",
                "New moon",
                "月球位于太阳和地球之间时，亮面背对我们：新月。",
                "When the moon stands between sun and earth, its lit half faces away: new moon.",
            ),
            (
                "渐盈",
                "Waxing",
                "一夜接一夜，亮面逐渐露出：月牙变宽。",
                "Night by night a little more of the lit half comes into view: the crescent grows.",
            ),
            (
                "上弦月",
                "First quarter",
                "一周后月球走完四分之一圈，我们看到亮面的一半：上弦月。",
                "After a week the moon has gone a quarter of its way; we see half of the lit half.",
            ),
            (
                "满月",
                "Full moon",
                "与太阳相对时，亮面完全朝向我们：满月在日落时升起。",
                "Opposite the sun, the whole lit half faces us. The full moon rises as the sun sets.",
            ),
            (
                "渐亏",
                "Waning",
                "随后亮面从另一侧减少，直到日出前的残月。",
                "Then the light goes from the other side, until the last crescent stands before sunrise.",
            ),
            (
                "不是地球的影子",
                "Not the earth's shadow",
                "月相不是地球的影子造成的；地影只在月食时落到月面上。",
                "The phases are not the earth's shadow. That falls on the moon only in an eclipse.",
            ),
            (
                "二十九天半",
                "Twenty-nine and a half days",
                "从新月到新月需要二十九天半，因为地球同时也在公转。",
                "From new moon to new moon it takes 29.5 days, because the earth moves on meanwhile.",
            ),
        ),
    ),
    Lesson(
        lesson_id=LessonId("sound"),
        title_zh="声音是什么",
        title_en="What a sound is",
        chapter_s=12,
        chapters=_chapters(
            (
                "安静的空气",
                "Air at rest",
                "没有声音时，空气均匀地分布。下面的竖线表示空气。",
                "Without a sound the air is even. The lines below stand for it.",
            ),
            (
                "每秒振动 220 次",
                "220 times a second",
                "物体每秒振动 220 次，空气随之时密时疏：这就是声音。",
                "Something swings 220 times a second and presses the air together and apart: a sound.",
            ),
            (
                "快一倍，高八度",
                "Twice as fast: an octave",
                "振动快一倍，听起来高一个八度。",
                "Twice as fast is heard as one octave higher.",
            ),
            (
                "轻",
                "Soft",
                "振动的幅度小，声音就轻。音高不变。",
                "A small swing is soft. The pitch stays the same.",
            ),
            (
                "响",
                "Loud",
                "幅度大，声音就响。音高仍然不变。",
                "A large swing is loud, and the pitch is still the same.",
            ),
            (
                "拍",
                "Beats",
                "两个相差 1 赫兹的声音同时响起，每秒强弱变化一次：这叫拍。",
                "Two tones 1 Hz apart swell and fade once a second: beats.",
            ),
        ),
    ),
    Lesson(
        lesson_id=LessonId("binary"),
        title_zh="用灯数数",
        title_en="Counting with lamps",
        chapter_s=16,
        chapters=_chapters(
            (
                "五盏灯",
                "Five lamps",
                "每盏灯只有两种状态：亮是 1，灭是 0。",
                "A lamp knows two states only: lit is 1, dark is 0.",
            ),
            (
                "每一位是前一位的两倍",
                "Each place is worth twice the next",
                "从右到左，各位的值是 1、2、4、8、16。把亮着的加起来。",
                "From right to left the places are worth 1, 2, 4, 8, 16. Add up those that are lit.",
            ),
            (
                "满二进一",
                "Two make a carry",
                "一位已经是 1 时再加 1，它变回 0，并向左进一位。",
                "Where a place is 1 already, one more turns it to 0 and carries to the left.",
            ),
            (
                "三十一之后",
                "After thirty-one",
                "五盏灯能数到 31。再加一，全部熄灭，从头开始。",
                "Five lamps count to 31. One more, and all are dark again.",
            ),
        ),
    ),
)


def ensure_lessons(folder: Path) -> None:
    """Put the films and their subtitles into ``folder`` where they are absent.

    Args:
        folder: Of media files; created where absent, its parent must exist.

    Raises:
        StorageError: ``lesson.not_written``.
    """
    try:
        folder.mkdir(exist_ok=True)
        for lesson in LESSONS:
            for language in ("zh", "en"):
                name = f"{lesson.lesson_id}.{language}.vtt"
                (folder / name).write_text(subtitles(lesson, language), encoding="utf-8")
            target = folder / lesson.video
            if not target.is_file() or target.stat().st_size != (FOLDER / lesson.video).stat().st_size:
                shutil.copyfile(FOLDER / lesson.video, target)
    except OSError as error:
        raise StorageError(
            "lesson.not_written", f"The demo's lessons cannot be written to {folder} ({error.strerror})."
        ) from None


def subtitles(lesson: Lesson, language: str) -> str:
    """Return a lesson's subtitles in ``zh`` or ``en`` as WebVTT."""
    lines = ["WEBVTT", ""]
    for number, chapter in enumerate(lesson.chapters):
        start, end = number * lesson.chapter_s + 1, (number + 1) * lesson.chapter_s - 1
        lines += [f"{_stamp(start)} --> {_stamp(end)}", chapter.zh if language == "zh" else chapter.en, ""]
    return "\n".join(lines)


def _stamp(seconds: int) -> str:
    return f"00:{seconds // 60:02d}:{seconds % 60:02d}.000"
