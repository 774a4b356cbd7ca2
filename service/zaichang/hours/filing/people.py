"""The file of people: names and ID numbers. It stays on the institution's side and is never copied."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from zaichang.core.errors import ConfigError

LEARNER, CONSENT = "learner", "consent"
FILE_MAX_BYTES: Final = 64 * 1024 * 1024
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"


def read_people(path: Path) -> dict[str, Mapping[str, str]]:
    """Return the columns of each person by pseudonym.

    The file is CSV in UTF-8 (or GB 18030, as spreadsheets save it) with a column ``learner``.

    Raises:
        ConfigError: ``filing.people``; the message names the line, never a person.
    """
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise ConfigError("filing.people", f"{path} has more than {FILE_MAX_BYTES} bytes.")
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError("filing.people", f"{path} cannot be read: {error.strerror}.") from None
    reader = csv.DictReader(io.StringIO(decoded(data, str(path))), strict=True)
    found: dict[str, Mapping[str, str]] = {}
    try:
        if LEARNER not in (reader.fieldnames or ()):
            raise ConfigError("filing.people", f"{path} has no column {LEARNER!r}.")
        for row in reader:
            if None in row or None in row.values():
                raise ConfigError("filing.people", f"{path}: line {reader.line_num} has not as many cells as the head.")
            values = {name: value.strip() for name, value in row.items()}
            learner = values[LEARNER]
            if learner in found:
                raise ConfigError("filing.people", f"{path}: line {reader.line_num} names a learner a second time.")
            if learner:
                found[learner] = values
    except csv.Error as error:
        raise ConfigError("filing.people", f"{path}: line {reader.line_num} is no CSV ({error}).") from None
    return found


def decoded(data: bytes, place: str) -> str:
    """Return the text of a CSV file in UTF-8 or GB 18030.

    Raises:
        ConfigError: ``filing.encoding``.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError("filing.encoding", f"{place} is neither UTF-8 nor GB 18030.")


def is_id_number(text: str) -> bool:
    """Return whether a text is a resident ID number of 18 characters with the right check character (GB 11643)."""
    if len(text) != 18 or not (text[:17].isascii() and text[:17].isdigit()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS, strict=True))
    return text[17].upper() == _CHECKS[total % 11]
