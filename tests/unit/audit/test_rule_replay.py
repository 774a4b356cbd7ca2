"""Replaying a session's record: verdicts, its end, and captures that were or were not demanded."""

import asyncio
from dataclasses import replace

import pytest

from support.evidence_folder import Recorded, record_session
from zaichang.adapters.sql.store import SqliteStore
from zaichang.audit.replaying import Divergence, End, ReplayInput
from zaichang.audit.rule_replay import replay_by_rules
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.session.codec import decode_event, encode_event, encode_minute
from zaichang.session.events import CaptureAssessed, CaptureReceived, CaptureUnavailable, DeadlineReached
from zaichang.session.policy import policy_from_mapping
from zaichang.session.replay import replay


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record_session(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def honest(recorded: Recorded) -> ReplayInput:
    async def read() -> ReplayInput:
        store = SqliteStore(recorded.folder, inline=True)
        try:
            row = await store.session(recorded.session_id)
            leaves = await store.leaves(recorded.session_id)
            final = parse_canonical_object(leaves[-1].body)
            codes, reveal = final["codes"], final["sched"]
            assert isinstance(codes, dict) and isinstance(reveal, dict)
            return ReplayInput(
                sid=recorded.session_id,
                policy=await store.policy(row.policy_digest),
                events=tuple(await store.events(recorded.session_id)),
                records=tuple(m.body for m in await store.minutes(recorded.session_id)),
                end=End(
                    reason=str(final["reason"]),
                    codes={c: n for c, n in codes.items() if isinstance(n, int)},
                    client_nonce=str(reveal["r"]),
                ),
            )
        finally:
            store.close()

    return asyncio.run(read())


def codes(found: list[Divergence]) -> set[str]:
    return {divergence.code for divergence in found}


def captures_of(honest: ReplayInput, capture_id: str) -> list[int]:
    numbers = []
    for number, body in enumerate(honest.events):
        event = decode_event(parse_canonical_object(body))
        if isinstance(event, CaptureReceived | CaptureAssessed | CaptureUnavailable) and event.capture_id == capture_id:
            numbers.append(number)
    return numbers


def test_an_honest_record_agrees_with_the_rules(honest: ReplayInput) -> None:
    assert list(replay_by_rules(honest)) == []
    assert any(b"CaptureAssessed" in body for body in honest.events), "there are captures to speak of"


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


def test_an_analysed_capture_that_nobody_demanded_is_named(honest: ReplayInput) -> None:
    number = captures_of(honest, "c1-0")[1]
    event = decode_event(parse_canonical_object(honest.events[number]))
    assert isinstance(event, CaptureAssessed)
    invented = canonical_bytes(encode_event(replace(event, capture_id="c77-0")))
    events = (*honest.events[: number + 1], invented, *honest.events[number + 1 :])
    found = list(replay_by_rules(replace(honest, events=events)))
    assert [(d.code, d.minute, d.got) for d in found] == [("E_CAPTURE_UNDEMANDED", number + 1, "c77-0")]


def test_the_end_is_replayed_too(honest: ReplayInput) -> None:
    assert honest.end is not None
    found = list(replay_by_rules(replace(honest, end=End(reason="SUPERSEDED", codes={"NO_FACE": 3}))))
    assert {(d.field, d.minute) for d in found} >= {("reason", None), ("codes.NO_FACE", None)}
    assert codes(found) == {"E_MINUTES", "E_SCHED"}
    assert [(d.code, d.expected, d.got) for d in found if d.field == "sched.r"] == [
        ("E_SCHED", honest.end.client_nonce, "")
    ]
    found = list(replay_by_rules(replace(honest, end=replace(honest.end, beacon="ab" * 32))))
    assert [(d.code, d.field, d.expected) for d in found] == [("E_SCHED", "sched.b", "")]
