"""Identifiers: opaque ASCII texts. A learner is known only by the institution's pseudonym.

Each kind of thing has its own type, so that mypy refuses two of them in the wrong order. At run time all are plain
texts. Texts become identifiers at the edge alone: request models, rows of the store, launch tokens, records that are
read back, and arguments of the command line.
"""

from __future__ import annotations

import re
from typing import Final, NewType, TypeVar

from zaichang.core.errors import PeerViolation

ID_MAX_CHARS = 64

InstitutionId = NewType("InstitutionId", str)
"""An institution: the tenant that owns learners, lessons and a log."""
LearnerId = NewType("LearnerId", str)
"""A learner: the institution's pseudonym, never a name or an ID number."""
LearnerAlias = NewType("LearnerAlias", str)
"""The random name under which an erased learner's remaining rows stand."""
CourseId = NewType("CourseId", str)
"""A course of an institution."""
LessonId = NewType("LessonId", str)
"""A lesson of a course."""
TokenId = NewType("TokenId", str)
"""A launch token (its ``jti``); one session per token."""
SessionId = NewType("SessionId", str)
"""A session: random, 32 hex digits."""
CaptureId = NewType("CaptureId", str)
"""An ordered capture of a session."""
ChallengeId = NewType("ChallengeId", str)
"""A challenge of a session."""
CaseId = NewType("CaseId", str)
"""A review case."""
ReviewerId = NewType("ReviewerId", str)
"""A reviewer of an institution."""

NO_LEARNER: Final = LearnerId("")
NO_SESSION: Final = SessionId("")
NO_CAPTURE: Final = CaptureId("")
NO_REVIEWER: Final = ReviewerId("")
"""Stand where a record names none; ``check_id`` accepts none of them."""

_T = TypeVar("_T", bound=str)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_id(value: _T, field: str) -> _T:
    """Return an identifier if it is acceptable: 1 to 64 of ``A-Za-z0-9._-``, not starting with punctuation.

    Identifiers become file names and log fields, therefore the narrow alphabet.

    Args:
        value: The identifier.
        field: Its field, for the message.

    Raises:
        PeerViolation: ``id.invalid``.
    """
    if _ID.fullmatch(value) is None:
        raise PeerViolation(
            "id.invalid",
            f"{field} must be 1 to {ID_MAX_CHARS} characters of A-Z a-z 0-9 . _ - (got {len(value)} characters).",
        )
    return value
