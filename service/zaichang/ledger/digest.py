"""Digests of facts: equal facts have equal digests, in whatever order and however often they arrive."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from fractions import Fraction

from zaichang.core.canonical import canonical_bytes
from zaichang.ledger.facts import Fact

_DOCUMENT_MAX_BYTES = 64 * 1024 * 1024


def fact_to_mapping(fact: Fact) -> dict[str, object]:
    """Return a fact as plain values with its kind; fields at their defaults are left out."""
    values: dict[str, object] = {"kind": type(fact).__name__}
    for spec in fields(fact):
        value = getattr(fact, spec.name)
        if value is not None and value != spec.default:
            values[spec.name] = _plain(value)
    return values


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return str(value)
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def facts_digest(facts: Iterable[Fact]) -> str:
    """Return the SHA-256 over the facts' own digests in order, 64 hex digits."""
    own = {hashlib.sha256(canonical_bytes(fact_to_mapping(fact), _DOCUMENT_MAX_BYTES)).digest() for fact in facts}
    return hashlib.sha256(b"".join(sorted(own))).hexdigest()
