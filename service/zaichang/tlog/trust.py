"""A verifier's trust: logs, witnesses, and how many witnesses must have seen a checkpoint (C2SP tlog-policy).

The file is text: ``log <vkey> [url]``, ``witness <name> <vkey> [url]``, ``group <name> all|any|<k> <member>...`` and
one ``quorum <name>|none``. Four lines are ours, and other readers refuse a file that has them rather than overlook
them: ``retired <vkey> <size>`` and ``revoked <vkey> <size>`` end a log key that is listed above, see ``Ended``;
``beacon <key>`` names a witness's key for capture schedules (``tlog.beacon``); ``expires <day>`` is the last day on
which the file is good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

from zaichang.core.civil import parse_moment
from zaichang.core.errors import EvidenceError, UndecidedEvidence, UnreadableInput
from zaichang.tlog.beacon import BeaconKey, parse_beacon_key
from zaichang.tlog.checkpoint import SignedCheckpoint, open_checkpoint, parse_size
from zaichang.tlog.keys import KeyVerifier, SignatureType, parse_vkey

NONE: Final = "none"
MAX_LINES: Final = 1_000
CLOCK_SKEW_S: Final = 300
"""How far a reader's clock may be behind a witness's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of witnesses and groups that has seen a checkpoint when ``threshold`` of its members have."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A log key that no longer signs.

    Attributes:
        size: Size of the last checkpoint that it may have signed alone.
        revoked: Whether it was revoked because an attacker may hold it. The attacker can sign *smaller*
            checkpoints too, so these are accepted only where a quorum of witnesses has cosigned them.
    """

    size: int
    revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A parsed policy.

    Attributes:
        logs: Keys of the known logs.
        witnesses: Policy name to key.
        groups: Policy name to group.
        quorum: The witness or group that must have seen a checkpoint, or ``none``.
        ended: Log keys that were retired or revoked, by name and id.
        beacons: Witnesses' keys for beacons.
        expires_s: The end of its last day in China, Unix time; None for no end.
        now_s: The reader's own clock, if it is to be used. A cosignature with a later time is refused.
    """

    logs: tuple[KeyVerifier, ...]
    witnesses: Mapping[str, KeyVerifier]
    groups: Mapping[str, Group]
    quorum: str = NONE
    ended: Mapping[tuple[str, int], Ended] = field(default_factory=dict)
    beacons: tuple[BeaconKey, ...] = ()
    expires_s: int | None = None
    now_s: int | None = None

    def verifiers(self) -> tuple[KeyVerifier, ...]:
        """Return every known key."""
        return (*self.logs, *self.witnesses.values())

    def open_checkpoint(self, note: bytes, origin: str | None = None) -> SignedCheckpoint:
        """Check a checkpoint's log signature and its quorum.

        Raises:
            EvidenceError: as ``checkpoint.open_checkpoint``; ``E_QUORUM`` if too few witnesses have cosigned; ``E_KEY``
                if only keys that had ended by then have signed it; ``E_FUTURE`` if it is cosigned in the future.
        """
        if self.expires_s is not None and self.now_s is not None and self.now_s >= self.expires_s:
            raise UndecidedEvidence("E_EXPIRED", "The trust file has ended: fetch a newer one (zaichang trust update).")
        signed = open_checkpoint(note, self.verifiers(), origin)
        ahead_s = max((entry.timestamp_s for entry in signed.opened.verified), default=0) - (self.now_s or 0)
        if self.now_s is not None and ahead_s > CLOCK_SKEW_S:
            raise EvidenceError(
                "E_FUTURE", f"The checkpoint was cosigned {ahead_s // 60} minutes from now by this computer's clock."
            )
        self.check_quorum(signed)
        self.check_key(signed)
        return signed

    def check_key(self, signed: SignedCheckpoint) -> None:
        """Check that a log key signed the checkpoint while it was good for that.

        Raises:
            EvidenceError: ``E_KEY``.
        """
        checkpoint = signed.checkpoint
        own = [entry for entry in signed.opened.verified if entry.name == checkpoint.origin]
        refused = ""
        for entry in own:
            end = self.ended.get((entry.name, entry.key_id))
            if end is None or (checkpoint.size <= end.size and not (end.revoked and self.quorum == NONE)):
                return
            word = "revoked" if end.revoked else "retired"
            refused = f"The key {entry.key_id:08x} of {entry.name} was {word} at size {end.size}"
        if own:
            raise EvidenceError("E_KEY", f"{refused}; it alone signed this checkpoint of size {checkpoint.size}.")

    def check_quorum(self, signed: SignedCheckpoint) -> None:
        """Check that enough witnesses have cosigned.

        Raises:
            UndecidedEvidence: ``E_QUORUM``.
        """
        seen = {(entry.name, entry.key_id) for entry in signed.opened.verified}
        if self.quorum != NONE and not self._witnessed(self.quorum, seen):
            raise UndecidedEvidence(
                "E_QUORUM",
                f"The checkpoint of size {signed.checkpoint.size} lacks the cosignatures that {self.quorum} asks for.",
            )

    def witness_time_s(self, signed: SignedCheckpoint) -> int | None:
        """Return the time at which the quorum was met, by the cosignatures' own times; None if no witness states one.

        In a group, that is the time of the last member that it took. So one dishonest witness of a group that asks for
        all of them cannot make a checkpoint older than the others say. Without a quorum every known witness counts.
        """
        times = {(e.name, e.key_id): e.timestamp_s for e in signed.opened.verified if e.timestamp_s}
        if self.quorum != NONE:
            return self._met_s(self.quorum, times)
        return max((at_s for w in self.witnesses if (at_s := self._met_s(w, times)) is not None), default=None)

    def _met_s(self, name: str, times: Mapping[tuple[str, int], int]) -> int | None:
        """Return when a witness or group had seen a checkpoint; None if it has not."""
        if name in self.witnesses:
            key = self.witnesses[name]
            return times.get((key.name, key.key_id))
        group = self.groups[name]
        met = sorted(at for at in (self._met_s(member, times) for member in group.members) if at is not None)
        return met[group.threshold - 1] if len(met) >= group.threshold else None

    def _witnessed(self, name: str, seen: set[tuple[str, int]]) -> bool:
        if name in self.witnesses:
            key = self.witnesses[name]
            return (key.name, key.key_id) in seen
        group = self.groups[name]
        return sum(self._witnessed(member, seen) for member in group.members) >= group.threshold


