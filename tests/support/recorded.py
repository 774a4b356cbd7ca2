"""Recorded sessions of every scenario: the oracle that holds the rules' core still while its code changes.

A recording is a scenario's policy and the events of its sessions, as the whole service stored them. Replaying them
through the pure core takes seconds, so the ordinary tests can compare every decision and leaf with the recorded
digests. ``tests/support/record_sessions.py`` makes the recordings.
"""

from __future__ import annotations

import functools
import hashlib
import json
import lzma
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from zaichang.core.canonical import canonical_bytes
from zaichang.evidence.segments import SegmentContext, advance, begin
from zaichang.session.codec import decode_event, encode_event
from zaichang.session.decisions import Decision, OrderCapture, RecordFinal, RecordMinute
from zaichang.session.events import CaptureReceived, Event, HeartbeatReceived, SessionStarted
from zaichang.session.policy import Policy, policy_from_mapping
from zaichang.session.schedule import heartbeat_nonce
from zaichang.session.state import State
from zaichang.session.step import next_deadline_ms, start, step

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "sessions"
EVENTS_FILE = FOLDER / "events.json.xz"
DIGESTS_FILE = FOLDER / "digests.json"
SCHEMA_2 = FOLDER / "schema2"
"""A few scenarios under schema 2, where movement checks hold their geometry: kept as they are, never recorded anew."""
MARK_DIGITS = 3
"""Hex digits kept of each event's decisions: they name the first event that differs, the digest proves equality."""
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """The digests of one session, as 64 hex digits each.

    Attributes:
        events: Of its events' canonical bytes.
        decisions: Of the decisions for each event, and of the next deadline after it.
        leaves: Of the log leaves that it fills, without anchors and under a fixed key.
        marks: ``MARK_DIGITS`` hex digits for each event's decisions.
    """

    events: str
    decisions: str
    leaves: str
    marks: str = ""


def digest_of(bodies: Sequence[bytes]) -> str:
    """Return the SHA-256 of byte strings, each preceded by its length."""
    hashed = hashlib.sha256()
    for body in bodies:
        hashed.update(len(body).to_bytes(8, "big") + body)
    return hashed.hexdigest()


def plain(value: Any) -> Any:
    """Return a decision's value as canonical JSON can say it; absent values are left out."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((spec.name, getattr(value, spec.name)) for spec in fields(value))
        return {name: plain(item) for name, item in pairs if item is not None}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def digests(session: Sequence[Plain], policy: Policy) -> Digests:
    """Replay a recorded session and return its digests."""
    bodies: list[bytes] = []
    decisions: list[bytes] = []
    leaves = _Leaves(policy)
    for event, decided, deadline_ms in walk(session, policy):
        bodies.append(canonical_bytes(encode_event(event)))
        said: list[object] = [{"d": type(each).__name__, **plain(each)} for each in decided]
        said.append(-1 if deadline_ms is None else deadline_ms)
        decisions.append(canonical_bytes(said))
        leaves.take(event, bodies[-1], decided)
    return Digests(
        events=digest_of(bodies),
        decisions=digest_of(decisions),
        leaves=digest_of(leaves.bodies),
        marks="".join(hashlib.sha256(body).hexdigest()[:MARK_DIGITS] for body in decisions),
    )


def walk(session: Sequence[Plain], policy: Policy) -> Iterator[tuple[Event, tuple[Decision, ...], int | None]]:
    """Yield each event of a recorded session, what the rules decide for it, and the next deadline after it.

    Args:
        session: Events as plain values; nonces that follow from the rest may be left out.
        policy: The session's.
    """
    nonces = _Nonces()
    state: State | None = None
    for value in session:
        event = decode_event(nonces.added(value))
        if isinstance(event, SessionStarted):
            state, decided = start(event, policy)
        else:
            assert state is not None
            state, decided = step(state, event, policy)
        nonces.take(event, decided)
        yield event, decided, next_deadline_ms(state, policy)


class _Leaves:
    """The chain of leaves that a session's events and minutes fill."""

    def __init__(self, policy: Policy) -> None:
        self.bodies: list[bytes] = []
        self._segment_ms = policy.segment_ms

    def take(self, event: Event, body: bytes, decided: tuple[Decision, ...]) -> None:
        if isinstance(event, SessionStarted):
            key = hashlib.sha256(event.session_id.encode()).digest()
            context = SegmentContext(origin="example.org/log", session_key=key, segment_ms=self._segment_ms)
            self._segments, leaf = begin(context, event, body, None, lambda _: None)
            self.bodies.append(leaf.body)
            return
        minutes = tuple(each.minute for each in decided if isinstance(each, RecordMinute))
        final = next((each.final for each in decided if isinstance(each, RecordFinal)), None)
        self._segments, leaves = advance(
            self._segments, body, event.at_ms, minutes, final, anchor=None, written=lambda _: None
        )
        self.bodies += [leaf.body for leaf in leaves]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A scenario's sessions.

    Attributes:
        policy: The plain mapping that the sessions ran under; fields that were added later take their defaults.
        sessions: Each session's events as plain values, without the nonces that follow from the rest.
    """

    policy: Plain
    sessions: tuple[tuple[Plain, ...], ...]

    @property
    def rules(self) -> Policy:
        """The policy."""
        return policy_from_mapping(self.policy)


def packed(events: Sequence[Event], policy: Policy) -> tuple[Plain, ...]:
    """Return a session's events as plain values, without the nonces that follow from the rest."""
    nonces = _Nonces()
    found: list[Plain] = []
    whole = [dict(encode_event(event)) for event in events]
    for value, (event, decided, _) in zip(whole, walk(whole, policy), strict=True):
        bare = {key: item for key, item in value.items() if key != "nonce"}
        found.append(bare if nonces.added(bare) == value else value)
        nonces.take(event, decided)
    return tuple(found)


