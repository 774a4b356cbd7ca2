"""A log's entries about papers: certificates, projects and steps of activities, held against the log before them.

  1. an entry that replaces or revokes a certificate names an earlier one that was issued and stood, by its hash
  2. a project is not published after the day of its entry
  3. the steps of an activity are numbered without a gap, and each names the one before it

The amounts on a certificate and the content of a step are commitments: their papers open them (``zaichang audit``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import integer_of
from zaichang.core.canonical import CanonicalValue
from zaichang.core.civil import date_text
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash

KINDS: Final = (LeafKind.CERTIFICATE, LeafKind.PROJECT, LeafKind.ACTIVITY)
_NAMED: Final = 20
"""Ended certificates that the summary names."""


@dataclass(slots=True)
class Papers:
    """The entries met so far.

    Attributes:
        origin: The log.
        findings: Takes the results.
        entry: Returns the entry at an index, None where its file is damaged.
    """

    origin: str
    findings: Findings
    entry: Callable[[int], bytes | None]
    _issued: int = 0
    _ended: dict[int, int] = field(default_factory=dict)
    _revoked: list[tuple[int, int]] = field(default_factory=list)
    _steps: _Steps | None = None

    def take(self, index: int, value: Mapping[str, CanonicalValue], digest: bytes) -> None:
        """Check the next entry; other kinds pass.

        Args:
            index: Its index.
            value: Its fields.
            digest: Its leaf hash.
        """
        match value.get("t"):
            case LeafKind.CERTIFICATE:
                self._certificate(index, value)
            case LeafKind.PROJECT if str(value.get("published")) > date_text(integer_of(value, "at")):
                message = "A project is published after the day of its entry."
                self._bad(
                    index, "published", message, f"<= {date_text(integer_of(value, 'at'))}", value.get("published")
                )
            case LeafKind.ACTIVITY:
                self._steps = self._steps or _Steps()
                self._step(self._steps, index, value, digest)
            case _:
                pass

    def finish(self) -> None:
        """Name the certificates that do not stand any more."""
        if self._steps is not None:
            self._steps.close()
        if not self._issued:
            return
        places = ", ".join(f"{target} (by {index})" for target, index in self._revoked[:_NAMED])
        more = f" and {len(self._revoked) - _NAMED} more" if len(self._revoked) > _NAMED else ""
        named = f": at {places}{more}" if self._revoked else ""
        message = (
            f"{self._issued} certificates were issued, {len(self._ended) - len(self._revoked)} of them replaced and "
            f"{len(self._revoked)} revoked{named}."
        )
        self.findings.passed("certificates", About(origin=self.origin), message)

    # (1)
    def _certificate(self, index: int, value: Mapping[str, CanonicalValue]) -> None:
        action = value.get("action")
        self._issued += action != "revoke"
        if action == "issue":
            return
        place = integer_of(value, "target")
        data = self.entry(place) if place < index else None
        if data is None and place < index:
            message = f"The entry {place} that this one names cannot be read."
            about = About(origin=self.origin, index=index)
            self.findings.undecided("statement", "E_CONSISTENCY", message, about, field="target")
            return
        target = None if data is None else _issue(data)
        if data is None or target is None:
            self._bad(index, "target", "The entry names no certificate that was issued before.", None, place)
        elif leaf_hash(data).hex() != value.get("target_hash"):
            message = f"The hash is not that of entry {place}."
            self._bad(index, "target_hash", message, leaf_hash(data), value.get("target_hash"))
        elif integer_of(value, "at") < integer_of(target, "at"):
            message = f"A certificate ended before its issue at entry {place}."
            self._bad(index, "at", message, f">= {integer_of(target, 'at')}", value.get("at"))
        elif place in self._ended:
            message = f"The certificate of entry {place} had ended by entry {self._ended[place]}."
            self._bad(index, "target", message, None, place)
        else:
            self._ended[place] = index
            if action == "revoke":
                self._revoked.append((place, index))

    # (3)
    def _step(self, steps: _Steps, index: int, value: Mapping[str, CanonicalValue], digest: bytes) -> None:
        aid, seq, prev = str(value.get("aid")), integer_of(value, "seq"), str(value.get("prev"))
        before = steps.last(aid)
        expected = 0 if before is None else before[0] + 1
        if seq != expected:
            message = "A step of an activity is missing, or stands elsewhere."
            self._bad(index, "seq", message, expected, seq, "E_SEQ_GAP")
        elif before is not None and prev != before[1].hex():
            message = "The step does not follow from the step of its activity before it."
            self._bad(index, "prev", message, before[1], prev, "E_CHAIN")
        steps.keep(aid, seq, digest)

    def _bad(
        self, index: int, name: str, message: str, expected: object, got: object, code: str = "E_CONSISTENCY"
    ) -> None:
        about = About(origin=self.origin, index=index)
        self.findings.failed("statement", code, message, about, field=name, expected=expected, got=got)


class _Steps:
    """The last step of each activity, in a temporary file of SQLite's: a year's activities need no memory."""

    def __init__(self) -> None:
        self._disk = sqlite3.connect("")
        self._disk.execute("PRAGMA synchronous = OFF")
        self._disk.execute("CREATE TABLE step (aid TEXT PRIMARY KEY, seq INTEGER, digest BLOB) WITHOUT ROWID")

    def last(self, aid: str) -> tuple[int, bytes] | None:
        row = self._disk.execute("SELECT seq, digest FROM step WHERE aid = ?", (aid,)).fetchone()
        return None if row is None else (row[0], row[1])

    def keep(self, aid: str, seq: int, digest: bytes) -> None:
        self._disk.execute("INSERT OR REPLACE INTO step VALUES (?, ?, ?)", (aid, seq, digest))

    def close(self) -> None:
        self._disk.close()


def _issue(data: bytes) -> Mapping[str, CanonicalValue] | None:
    """Return the fields of an entry that issued a certificate, None for any other."""
    try:
        value = parse_leaf(data)
    except EvidenceError:
        return None
    return value if value["t"] == LeafKind.CERTIFICATE and value["action"] != "revoke" else None