def trust_log(vkey: str) -> Trust:
    """Return the policy that trusts one log and asks for no witness.

    Raises:
        EvidenceError: ``E_VKEY``.
    """
    return Trust(logs=(parse_vkey(vkey),), witnesses={}, groups={})


def parse_trust(data: bytes) -> Trust:
    """Read a policy file.

    Raises:
        EvidenceError: ``E_TRUST`` naming the line; ``E_VKEY`` for a bad key.
    """
    parser = _Parser()
    lines = data.split(b"\n")
    if len(lines) > MAX_LINES:
        parser.refuse(MAX_LINES, f"more than {MAX_LINES} lines")
    for number, raw in enumerate(lines, 1):
        if any((byte < 0x20 and byte != 0x09) or byte == 0x7F for byte in raw):
            parser.refuse(number, "a control character")
        # Names are opaque octets; latin-1 keeps each apart from every other.
        words = raw.decode("latin-1").replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if words and not words[0].startswith("#"):
            parser.line(number, words)
    if parser.quorum is None:
        parser.refuse(len(lines), "there is no quorum line")
    return Trust(
        logs=tuple(parser.logs),
        witnesses=parser.witnesses,
        groups=parser.groups,
        quorum=parser.quorum,
        ended=parser.ended,
        beacons=tuple(parser.beacons),
        expires_s=parser.expires_s,
    )