class _Nonces:
    """Follows a session and knows the nonce that an honest answer carries: half of a recording's size otherwise."""

    def __init__(self) -> None:
        self._orders: dict[str, str] = {}

    def added(self, value: Plain) -> Plain:
        """Return an event's plain values with the nonce that it should carry, where it carries none."""
        if "nonce" in value or value["e"] not in (HeartbeatReceived.__name__, CaptureReceived.__name__):
            return value
        if value["e"] == HeartbeatReceived.__name__:
            return {**value, "nonce": heartbeat_nonce(self._info, value["seq"])}
        return {**value, "nonce": self._orders.get(value["capture_id"], "")}

    def take(self, event: Event, decided: tuple[Decision, ...]) -> None:
        """Follow the session by one event."""
        if isinstance(event, SessionStarted):
            self._info = event
        self._orders.update({each.capture_id: each.nonce for each in decided if isinstance(each, OrderCapture)})


def scenario_names(folder: Path = FOLDER) -> list[str]:
    """Return the names of the recorded scenarios without reading their events, which takes a second."""
    return list(json.loads((folder / DIGESTS_FILE.name).read_text(encoding="ascii")))


@functools.cache
def load_recordings(folder: Path = FOLDER) -> dict[str, Recording]:
    """Return the recordings by scenario: its path below ``tests`` without the ending."""
    values = json.loads(lzma.decompress((folder / EVENTS_FILE.name).read_bytes()))
    return {
        name: Recording(policy=value["policy"], sessions=tuple(tuple(each) for each in value["sessions"]))
        for name, value in values.items()
    }


def load_digests(folder: Path = FOLDER) -> dict[str, list[Digests]]:
    """Return the recorded digests by scenario, in the order of its sessions."""
    values = json.loads((folder / DIGESTS_FILE.name).read_text(encoding="ascii"))
    return {name: [Digests(**each) for each in sessions] for name, sessions in values.items()}


def save_digests(found: dict[str, list[Digests]], folder: Path = FOLDER) -> None:
    """Write the digests of a folder's recordings."""
    values = {
        name: [{spec.name: getattr(one, spec.name) for spec in fields(one)} for one in those]
        for name, those in found.items()
    }
    (folder / DIGESTS_FILE.name).write_text(json.dumps(values, indent=1) + "\n", encoding="ascii")


def save(recordings: dict[str, Recording], kept: dict[str, list[Digests]], tell: Callable[[str], None]) -> None:
    """Write the recordings and their digests: those that are kept, for the others as the rules decide now."""
    FOLDER.mkdir(exist_ok=True)
    ordered = {name: recordings[name] for name in sorted(recordings)}
    values = {name: {"policy": each.policy, "sessions": each.sessions} for name, each in ordered.items()}
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=True)
    EVENTS_FILE.write_bytes(lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME))
    save_digests(
        {
            name: kept.get(name) or [digests(session, recording.rules) for session in recording.sessions]
            for name, recording in ordered.items()
        }
    )
    tell(f"{EVENTS_FILE.name}: {EVENTS_FILE.stat().st_size:,} bytes; {DIGESTS_FILE.stat().st_size:,} of digests")
