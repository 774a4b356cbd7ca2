"""Opened fields of leaves: pseudonym and lesson, the reason counts of an end, the decision behind a change.

The kind of an opening is fixed by its field, and its payload has a known shape. So one commitment cannot be opened in
two ways, by cutting kind, salt and payload elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from zaichang.core.canonical import CanonicalValue, parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.tlog.commit import commitment
from zaichang.tlog.schema import CODES, ID

SUBJECT: Final = "subject"
REASONS: Final = "codes"
RULING: Final = "ruling"
LESSON: Final = "lesson"
KIND_OF: Final = MappingProxyType({"subj_c": SUBJECT, "lesson_c": LESSON, "codes_c": REASONS, "request": RULING})
"""Field of a leaf to the kind that its commitment is made with."""
NO_SALT: Final = bytes(32)
"""Stands for the salt of a ``request`` in a leaf of version 1, which is a plain digest."""


def opened_field(field: str, kind: str, payload: bytes) -> dict[str, CanonicalValue]:
    """Return an opened field's value.

    Args:
        field: The leaf's field.
        kind: The kind that the opening states.
        payload: The opened bytes.

    Raises:
        EvidenceError: ``E_OPENING`` for a field that is not opened, another kind, or a payload of another shape;
            ``E_CANON``.
    """
    expected = KIND_OF.get(field)
    if expected is None or kind != expected:
        raise EvidenceError("E_OPENING", f"The kind of an opened {field} is {expected or 'not known'}.")
    value = parse_canonical_object(payload)
    if not _shape_ok(expected, value):
        raise EvidenceError("E_OPENING", f"The opened {field} is no {expected}.")
    return value


def field_hash(version: int, field: str, kind: str, salt: bytes, payload: bytes) -> str:
    """Return the leaf's value for an opened field, as hex digits.

    Args:
        version: Of the leaf.
        field: Its field.
        kind: The kind of the commitment.
        salt: 32 bytes.
        payload: The opened bytes.

    Raises:
        EvidenceError: ``E_OPENING``.
    """
    if version == 1 and field == "request":
        if salt != NO_SALT:
            raise EvidenceError("E_OPENING", "The request of a leaf of version 1 has no salt.")
        return hashlib.sha256(payload).hexdigest()
    return commitment(kind, salt, payload, version).hex()


def _shape_ok(kind: str, value: Mapping[str, CanonicalValue]) -> bool:
    match kind:
        case "subject":
            return value.keys() == {"institution", "learner"} and all(ID.ok(each) for each in value.values())
        case "lesson":
            return value.keys() == {"lesson", "lesson_v", "timeline"} and all(ID.ok(each) for each in value.values())
        case "codes":
            return value.keys() == {"codes"} and CODES.ok(value["codes"])
        case _:
            return ID.ok(value.get("session")) and ("granted" in value or "target" in value)
