"""Captures against the schedule: one left out and one invented are named, a counted miss is not."""

from dataclasses import replace

import pytest

from zaichang.audit.replay.replaying import ReplayInput
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.session.codec import decode_event, encode_event, encode_minute
from zaichang.session.events import CaptureAssessed, CaptureReceived, CaptureUnavailable, DeadlineReached
from zaichang.session.policy import policy_from_mapping
from zaichang.session.replay import replay


def captures_of(honest: ReplayInput, capture_id: str) -> list[int]:
    numbers = []
    for number, body in enumerate(honest.events):
        event = decode_event(parse_canonical_object(body))
        if isinstance(event, CaptureReceived | CaptureAssessed | CaptureUnavailable) and event.capture_id == capture_id:
            numbers.append(number)
    return numbers


@pytest.mark.parametrize("capture_id", ["c1-0", "c2-1"])
def test_a_capture_left_out_is_named_where_the_minute_hides_it(honest: ReplayInput, capture_id: str) -> None:
    gone = captures_of(honest, capture_id)
    assert len(gone) == 2
    events = tuple(body for number, body in enumerate(honest.events) if number not in gone)
    found = list(replay_by_rules(replace(honest, events=events)))
    missed = [divergence for divergence in found if divergence.code == "E_CAPTURE_MISSED"]
    assert capture_id in {divergence.expected for divergence in missed}


def test_a_capture_that_did_not_come_and_was_counted_so_is_no_finding(honest: ReplayInput) -> None:
    received = [n for n, body in enumerate(honest.events) if b'"CaptureReceived"' in body]
    first = received[len(received) // 2]
    late = decode_event(parse_canonical_object(honest.events[first])).at_ms + 120_000
    events = (*honest.events[:first], canonical_bytes(encode_event(DeadlineReached(at_ms=late))))
    assert honest.policy is not None
    policy = policy_from_mapping(parse_canonical_object(honest.policy))
    result = replay((decode_event(parse_canonical_object(body)) for body in events), policy)
    assert result.minutes
    records = tuple(canonical_bytes(encode_minute(minute)) for minute in result.minutes)
    assert list(replay_by_rules(replace(honest, events=events, records=records, end=None))) == []


def test_an_analysed_capture_that_was_not_demanded_is_named(honest: ReplayInput) -> None:
    number = captures_of(honest, "c1-0")[1]
    event = decode_event(parse_canonical_object(honest.events[number]))
    assert isinstance(event, CaptureAssessed)
    invented = canonical_bytes(encode_event(replace(event, capture_id="c77-0")))
    events = (*honest.events[: number + 1], invented, *honest.events[number + 1 :])
    found = list(replay_by_rules(replace(honest, events=events)))
    assert [(d.code, d.minute, d.got) for d in found] == [("E_CAPTURE_UNDEMANDED", number + 1, "c77-0")]
