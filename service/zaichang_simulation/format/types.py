"""The value types of the scenario format. Times are seconds, with decimals down to a millisecond."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from zaichang.core.ids import CourseId, LearnerId, LessonId

ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

Text = Annotated[str, Meta(max_length=200)]
Name = Annotated[str, Meta(pattern=ID_PATTERN)]
LearnerName = Annotated[LearnerId, Meta(pattern=ID_PATTERN)]
CourseName = Annotated[CourseId, Meta(pattern=ID_PATTERN)]
LessonName = Annotated[LessonId, Meta(pattern=ID_PATTERN)]
Source = Annotated[str, Meta(min_length=1, max_length=400)]
Moment = Annotated[float, Meta(ge=0, le=43_200)]
Span = Annotated[float, Meta(ge=0, le=43_200)]
LongSpan = Annotated[float, Meta(gt=0, le=14_400)]
Every = Annotated[float, Meta(ge=0, le=43_200)]
"""0, or at least ``EVERY_LEAST_S``: the loader looks."""
EVERY_LEAST_S = 0.02
Offset = Annotated[float, Meta(ge=-31_622_400, le=31_622_400)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Signed = Annotated[float, Meta(ge=-1, le=1)]
Percent = Annotated[int, Meta(ge=0, le=400)]
Factor = Annotated[float, Meta(gt=0, le=100)]
Degrees = Annotated[float, Meta(ge=-180, le=180)]
Pixels = Annotated[int, Meta(ge=16, le=4096)]
Event = Literal["", "capture", "prompt", "challenge", "pause", "resume", "refused", "round_over", "play", "stop", "end"]
"""What the page sees: a picture is ordered; one is ordered and the learner is asked; a challenge appears; the service
pauses the player, or lets it go on; it refuses an answer or a movement try, which may be made again; no further picture
was ordered for some seconds after one was sent; the lesson begins to run, is stopped by the learner, or ends."""
Times = Annotated[int, Meta(ge=0, le=10_000)]
Count = Annotated[int, Meta(ge=1, le=100_000)]
Seed = Annotated[int, Meta(ge=0, lt=2**31)]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every table of a scenario: unknown keys are refused."""


def to_ms(seconds: float) -> int:
    """Return seconds as whole milliseconds."""
    return round(seconds * 1000)
