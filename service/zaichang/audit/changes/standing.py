"""The media of a session that counts, as decisions and voids change it. Pure.

With the documents and the session's minute records opened, each change is held against the record to the millisecond:

  1. the document fits its leaf, and its author may decide so                   ``changes.documents``
  2. granted time was undecided by the rules, was taken back before, or is shown as played by the player's own reports
     and appealed for; the service itself grants only time that was undecided for the one reason that it makes good
  3. no time is granted twice, in whatever minutes, and only time that stands is taken back
  4. a minute that a reviewer has decided is granted again only after an appeal
  5. granted less taken-back time is the leaf's change of verified time, and the verdict says whether time stands
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zaichang.audit.changes.documents import GRANT, REFUSE, REVOKE, Appeals, Mismatch, Value, role, says, shape_of
from zaichang.audit.changes.rulings import MADE_GOOD, SERVICE, SLACK_MS, intervals, played_in
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.reasons import ReasonCode
from zaichang.session.events import Event
from zaichang.session.judgements.late_grants import left_only_by
from zaichang.session.playhead import IntervalSet, difference, normalise, total_ms, union


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMinute:
    """A minute's opened record, as far as a decision needs it.

    Attributes:
        from_ms: Its begin, server time.
        to_ms: Its end.
        letter: Its verdict.
        verified: Media that the rules credited.
        undecided: Media that the rules left to a reviewer.
        reasons: Why they did.
    """

    from_ms: int
    to_ms: int
    letter: str
    verified: IntervalSet
    undecided: IntervalSet
    reasons: tuple[ReasonCode, ...] = ()


@dataclass(slots=True)
class Media:
    """The media that counts, by minute.

    Attributes:
        of_minute: The media of each minute.
    """

    of_minute: dict[int, IntervalSet]
    _made: dict[int, tuple[int, IntervalSet, IntervalSet]] = field(default_factory=dict)

    @property
    def whole(self) -> IntervalSet:
        """The media of all minutes."""
        return normalise(part for media in self.of_minute.values() for part in media)

    def change(self, index: int, minute: int, granted: IntervalSet, revoked: IntervalSet) -> None:
        """Count a change of credit that stands at an index of the log."""
        self.of_minute[minute] = difference(union(self.of_minute.get(minute, ()), granted), revoked)
        self._made[index] = (minute, granted, revoked)

    def void(self, target: KnownLeaf) -> None:
        """Take back the leaf that a void names."""
        if target.kind == "session.segment":
            first = target.number("first_minute")
            for minute in range(first, first + len(target.text("minutes"))):
                self.of_minute[minute] = ()
        elif target.kind == "session.amend":
            minute, granted, revoked = self._made.pop(target.index, (-1, (), ()))
            self.of_minute[minute] = union(difference(self.of_minute.get(minute, ()), granted), revoked)
        else:
            self.of_minute.clear()


class Standing:
    """Holds a session's decisions against its record, one after another.

    Args:
        minutes: All opened minute records by number.
        events: The session's events, where all are opened; None otherwise.
        ended_ms: When the session ended, at the earliest; None where its final leaf is not here.
    """

    def __init__(
        self, minutes: Mapping[int, OpenMinute], events: Sequence[Event] | None, ended_ms: int | None = None
    ) -> None:
        """Begin with the time that the rules credited."""
        self._minutes = minutes
        self._events = events
        self._media = Media({number: minute.verified for number, minute in minutes.items()})
        self._decided: set[int] = set()
        self._version = 0
        self.appeals = Appeals(ended_ms)
        self.appealed_ms = 0

    def void(self, leaf: KnownLeaf, target: KnownLeaf | None, document: Value) -> list[Mismatch]:
        """Hold a ``session.void`` against its document; return the differences."""
        found = shape_of(document, void=True)
        if not found:
            found = self._newer(document) + says(leaf, document) + role(document)
        if target is not None:
            self._media.void(target)
        return found

    def take(self, leaf: KnownLeaf, document: Value) -> list[Mismatch]:
        """Hold a ``session.amend`` against its document and the record; return the differences.

        Args:
            leaf: The leaf.
            document: Its document.
        """
        found = shape_of(document, void=False)
        if found:
            return found
        found = self._newer(document) + says(leaf, document) + role(document)
        granted, revoked = intervals(document["granted"]) or (), intervals(document.get("revoked", [])) or ()
        delta_ms, number = leaf.delta("delta_ms"), leaf.number("minute")
        given_ms = total_ms(granted) - total_ms(revoked)
        if given_ms != delta_ms:
            message = "The change is not the time that the decision grants, less what it takes back."
            found.append(Mismatch(field="delta_ms", message=message, expected=given_ms, got=delta_ms))
        minute = self._minutes.get(number)
        if minute is None:
            return found  # the leaf's own check names it
        found += self.appeals.take(document, self._minutes)
        found += self._granted(minute, granted) + self._again(document, number)
        found += self._made_good(document, minute, granted)
        wrong = difference(revoked, self._media.of_minute.get(number, ()))
        if wrong:
            message = "The decision takes back time that does not count."
            found.append(Mismatch(field="revoked", message=message, expected="time that counts", got=wrong))
        found += self._beyond(document, minute, difference(granted, union(minute.undecided, minute.verified)))
        self._media.change(leaf.index, number, granted, revoked)
        found += self._verdict(leaf, document, minute)
        if document["outcome"] in (GRANT, REFUSE, REVOKE) and not str(document["reviewer"]).startswith(SERVICE):
            self._decided.add(number)
        return found

    def _newer(self, document: Value) -> list[Mismatch]:
        """Refuse a decision of an older version behind a newer one: it would not have to name its appeal."""
        version, before = document["v"], self._version
        self._version = max(before, version) if isinstance(version, int) else before
        if self._version == version:
            return []
        message = "The decision is of an older version than the one before it."
        return [Mismatch(field="v", message=message, expected=before, got=version)]

    # (2), (3)
    def _granted(self, minute: OpenMinute, granted: IntervalSet) -> list[Mismatch]:
        found = []
        again = difference(granted, difference(granted, self._media.whole))
        if again:
            message = "The decision grants time that counts already."
            found.append(Mismatch(field="granted", message=message, expected="time that does not count", got=again))
        span_ms = max(0, minute.to_ms - minute.from_ms)
        if total_ms(granted) > span_ms + SLACK_MS:
            message = f"The minute lasted {span_ms} ms."
            found.append(Mismatch(field="granted", message=message, expected=f"<= {span_ms}", got=total_ms(granted)))
        return found

    def _beyond(self, document: Value, minute: OpenMinute, beyond: IntervalSet) -> list[Mismatch]:
        """Check granted time that the rules had not left to a reviewer (2)."""
        if not beyond:
            return []
        self.appealed_ms += total_ms(beyond)
        if str(document["reviewer"]).startswith(SERVICE):
            message = "The service itself grants only time that the rules left undecided."
            return [Mismatch(field="granted", message=message, got=beyond)]
        found = self._unappealed(document, "The decision grants more than the rules left to a reviewer")
        if self._events is None:
            message = "Whether the granted time was played cannot be seen: the events are not opened."
            return [*found, Mismatch(field="granted", message=message, undecided=True)]
        never = difference(beyond, played_in(self._events, minute.from_ms, minute.to_ms))
        if never:
            message = "The decision grants time that was neither undecided nor reported as played."
            found.append(Mismatch(field="granted", message=message, expected="time left to a reviewer", got=never))
        return found

    @staticmethod
    def _made_good(document: Value, minute: OpenMinute, granted: IntervalSet) -> list[Mismatch]:
        """Refuse a grant of the service of time that lacked more than that part of it makes good (2)."""
        lacked = MADE_GOOD.get(str(document["reviewer"]))
        if lacked is None:
            return []
        wrong = difference(granted, left_only_by(minute.undecided, minute.reasons, lacked))
        wrong = difference(wrong, difference(wrong, minute.undecided))  # the rest is named by itself
        message = f"The rules did not leave this time undecided for {lacked} alone."
        return [Mismatch(field="reason", message=message, expected=lacked.value, got=wrong)] if wrong else []

    # (4)
    def _again(self, document: Value, number: int) -> list[Mismatch]:
        if document["outcome"] != GRANT or number not in self._decided:
            return []
        return self._unappealed(document, "A reviewer had decided this minute before")

    @staticmethod
    def _unappealed(document: Value, cause: str) -> list[Mismatch]:
        if "appeal" in document:
            return []
        if document["v"] == 3:
            return [Mismatch(field="appeal", message=f"{cause}, and no appeal is behind the decision.")]
        message = f"{cause}. Decisions of earlier releases do not show the appeal behind them."
        return [Mismatch(field="appeal", message=message, undecided=True)]

    # (5)
    def _verdict(self, leaf: KnownLeaf, document: Value, minute: OpenMinute) -> list[Mismatch]:
        stands = bool(self._media.of_minute[leaf.number("minute")])
        allowed: tuple[str, ...] = ("V",) if stands else ("F",)
        if stands and document["outcome"] == REFUSE and minute.letter != "V":
            allowed = ("V", "F")  # the rest is refused of a minute that an earlier decision had granted in part
        if leaf.text("verdict") in allowed:
            return []
        message = "The verdict does not say whether time of the minute counts."
        return [Mismatch(field="verdict", message=message, expected=" or ".join(allowed), got=leaf.text("verdict"))]
