"""The document of a decision, held against its leaf. Pure.

A ``session.amend`` or ``session.void`` leaf commits to its document in ``request``:

  1. the document has the fields of its version, and no others
  2. it says what the leaf says: session, minute or target, verdict, reason, and the minute in which it was decided
  3. the author's role may give this outcome for this reason, and two people take time back
  4. an appeal behind it names the minute, came after the session's end and before the decision, and is stated alike
     in each decision that names it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from zaichang.audit.changes.rulings import (
    GRANT_REASONS,
    REFUSE_REASONS,
    SERVICE,
    SERVICE_GRANTS,
    TAKE_BACK_REASONS,
    intervals,
)
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import CanonicalValue
from zaichang.core.reasons import ReasonCode
from zaichang.tlog.schema import CODE, COUNT, HASH, ID, TIME

VERSION: Final = 3
"""The version of documents that are written now. Version 1 showed the reviewer's note, 2 named no appeal."""
GRANT, REFUSE, REVOKE, VOID = "grant", "refuse", "revoke", "void"

Value = Mapping[str, CanonicalValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A difference between a decision and the record.

    Attributes:
        field: The document's or leaf's field.
        message: The finding.
        expected: The value by the record; None where there is no one value.
        got: The value found.
        undecided: Whether the material to decide it is missing: then it is no finding.
    """

    field: str
    message: str
    expected: object = None
    got: object = None
    undecided: bool = False


def _intervals_ok(value: object) -> bool:
    return intervals(value) is not None


def _author_ok(value: object) -> bool:
    return ID.ok(value) or (isinstance(value, str) and value.startswith(SERVICE) and ID.ok(value.removeprefix(SERVICE)))


def _minutes_ok(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(COUNT.ok, value)) and value == sorted(set(value))


_APPEAL: Final[Mapping[str, Callable[[object], bool]]] = {
    "number": COUNT.ok,
    "at_ms": TIME.ok,
    "minutes": _minutes_ok,
    "text_c": HASH.ok,
}


def _appeal_ok(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == _APPEAL.keys()
        and all(ok(value[name]) for name, ok in _APPEAL.items())
    )


def _text(value: object) -> bool:
    return isinstance(value, str)


_BOTH: Final[Mapping[str, Callable[[object], bool]]] = {
    "session": ID.ok,
    "at_ms": TIME.ok,
    "reviewer": _author_ok,
    "outcome": _text,
    "reason": CODE.ok,
}
_AMEND: Final = {**_BOTH, "minute": COUNT.ok, "verdict": _text, "granted": _intervals_ok}
_VOID: Final = {**_BOTH, "target": COUNT.ok}
_OPTIONAL: Final[Mapping[int, Mapping[str, Callable[[object], bool]]]] = {
    1: {"note": _text},
    2: {"note_c": HASH.ok},
    3: {"note_c": HASH.ok, "revoked": _intervals_ok, "appeal": _appeal_ok, "proposer": ID.ok},
}


def shape_of(document: Value, *, void: bool) -> list[Mismatch]:
    """Return the fields of a document that its version does not have, lacks, or that have another shape (1).

    Args:
        document: The document.
        void: Whether a ``session.void`` commits to it.
    """
    version = document.get("v")
    optional = _OPTIONAL.get(version) if isinstance(version, int) and not isinstance(version, bool) else None
    if optional is None or (void and version != VERSION):
        return [Mismatch(field="v", message="The decision is of a version that is not known.", got=version)]
    required = _VOID if void else _AMEND
    if void:
        optional = {"note_c": HASH.ok, "proposer": ID.ok}
    wrong = [name for name in document if name != "v" and name not in required and name not in optional]
    wrong += [name for name, ok in required.items() if not ok(document.get(name))]
    wrong += [name for name, ok in optional.items() if name in document and not ok(document[name])]
    message = "The decision has no such field, lacks it, or its value has another shape."
    return [Mismatch(field=name[:48], message=message) for name in wrong]


def says(leaf: KnownLeaf, document: Value) -> list[Mismatch]:
    """Return the fields in which a document and its leaf differ (2)."""
    of_kind = (("target", "target"),) if leaf.kind == "session.void" else (("minute", "minute"), ("verdict", "verdict"))
    pairs = (("session", "sid"), ("reason", "reason"), *of_kind)
    found = [
        Mismatch(
            field=name,
            message=f"The decision's {name} is not the leaf's.",
            expected=leaf.value.get(of_leaf),
            got=document.get(name),
        )
        for name, of_leaf in pairs
        if leaf.value.get(of_leaf) != document.get(name)
    ]
    at_ms = document["at_ms"]
    if not isinstance(at_ms, int) or not leaf.earliest_ms <= at_ms <= leaf.latest_ms:
        message, bounds = "The decision is of another time than its leaf.", f"{leaf.earliest_ms} to {leaf.latest_ms}"
        found.append(Mismatch(field="at_ms", message=message, expected=bounds, got=at_ms))
    return found


def role(document: Value) -> list[Mismatch]:
    """Return the mismatches of author, outcome and reason: the author's role may not decide so (3)."""
    author, outcome, reason = (str(document.get(name, "")) for name in ("reviewer", "outcome", "reason"))
    granted, revoked = document.get("granted"), document.get("revoked")
    shape = {
        GRANT: bool(granted) and not revoked,
        REFUSE: granted == [] and not revoked,
        REVOKE: granted == [] and bool(revoked),
        VOID: "granted" not in document,
    }
    if not shape.get(outcome, False):
        message = "The outcome is none that is known, or does not fit the time that is granted or taken back."
        return [Mismatch(field="outcome", message=message, got=outcome)]
    if (outcome in (REVOKE, VOID)) is (document.get("proposer") in (None, "", author)):
        return [Mismatch(field="proposer", message="Two people take time back, and a second one nothing else.")]
    by_service = author.startswith(SERVICE)
    of_reviewer: dict[str, tuple[ReasonCode, ...]] = {
        GRANT: GRANT_REASONS,
        REFUSE: REFUSE_REASONS,
        REVOKE: TAKE_BACK_REASONS,
        VOID: TAKE_BACK_REASONS,
    }
    if by_service:
        of_service = tuple(SERVICE_GRANTS.values()) if outcome == GRANT else ()
        if reason not in of_service:
            return [Mismatch(field="reason", message="This reason is not for the service itself.", got=reason)]
        if SERVICE_GRANTS.get(author) != reason:
            return [Mismatch(field="reviewer", message="No part of the service grants for this reason.", got=author)]
    elif reason not in of_reviewer[outcome]:
        return [Mismatch(field="reason", message="This reason is not for a reviewer and this outcome.", got=reason)]
    return []


@dataclass(slots=True)
class Appeals:
    """The appeals that a session's decisions name.

    Attributes:
        ended_ms: When the session ended, at the earliest; None where its final leaf is not here.
    """

    ended_ms: int | None
    _known: dict[int, Value] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._known)

    @property
    def minutes(self) -> list[int]:
        """The minutes that they name."""
        found = {minute for appeal in self._known.values() for minute in _listed(appeal)}
        return sorted(found)

    def take(self, document: Value, held: Mapping[int, object]) -> list[Mismatch]:
        """Check the appeal behind a decision (4); return the differences, none where it names no appeal.

        Args:
            document: The decision.
            held: The session's minutes.
        """
        appeal = document.get("appeal")
        if not isinstance(appeal, dict):
            return []
        wrong: list[str] = []
        if str(document["reviewer"]).startswith(SERVICE):
            wrong.append("The service itself answers no appeal.")
        if document["minute"] not in _listed(appeal):
            wrong.append("The appeal does not name the minute.")
        if not set(_listed(appeal)) <= held.keys():
            wrong.append("The appeal names a minute that the session does not have.")
        at_ms, number = appeal["at_ms"], appeal["number"]
        decided_ms = document["at_ms"]
        if isinstance(at_ms, int) and isinstance(decided_ms, int):
            if at_ms < (self.ended_ms or 0):
                wrong.append("The appeal is dated before the session's end.")
            if at_ms > decided_ms:
                wrong.append("The appeal is dated after the decision.")
        if isinstance(number, int):
            if self._known.setdefault(number, appeal) != appeal:
                wrong.append("Two decisions state this appeal differently.")
            dates = [str(each["at_ms"]).zfill(20) for _, each in sorted(self._known.items())]
            if dates != sorted(dates):
                wrong.append("The appeals are not dated in the order of their numbers.")
        return [Mismatch(field="appeal", message=message, got=number) for message in wrong]


def _listed(appeal: Value) -> list[int]:
    minutes = appeal["minutes"]
    return [minute for minute in minutes if isinstance(minute, int)] if isinstance(minutes, list) else []
