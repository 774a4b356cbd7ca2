"""Codes of refusals: ours begin with words of our own, and a platform's is kept only where it can hold no sentence."""

from __future__ import annotations

import re
from typing import Final

HALF: Final = "half."
"""Begins the code of a refusal where the platform withdrew the earlier row and refused the new one."""
TWICE: Final = "twice."
"""Begins the code of a refusal where the platform took the new row and did not withdraw the earlier one."""
LOCAL: Final = "local."
"""Begins the code of a refusal on the institution's side."""
PLATFORM: Final = "platform."
"""Put before a platform's code that begins like one of ours."""
NONE: Final = "none"
"""A refusal without a code."""
OTHER: Final = "other"
"""In place of a platform's code that may hold words or a person's number; the institution's side shows the code."""
TOLD_MAX_CHARS: Final = 96
TOLD: Final = "^[A-Za-z0-9._:-]*$"
"""The form of a code that reaches the service."""
_CODE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NUMBER: Final = re.compile(r"[0-9]{11}")


def platform_code(text: str) -> str:
    """Return a platform's code as the service may have it.

    Letters, digits, dots, dashes and low lines, at most 64, are kept; eleven digits in a row may be a telephone or ID
    number. A code that begins like one of ours gets ``platform.`` before it, so that it is never taken for ours.
    """
    if not text:
        return NONE
    if _CODE.fullmatch(text) is None or _NUMBER.search(text):
        return OTHER
    return PLATFORM + text if text.startswith((HALF, TWICE, LOCAL, PLATFORM)) else text


def is_told_code(text: str) -> bool:
    """Return whether a code may be stored by the service: ours, or a platform's as ``platform_code`` returns it."""
    return len(text) <= TOLD_MAX_CHARS and re.fullmatch(TOLD[1:-1], text) is not None and not _NUMBER.search(text)
