"""Identifiers: opaque ASCII texts. A learner is known only by the institution's pseudonym."""

from __future__ import annotations

import re

from zaichang.core.errors import PeerViolation

ID_MAX_CHARS = 64
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_id(value: str, field: str) -> str:
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