class _Parser:
    def __init__(self) -> None:
        self.logs: list[KeyVerifier] = []
        self.witnesses: dict[str, KeyVerifier] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self.expires_s: int | None = None
        self.ended: dict[tuple[str, int], Ended] = {}
        self.beacons: list[BeaconKey] = []
        self._members: set[str] = set()

    def line(self, number: int, words: list[str]) -> None:
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                key = self._key(vkey)
                # One SM2 key signs both of a log's trees, under their two names.
                same = [other for other in self.logs if other.public_key == key.public_key]
                if any(key.signature_type is not SignatureType.OTHER or other.name == key.name for other in same):
                    self.refuse(number, "the same log key twice")
                if key.signature_type is SignatureType.COSIGNATURE_ED25519:
                    self.refuse(number, "this is a witness's key, not a log's")
                self.logs.append(key)
            case ["retired" | "revoked" as word, vkey, count]:
                key = self._key(vkey)
                size = parse_size(count)
                if size is None:
                    self.refuse(number, "a size is a decimal number")
                if key not in self.logs:
                    self.refuse(number, "this key is not listed as a log's above")
                if (key.name, key.key_id) in self.ended:
                    self.refuse(number, "this key has ended already")
                self.ended[key.name, key.key_id] = Ended(size=size, revoked=word == "revoked")
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                self._new_name(number, name)
                key = self._key(vkey)
                if any(key.public_key == other.public_key for other in self.witnesses.values()):
                    self.refuse(number, "the same witness key twice")
                if key.signature_type in (SignatureType.ED25519, SignatureType.OTHER):
                    self.refuse(number, "a witness's key must be of a cosignature type (04 or 06)")
                self.witnesses[name] = key
            case ["expires", day]:
                self._expires(number, day)
            case ["beacon", text]:
                key_line = parse_beacon_key(text.encode("latin-1").decode("utf-8", "replace"))
                if key_line in self.beacons:
                    self.refuse(number, "the same beacon key twice")
                self.beacons.append(key_line)
            case ["group", name, count, *members] if members:
                self._new_name(number, name)
                self._group(number, name, count, members)
            case ["quorum", name]:
                if self.quorum is not None:
                    self.refuse(number, "a second quorum line")
                if name != NONE and name not in self.witnesses and name not in self.groups:
                    self.refuse(number, "the quorum is not defined above")
                self.quorum = name
            case _:
                self.refuse(number, "not a log, retired, revoked, witness, beacon, group, expires or quorum line")

    def refuse(self, number: int, what: str) -> NoReturn:
        raise EvidenceError("E_TRUST", f"Trust file, line {number}: {what}.")

    def _expires(self, number: int, day: str) -> None:
        try:
            last = parse_moment(day)
        except UnreadableInput:
            self.refuse(number, "a last day is YYYY-MM-DD")
        if self.expires_s is not None or not last.whole_day:
            self.refuse(number, "one last day, as YYYY-MM-DD")
        self.expires_s = last.end_ms // 1000

    def _group(self, number: int, name: str, count: str, members: list[str]) -> None:
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                self.refuse(number, "a member is not defined above")
            if member in self._members:
                self.refuse(number, "a member is in a group already")
            self._members.add(member)
        if count in ("all", "any"):
            threshold = len(members) if count == "all" else 1
        elif count.isascii() and count.isdigit() and len(count) < 6 and not count.startswith("0"):
            threshold = int(count)
        else:
            self.refuse(number, "a group needs all, any or a number")
        if not 1 <= threshold <= len(members):
            self.refuse(number, f"{threshold} of {len(members)} members is not possible")
        self.groups[name] = Group(threshold=threshold, members=tuple(members))

    def _new_name(self, number: int, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            self.refuse(number, "the name is taken")

    @staticmethod
    def _key(vkey: str) -> KeyVerifier:
        return parse_vkey(vkey.encode("latin-1").decode("utf-8", "replace"))
