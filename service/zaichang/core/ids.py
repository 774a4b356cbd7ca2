"""Identifiers. All are opaque ASCII; a learner is only ever known by the institution's pseudonym."""

from __future__ import annotations

import re

from zaichang.core.errors import PeerViolation

ID_MAX_CHARS = 64
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_id(value: str, field: str) -> str:
    """Return ``value`` if it is an acceptable identifier (1..64 of ``A-Za-z0-9._-``, not starting with punctuation).

    Identifiers become file names and log fields, hence the narrow alphabet.

    Raises:
        PeerViolation: ``id.invalid``, naming the field.
    """
    if _ID.fullmatch(value) is None:
        raise PeerViolation(
            "id.invalid",
            f"{field} must be 1 to {ID_MAX_CHARS} characters of A-Z a-z 0-9 . _ - (got {len(value)} characters).",
        )
    return value
