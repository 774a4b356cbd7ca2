"""Checking kept captures against the events that committed to them. Pure.

A session's start says for how many days its captures are kept. Each event that brought one commits to two SHA-256
digests: of the picture as it arrived, and of the encrypted bytes as they are kept. So anyone with the opened events can
compare a picture, a scrub without keys can compare the kept bytes, and a missing capture is either past its days
(deleted on schedule) or a finding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from zaichang.audit.bundle import Bundle
from zaichang.audit.findings import About, Findings
from zaichang.audit.time_checks import SKEW_MS
from zaichang.core.canonical import CanonicalValue, parse_canonical_object
from zaichang.core.civil import DAY_MS
from zaichang.core.errors import EvidenceError
from zaichang.core.ids import CaptureId


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A capture as an event committed to it.

    Attributes:
        capture_id: Its name.
        event: Number of the event.
        at_ms: When it was taken in, server time.
        picture: SHA-256 of the picture, hex; empty where the record is from before it was noted.
        encrypted: SHA-256 of the kept bytes, hex; empty where it was not kept, or the record is as old.
    """

    capture_id: CaptureId
    event: int
    at_ms: int
    picture: str
    encrypted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a session's events say of its captures.

    Attributes:
        days: For how many days each is kept; None where nothing is stated.
        captures: By name.
    """

    days: int | None
    captures: Mapping[CaptureId, Committed]

    def kept(self, capture: Committed) -> bool:
        """Whether a capture is to be kept: its event says so, or the session's start does."""
        return bool(capture.encrypted or (capture.picture and self.days is not None))

    def due_ms(self, capture: Committed) -> int | None:
        """Return from when on a capture may be gone, server time; None where nothing is stated."""
        return None if self.days is None else capture.at_ms + self.days * DAY_MS


def promised(events: Iterable[tuple[int, bytes]]) -> Promise:
    """Return the statements of a session's events about its captures; an unreadable event states nothing.

    Args:
        events: Numbers and canonical bytes.
    """
    days: int | None = None
    found: dict[CaptureId, Committed] = {}
    for number, body in events:
        if not any(word in body for word in (b'"SessionStarted"', b'"CaptureReceived"', b'"LivenessAssessed"')):
            continue
        try:
            event = parse_canonical_object(body)
        except EvidenceError:
            continue
        match event.get("e"):
            case "SessionStarted":
                stated = event.get("capture_days")
                days = stated if isinstance(stated, int) and stated >= 0 else None
            case "CaptureReceived":
                capture = _committed(event, number, event)
                found.setdefault(capture.capture_id, capture)
            case "LivenessAssessed":
                kept = event.get("kept")
                for each in kept if isinstance(kept, list) else ():
                    if isinstance(each, dict):
                        capture = _committed(each, number, event)
                        found.setdefault(capture.capture_id, capture)
            case _:
                pass
    return Promise(days=days, captures=found)


def check_captures(
    bundle: Bundle, about: About, events: Mapping[int, bytes], now_ms: int | None, findings: Findings
) -> None:
    """Check the captures that a bundle holds of one session; do nothing where it states none.

    Args:
        bundle: What the bundle holds of the session.
        about: The session.
        events: Its opened events by number.
        now_ms: The verifier's clock, Unix milliseconds; None where it has none.
        findings: Takes the results.
    """
    if not bundle.produced and not bundle.captures:
        return
    before = len(findings.checks)
    promise = promised(sorted(events.items()))
    given: dict[CaptureId, bytes] = {}
    for capture in bundle.captures:
        if capture.capture_id in given:
            _bad(findings, "E_OPENING", f"Capture {capture.capture_id} is in the bundle twice.", about)
        given[capture.capture_id] = capture.picture
    same = 0
    for name, picture in given.items():
        same += _compared(name, picture, promise.captures.get(name), about, findings)
    scheduled = 0
    stated_ms = min((entry.at_ms for entry in bundle.produced), default=None)
    if stated_ms is not None and now_ms is not None and stated_ms > now_ms + SKEW_MS:
        # A date to come would excuse captures that are missing before their time.
        _bad(findings, "E_FUTURE", "The captures are dated to a time still to come.", about)
        stated_ms = now_ms
    for name, capture_ in promise.captures.items():
        if stated_ms is not None and promise.kept(capture_) and name not in given:
            scheduled += _gone(promise, capture_, stated_ms, about, findings)
    if len(findings.checks) == before:
        message = f"{same} captures are those committed to, {scheduled} were deleted on schedule."
        findings.passed("captures", about, message)


def check_kept(
    promise: Promise, about: About, read: Callable[[CaptureId], bytes | None], now_ms: int, findings: Findings
) -> None:
    """Hold the encrypted captures of a session against its events: no key is needed.

    Args:
        promise: What the events say.
        about: The session.
        read: Returns the kept bytes of a capture, None where there are none.
        now_ms: Now, server time.
        findings: Takes the results.
    """
    before, same, scheduled = len(findings.checks), 0, 0
    for name, capture in promise.captures.items():
        if not promise.kept(capture):
            continue
        encrypted = read(name)
        if encrypted is None:
            scheduled += _gone(promise, capture, now_ms, about, findings)
            continue
        message = f"The kept bytes of capture {name} are not those that were kept."
        place = About(origin=about.origin, sid=about.sid, event=capture.event)
        actual = hashlib.sha256(encrypted).hexdigest()
        same += findings.equal("captures", "E_CAPTURE", place, "encrypted", capture.encrypted, actual, message)
    if len(findings.checks) == before and same + scheduled:
        findings.passed("captures", about, f"{same} captures are as they were kept, {scheduled} are past their days.")


def _compared(name: str, picture: bytes, committed: Committed | None, about: About, findings: Findings) -> bool:
    if committed is None:
        _bad(findings, "E_CAPTURE", f"No opened event commits to capture {name}.", about)
        return False
    about = About(origin=about.origin, sid=about.sid, event=committed.event)
    if not committed.picture:
        message = f"Capture {name} is from before events committed to whole pictures: it is not compared."
        findings.undecided("captures", "E_CAPTURE", message, about, field="picture")
        return False
    message = f"Capture {name} is not the picture that was taken in."
    actual = hashlib.sha256(picture).hexdigest()
    return findings.equal("captures", "E_CAPTURE", about, "picture", committed.picture, actual, message)


def _gone(promise: Promise, capture: Committed, stated_ms: int, about: About, findings: Findings) -> bool:
    due_ms = promise.due_ms(capture)
    about = About(origin=about.origin, sid=about.sid, event=capture.event)
    if due_ms is not None and due_ms <= stated_ms:
        return True
    if due_ms is None:
        message = f"Capture {capture.capture_id} is not here, and the session does not say how long it is kept."
        findings.undecided("captures", "E_CAPTURE_GONE", message, about, field="picture")
        return False
    message = f"Capture {capture.capture_id} is not here, and was to be kept for {promise.days} days."
    findings.failed(
        "captures", "E_CAPTURE_GONE", message, about, field="picture", expected=f"until {due_ms}", got=f"at {stated_ms}"
    )
    return False


def _committed(value: Mapping[str, CanonicalValue], number: int, event: Mapping[str, CanonicalValue]) -> Committed:
    at_ms = event.get("at_ms")
    return Committed(
        capture_id=CaptureId(str(value.get("capture_id", ""))),
        event=number,
        at_ms=at_ms if isinstance(at_ms, int) else 0,
        picture=str(value.get("picture", "")),
        encrypted=str(value.get("encrypted", "")),
    )


def _bad(findings: Findings, code: str, message: str, about: About) -> None:
    findings.failed("captures", code, message, about, field="capture")
