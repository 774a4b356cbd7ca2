"""Kept captures: each alteration is made by an institution that has the disk and every key."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from zaichang.audit.bundle import Bundle, Capture, Produced, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.findings import About, Findings
from zaichang.audit.openings.capture_checks import Promise, check_captures, check_kept, promised
from zaichang.audit.reading.bundle_reader import BundleFile, read_bundle
from zaichang.core.canonical import canonical_bytes
from zaichang.core.civil import DAY_MS

SID = "ab" * 16
AT_MS = 1_790_000_000_000
DAYS = 180
END_MS = AT_MS + DAYS * DAY_MS
PICTURES = {"c1-0": b"\xff\xd8 first", "c1-1": b"\xff\xd8 second", "l1-1-before": b"\xff\xd8 moved"}


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def encrypted(name: str) -> bytes:
    return b"encrypted " + PICTURES[name]


def event(name: str, **fields: object) -> bytes:
    return canonical_bytes({"e": name, "at_ms": AT_MS, **fields})


def digests(name: str) -> dict[str, object]:
    return {"capture_id": name, "picture": digest(PICTURES[name]), "encrypted": digest(encrypted(name))}


START = event("SessionStarted", capture_days=DAYS)
EVENTS = dict(
    enumerate(
        (
            START,
            event("CaptureReceived", **digests("c1-0")),
            event("DeadlineReached"),
            event("CaptureReceived", **digests("c1-1")),
            event("LivenessAssessed", kept=[digests("l1-1-before")]),
        )
    )
)
HONEST = Bundle(
    origin="hours.example.org/log/2026",
    checkpoint=b"",
    produced=(Produced(sid=SID, at_ms=AT_MS + DAY_MS),),
    captures=tuple(Capture(sid=SID, capture_id=name, picture=data) for name, data in PICTURES.items()),
)
ABOUT = About(origin=HONEST.origin, sid=SID)


def checked(bundle: Bundle, events: dict[int, bytes] | None = None, now_ms: int | None = END_MS) -> list[Check]:
    findings = Findings()
    check_captures(bundle, ABOUT, EVENTS if events is None else events, now_ms, findings)
    return findings.checks


def test_an_honest_production_passes_and_survives_writing() -> None:
    (check,) = checked(HONEST)
    assert (check.status, check.message) == (
        Status.PASS,
        "3 captures are those committed to, 0 were deleted on schedule.",
    )
    again, bad = read_bundle(write_bundle(HONEST))
    assert not bad and again == HONEST
    assert BundleFile(write_bundle(HONEST)).part(SID) == HONEST
    assert checked(replace(HONEST, produced=(), captures=())) == []


def test_what_is_past_its_days_was_deleted_on_schedule() -> None:
    late = replace(HONEST, produced=(Produced(sid=SID, at_ms=END_MS),), captures=HONEST.captures[:1])
    (check,) = checked(late)
    assert check.message == "1 captures are those committed to, 2 were deleted on schedule."


def without(bundle: Bundle) -> Bundle:
    return replace(bundle, captures=bundle.captures[1:])


ALTERED: list[tuple[str, Callable[[Bundle], Bundle], dict[int, bytes] | None, str, int]] = [
    ("another photograph", lambda b: replace(b, captures=(replace(b.captures[0], picture=b"x"), *b.captures[1:])),
     None, "E_CAPTURE", 1),
    ("the photograph of another order", lambda b: replace(b, captures=(
        replace(b.captures[0], picture=b.captures[1].picture), *b.captures[1:])), None, "E_CAPTURE", 1),
    ("one frame of a liveness try is another",
     lambda b: replace(b, captures=(*b.captures[:2], replace(b.captures[2], picture=b"x"))), None, "E_CAPTURE", 4),
    ("a picture that no event names",
     lambda b: replace(b, captures=(*b.captures, Capture(sid=SID, capture_id="c9-0", picture=b"x"))),
     None, "E_CAPTURE", -1),
    ("one capture is left out before its time", without, None, "E_CAPTURE_GONE", 1),
    ("all are left out", lambda b: replace(b, captures=()), None, "E_CAPTURE_GONE", 1),
    ("left out and dated to the future, which would excuse it",
     lambda b: replace(without(b), produced=(Produced(sid=SID, at_ms=END_MS + DAY_MS),)), None, "E_FUTURE", -1),
    ("produced twice, once dated late",
     lambda b: replace(without(b), produced=(*b.produced, Produced(sid=SID, at_ms=END_MS))),
     None, "E_CAPTURE_GONE", 1),
    ("the same capture twice", lambda b: replace(b, captures=(*b.captures, b.captures[0])), None, "E_OPENING", -1),
    ("never kept although the start promised it", without,
     {**EVENTS, 1: event("CaptureReceived", capture_id="c1-0", picture=digest(PICTURES["c1-0"]))}, "E_CAPTURE_GONE", 1),
]  # fmt: skip


@pytest.mark.parametrize(("alter", "events", "code", "at"), [case[1:] for case in ALTERED], ids=[c[0] for c in ALTERED])
def test_an_alteration_is_found_and_named(
    alter: Callable[[Bundle], Bundle], events: dict[int, bytes] | None, code: str, at: int
) -> None:
    # The verifier's clock is one day after the production: nothing is past its days.
    checks = checked(alter(HONEST), events, AT_MS + 2 * DAY_MS if code == "E_FUTURE" else END_MS)
    assert exit_code(checks) == 1
    first = checks[0]
    assert (first.code, first.check, -1 if first.event is None else first.event) == (code, "captures", at)


def test_old_records_are_undecided_and_never_a_pass() -> None:
    old = {0: event("SessionStarted"), 1: event("CaptureReceived", capture_id="c1-0")}
    (check,) = checked(replace(HONEST, captures=HONEST.captures[:1]), old)
    assert (check.status, check.code, check.event) == (Status.UNDECIDED, "E_CAPTURE", 1)
    silent = {**EVENTS, 0: event("SessionStarted")}
    gone = checked(without(HONEST), silent)
    assert [(c.status, c.code) for c in gone] == [(Status.UNDECIDED, "E_CAPTURE_GONE")]
    assert exit_code(checked(without(HONEST), now_ms=None)) == 1, "without a clock the stated time stands"


def test_events_that_cannot_be_read_promise_nothing() -> None:
    bodies = [
        b'{"e":"CaptureReceived"',
        event("CaptureReceived", capture_id="c", at_ms="x"),
        event("SessionStarted", capture_days=-1),
        event("LivenessAssessed", kept="none"),
        event("LivenessAssessed", kept=["none"]),
        event("ChallengeAnswered", answer='"CaptureReceived"'),
    ]
    promise = promised(enumerate(bodies))
    assert promise.days is None and {name: each.at_ms for name, each in promise.captures.items()} == {"c": 0}


def kept(promise: Promise, files: dict[str, bytes], now_ms: int) -> list[Check]:
    findings = Findings()
    check_kept(promise, ABOUT, files.get, now_ms, findings)
    return findings.checks


def test_kept_bytes_are_compared_without_a_key() -> None:
    promise, files = promised(EVENTS.items()), {name: encrypted(name) for name in PICTURES}
    (check,) = kept(promise, files, AT_MS)
    assert check.message == "3 captures are as they were kept, 0 are past their days."
    spoilt = kept(promise, {**files, "c1-0": encrypted("c1-0") + b"x"}, AT_MS)
    assert [(c.code, c.event, c.field) for c in spoilt] == [("E_CAPTURE", 1, "encrypted")]
    swapped = kept(promise, {**files, "c1-0": files["c1-1"]}, AT_MS)
    assert [(c.code, c.event) for c in swapped] == [("E_CAPTURE", 1)]
    less = {name: data for name, data in files.items() if name != "c1-1"}
    assert [(c.code, c.event) for c in kept(promise, less, END_MS - 1)] == [("E_CAPTURE_GONE", 3)]
    (check,) = kept(promise, less, END_MS)
    assert check.message == "2 captures are as they were kept, 1 are past their days."
    assert kept(promised([(0, START)]), {}, AT_MS) == []
    old = promised([(0, START), (1, event("CaptureReceived", capture_id="c1-0"))])
    assert kept(old, {}, AT_MS) == [], "a record from before it was noted promises nothing"
