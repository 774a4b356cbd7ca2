"""The published projects of a log: courses with filing number and dates, as their ``project`` leaves state them. Pure.

A project stands in the log once the institution has recorded it, whether or not it has been studied. So a sample over
projects can name one without a single session; its papers are then inspected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zaichang.core.canonical import CanonicalValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One published project.

    Attributes:
        course: The course.
        filing: Its filing number (备案号、公布号).
        published: The day on which it was published, ``YYYY-MM-DD``.
        from_day: Its first day.
        to_day: Its last day.
        index: Index of its leaf; of several leaves of a course the last one holds.
    """

    course: str
    filing: str
    published: str
    from_day: str
    to_day: str
    index: int

    def as_value(self) -> dict[str, CanonicalValue]:
        """Return it as plain values."""
        return {
            "filing": self.filing,
            "published": self.published,
            "from_day": self.from_day,
            "to_day": self.to_day,
            "index": self.index,
        }


def project_of(leaf: Mapping[str, CanonicalValue], index: int) -> Project:
    """Return the project of a valid ``project`` leaf."""
    return Project(
        course=str(leaf["course"]),
        filing=str(leaf["filing"]),
        published=str(leaf["published"]),
        from_day=str(leaf["from_day"]),
        to_day=str(leaf["to_day"]),
        index=index,
    )
