"""Every event survives storage; a record that was tampered with is refused or means something else, never the same."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from support.effort import effort
from zaichang.core.canonical import MAX_INT, canonical_bytes, parse_canonical_object
from zaichang.core.enums import ChallengeKind, LivenessAction, Route
from zaichang.core.errors import EvidenceError
from zaichang.core.lesson import LessonRef, Terms
from zaichang.session import codec
from zaichang.session import events as e
from zaichang.session.decisions import Minute
from zaichang.session.playhead import normalise

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NATURAL = st.integers(0, MAX_INT)
HEX32 = st.binary(min_size=32, max_size=32).map(bytes.hex)
SETS = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 50)).map(lambda p: (p[0], sum(p))), max_size=4)
_A = LivenessAction
QUESTIONS = st.builds(
    e.Question, question_id=TEXT, text=TEXT, options=st.tuples(TEXT, TEXT, TEXT), correct=st.integers(0, 2)
)
STARTS = st.builds(
    e.SessionStarted,
    at_ms=NATURAL,
    session_id=TEXT,
    institution_id=TEXT,
    learner_id=TEXT,
    lesson=st.builds(
        LessonRef,
        course_id=TEXT,
        lesson_id=TEXT,
        duration_ms=NATURAL,
        version=TEXT,
        timeline=TEXT,
        live_from_ms=NATURAL,
    ),
    policy_digest=TEXT,
    client_nonce_c=HEX32,
    seed=HEX32,
    credited=SETS.map(normalise),
    terms=st.builds(
        Terms,
        route=st.sampled_from(Route),
        extra_time_pct=st.integers(0, 400),
        liveness_excluded=st.sampled_from(((), (_A.LOOK_UP,), (_A.TURN_LEFT, _A.TURN_RIGHT))),
    ),
    questions=st.lists(QUESTIONS, max_size=2).map(tuple),
    owed=st.none() | st.sampled_from(ChallengeKind),
)


def built(kind: type) -> st.SearchStrategy[e.Event]:
    times: dict[str, st.SearchStrategy[object]] = {
        spec.name: NATURAL for spec in dataclasses.fields(kind) if spec.name.endswith("_ms")
    }
    if kind is e.MediaDelivered:
        spans = st.tuples(st.integers(0, 500), st.integers(1, 50), NATURAL).map(lambda s: (s[0], s[0] + s[1], s[2]))
        times["spans"] = st.lists(spans, max_size=4).map(tuple)
    if kind is e.BeaconArrived:
        times["beacon"] = HEX32
    return st.builds(kind, **times)


EVENTS = STARTS | st.one_of([built(kind) for kind in e.Event.__args__ if kind is not e.SessionStarted])
JSON = st.recursive(
    st.booleans() | st.integers(-MAX_INT, MAX_INT) | TEXT, lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@effort(100)
@given(EVENTS)
def test_events_survive_storage(event: e.Event) -> None:
    try:
        data = canonical_bytes(codec.encode_event(event))
    except EvidenceError:
        assume(False)  # integers that no record may hold, such as a box two to the sixtieth wide
    assert codec.decode_event(parse_canonical_object(data)) == event


@effort(100)
@given(EVENTS, st.data())
def test_a_changed_event_never_reads_as_the_same(event: e.Event, data: st.DataObject) -> None:
    plain = codec.encode_event(event)
    name = data.draw(st.sampled_from(sorted(plain)))
    action = data.draw(st.sampled_from(("remove", "replace", "add")))
    changed = dict(plain)
    if action == "remove":
        del changed[name]
    elif action == "replace":
        changed[name] = data.draw(JSON)
        assume(type(changed[name]) is not type(plain[name]) or changed[name] != plain[name])
    else:
        changed[data.draw(TEXT.filter(lambda key: key not in plain))] = data.draw(JSON)
    if action == "remove" and name in ("similarity_bp", "pad_bp"):
        assert codec.decode_event(changed) == dataclasses.replace(event, **{name: None}) != event
        return
    if action != "replace":
        with pytest.raises(EvidenceError, match=r"event\.invalid"):
            codec.decode_event(changed)
        return
    try:
        assert codec.decode_event(changed) != event
    except EvidenceError as error:
        assert error.code == "event.invalid"


@effort(50)
@given(st.builds(Minute, verified=SETS.map(normalise), undecided=SETS.map(normalise)))
def test_minutes_survive_storage(minute: Minute) -> None:
    assert codec.decode_minute(codec.encode_minute(minute)) == minute
