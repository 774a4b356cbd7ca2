"""Plain values and back; nothing unknown, missing or impossible is decoded."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from support.desk import T0_MS, good_face, started
from zaichang.core.assessment import FrameAssessment
from zaichang.core.canonical import canonical_bytes, parse_canonical
from zaichang.core.errors import EvidenceError
from zaichang.core.reasons import ReasonCode
from zaichang.core.rules_version import CURRENT
from zaichang.session import codec
from zaichang.session import events as e
from zaichang.session.decisions import Minute, Verdict
from zaichang.session.judgements.liveness_tries import ACTIONS

QUESTION = e.Question(question_id="k1", text="几点?", options=("a", "b"), correct=1)
ASSESSMENT = FrameAssessment(
    width_px=640, height_px=480, faces=(good_face(pad_bp=None, quality_parts_bp=(("size", 9_000),)),), content="ab",
    phash="cd", luma_bp=5_000, models="ef", reasons=(ReasonCode.BACKGROUND_FACE,),
)  # fmt: skip
GEOMETRY = e.LivenessGeometry(
    pick=7, order=(1, 2, -1), at_ms=(0, 5, 9), done_ms=(1, 5, 9), yaw_cdeg=(-3, 4, 0), pitch_cdeg=(1, 2, 0),
    eye_bp=(9, 8, 0), mouth_bp=(1, 1, 0), shape_bp=(10_000, 9_999, 0), sideways_bp=(0, -5, 0), down_bp=(0, 6, 0),
    hindered=((2, ReasonCode.NO_FACE),), lit=((1, 1, 2, 3, 4, 5, 6),),
)  # fmt: skip
EVENTS: tuple[e.Event, ...] = (
    started(
        rules=CURRENT,
        credited=((0, 5), (7, 9)),
        questions=(QUESTION,),
        route="challenge",
        extra_time_pct=50,
        liveness_excluded=("look_up",),
        capture_days=180,
        leniency=e.Leniency(debt_ms=7, calls=1, failures=2, liveness_failed=3),
        period="2026-01-01",
        passkeys=e.Passkeys(
            origin="https://learn.example",
            rp_id="learn.example",
            keys=(e.Passkey(credential_id="AAE", public_key="MFk", at_ms=7, supervised=True, synced=True),),
        ),
    ),
    e.HeartbeatReceived(
        at_ms=T0_MS, seq=1, nonce="aa", playhead_ms=7, playing=True, rate_bp=15_000, visible=False, frames=("ab" * 32,)
    ),
    e.CaptureTaken(at_ms=T0_MS, capture_id="c0-0", digest="cd" * 32),
    e.CaptureReceived(
        at_ms=T0_MS,
        capture_id="c0-0",
        nonce="bb",
        camera="cam",
        virtual_camera=True,
        picture="ab" * 32,
        encrypted="cd" * 32,
        digest="cd" * 32,
    ),
    e.CaptureAssessed(
        at_ms=T0_MS, capture_id="c0-0", assessment=ASSESSMENT, seen_before=True, elsewhere=True, copies=2
    ),
    e.CaptureUnavailable(at_ms=T0_MS, capture_id="c0-0", reason=ReasonCode.PAGE_HIDDEN),
    e.ChallengeAnswered(at_ms=T0_MS, challenge_id="q0", answer="答"),
    e.LivenessBegun(at_ms=T0_MS, challenge_id="q0", decline=True),
    e.LivenessAssessed(
        at_ms=T0_MS,
        challenge_id="q0",
        attempt=1,
        similarity_bp=6_000,
        pad_bp=9_000,
        camera="cam",
        virtual_camera=True,
        steps=(e.LivenessStep(action="turn_left", outcome="passed", onset_ms=640, parallax_bp=900, frames=12),),
        models="ef",
        reasons=(ReasonCode.TOO_DARK,),
        geometry=GEOMETRY,
        kept=(e.KeptCapture(capture_id="q0-1-before", picture="ab" * 32, encrypted="cd" * 32),),
    ),
    e.PasskeyAnswered(
        at_ms=T0_MS,
        challenge_id="q0",
        credential_id="AAE",
        verified=True,
        client_data="e30",
        authenticator_data="AA",
        signature="MEU",
    ),
    e.PasskeyDeclined(at_ms=T0_MS, challenge_id="q0", cause="declined"),
    e.MediaDelivered(at_ms=T0_MS, spans=((0, 6_000, T0_MS), (6_000, 12_000, 0))),
    e.ConnectionLost(at_ms=T0_MS, down_ms=7_200_000),
    e.ConnectionResumed(at_ms=T0_MS),
    e.DeadlineReached(at_ms=T0_MS),
    e.FinishRequested(at_ms=T0_MS),
    e.Superseded(at_ms=T0_MS),
    e.NonceRevealed(at_ms=T0_MS, client_nonce="22" * 16),
    e.BeaconArrived(at_ms=T0_MS, beacon="ab" * 32, note="a"),
)
LIVENESS = next(event for event in EVENTS if isinstance(event, e.LivenessAssessed))
NO_COLUMN = ("pick", "hindered", "lit")
MINUTE = Minute(
    index=2, from_ms=T0_MS, to_ms=T0_MS + 60_000, verdict=Verdict.VERIFIED, verified=((0, 5), (7, 9)),
    undecided=((20, 30),), reasons=(ReasonCode.PLAYER_STALLED,),
)  # fmt: skip


def by_name(event: object) -> str:
    return type(event).__name__


def test_every_event_class_is_here() -> None:
    assert {type(event) for event in EVENTS} == set(e.Event.__args__)


@pytest.mark.parametrize("event", EVENTS, ids=by_name)
def test_events_come_back_the_same_through_canonical_bytes(event: e.Event) -> None:
    plain = codec.encode_event(event)
    assert plain["e"] == type(event).__name__
    stored = parse_canonical(canonical_bytes(plain))
    assert isinstance(stored, dict)
    assert codec.decode_event(stored) == event


def test_absent_values_are_left_out_and_stay_absent() -> None:
    plain = codec.encode_event(EVENTS[4])
    face = plain["assessment"]["faces"][0]  # type: ignore[index]  # plain values are objects
    assert "pad_bp" not in face
    assert face["similarity_bp"] == 7_500


@pytest.mark.parametrize("event", EVENTS, ids=by_name)
def test_an_unknown_field_is_refused(event: e.Event) -> None:
    with pytest.raises(EvidenceError) as caught:
        codec.decode_event({**codec.encode_event(event), "extra": 1})
    assert caught.value.code == "event.invalid"
    assert type(event).__name__ in caught.value.message


def may_be_absent(event: e.Event) -> set[str]:
    """Results that were not measured are left out, so a record without them is sound, and another.

    A challenge that is not owed is written as an empty string. A start from before the rules had versions names none.
    """
    return {spec.name for spec in fields(event) if spec.default is None and spec.name != "owed"}


def test_only_results_and_the_rules_version_may_be_absent() -> None:
    absent = {(type(event), name) for event in EVENTS for name in may_be_absent(event)}
    assert absent == {
        (e.LivenessAssessed, "similarity_bp"),
        (e.LivenessAssessed, "pad_bp"),
        (e.LivenessAssessed, "geometry"),
        (e.SessionStarted, "rules"),
        (e.LivenessAssessed, "kept"),
        (e.CaptureReceived, "picture"),
        (e.CaptureReceived, "encrypted"),
        (e.SessionStarted, "capture_days"),
        (e.SessionStarted, "leniency"),
        (e.SessionStarted, "period"),
        (e.SessionStarted, "passkeys"),
        (e.CaptureReceived, "digest"),
        (e.CaptureAssessed, "elsewhere"),
        (e.CaptureAssessed, "copies"),
        (e.ConnectionLost, "down_ms"),
        (e.HeartbeatReceived, "frames"),
    }


@pytest.mark.parametrize("event", EVENTS, ids=by_name)
def test_each_missing_field_is_refused(event: e.Event) -> None:
    plain = codec.encode_event(event)
    for name in may_be_absent(event):
        less = {key: value for key, value in plain.items() if key != name}
        assert codec.decode_event(less) == replace(event, **{name: None})
    for name in plain.keys() - may_be_absent(event):
        with pytest.raises(EvidenceError) as caught:
            codec.decode_event({key: value for key, value in plain.items() if key != name})
        assert caught.value.code == "event.invalid"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "no event class None"),
        ({"e": "Nothing", "at_ms": 1}, "no event class 'Nothing'"),
        ({"e": 5, "at_ms": 1}, "no event class 5"),
        ({"e": ["ConnectionLost"], "at_ms": 1}, "no event class ['ConnectionLost']"),
        ({"e": "ConnectionLost", "at_ms": "1"}, "at_ms"),
        ({"e": "ConnectionLost", "at_ms": True}, "at_ms"),
        ({"e": "ConnectionLost", "at_ms": None}, "at_ms"),
        ({"e": "ConnectionLost", "at_ms": -1}, "at_ms is negative"),
        ({**codec.encode_event(EVENTS[1]), "playhead_ms": -1}, "playhead_ms is negative"),
        ({**codec.encode_event(EVENTS[5]), "reason": "BECAUSE"}, "BECAUSE"),
    ],
)
def test_what_is_no_event_is_refused_with_the_place(value: dict[str, object], said: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        codec.decode_event(value)
    assert caught.value.code == "event.invalid"
    assert said in caught.value.message


@pytest.mark.parametrize("correct", [0, 1])
def test_any_option_may_be_the_right_one(correct: int) -> None:
    start = started(questions=(replace(QUESTION, correct=correct),))
    assert codec.decode_event(codec.encode_event(start)) == start


def test_zero_is_a_time() -> None:
    assert codec.decode_event({"e": "ConnectionLost", "at_ms": 0}) == e.ConnectionLost(at_ms=0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": "11" * 31}, "seed"),
        ({"liveness_excluded": ("dance",)}, "liveness"),
        ({"liveness_excluded": ACTIONS}, "none is left"),
        ({"seed": "zz" * 32}, "seed"),
        ({"seed": "11" * 33}, "seed"),
        ({"credited": ((5, 5),)}, "credited"),
        ({"credited": ((5, 3),)}, "credited"),
        ({"credited": ((0, 3), (2, 5))}, "credited"),
        ({"credited": ((-4, 3),)}, "credited"),
        ({"route": "magic"}, "route"),
        ({"extra_time_pct": -1}, "extra time"),
        ({"capture_days": -1}, "days of keeping"),
        ({"period": "2026"}, "period"),
        ({"questions": (replace(QUESTION, correct=2),)}, "questions"),
        ({"questions": (QUESTION, replace(QUESTION, correct=-1))}, "questions"),
        ({"questions": (replace(QUESTION, options=(), correct=0),)}, "questions"),
    ],
)
def test_a_start_that_the_rules_could_not_run_on_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        codec.decode_event(codec.encode_event(started(**change)))
    assert caught.value.code == "event.invalid"
    assert said in caught.value.message


def test_minutes_come_back_the_same_and_state_their_sum() -> None:
    plain = codec.encode_minute(MINUTE)
    assert plain["verified_ms"] == 7
    assert plain["verdict"] == "V"
    assert codec.decode_minute(plain) == MINUTE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verified_ms": 8}, "states 8 ms, its intervals cover 7 ms"),
        ({"extra": 1}, "fields"),
        ({"index": "2"}, "index"),
        ({"verdict": "X"}, "X"),
        ({"verified": [[0, 5], [4, 6]]}, "intervals"),
        ({"verified": [[7, 0]], "verified_ms": -7}, "intervals"),
        ({"undecided": [[30, 30]]}, "intervals"),
    ],
)
def test_what_is_no_minute_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        codec.decode_minute({**codec.encode_minute(MINUTE), **change})
    assert caught.value.code == "minute.invalid"
    assert said in caught.value.message


def test_each_missing_field_of_a_minute_is_refused() -> None:
    plain = codec.encode_minute(MINUTE)
    for name in plain:
        with pytest.raises(EvidenceError) as caught:
            codec.decode_minute({key: value for key, value in plain.items() if key != name})
        assert caught.value.code == "minute.invalid"


def test_no_event_field_is_optional_in_storage() -> None:
    """Only a face's scores may be absent: everything else an event holds is written out."""
    for event in EVENTS:
        assert all(getattr(event, spec.name) is not None for spec in fields(event) if spec.name != "owed")
        assert codec.encode_event(event).get("owed", "") is not None


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"yaw_cdeg": (1, 2)}, "differ in length"),
        ({"pick": -1}, "pick"),
        ({"order": (1, 2, -2)}, "below -1"),
        ({"at_ms": (2, 5, 9)}, "before they arrived"),
        ({"at_ms": (-1, 5, 9)}, "before they arrived"),
        ({"done_ms": (1, 12, 11)}, "backwards"),
        ({"shape_bp": (1, -1, 0)}, "negative"),
        ({"hindered": ((3, ReasonCode.NO_FACE),)}, "name no row"),
        ({"hindered": ((1, ReasonCode.NO_FACE), (1, ReasonCode.NO_FACE))}, "one twice"),
        ({"lit": ((-1, 1, 2, 3, 4, 5, 6),)}, "name no row"),
    ],
)
def test_geometry_whose_columns_do_not_belong_together_is_refused(changes: dict[str, object], what: str) -> None:
    bad = replace(LIVENESS, geometry=replace(GEOMETRY, **changes))
    with pytest.raises(EvidenceError, match=what) as caught:
        codec.decode_event(codec.encode_event(bad))
    assert caught.value.code == "event.invalid"


def test_geometry_has_no_more_rows_than_a_try() -> None:
    def rows(count: int) -> e.Event:
        numbers = {spec.name: tuple(range(count)) for spec in fields(GEOMETRY) if spec.name not in NO_COLUMN}
        return replace(LIVENESS, geometry=e.LivenessGeometry(pick=0, **numbers))

    assert codec.decode_event(codec.encode_event(rows(codec.GEOMETRY_ROWS_MAX)))
    with pytest.raises(EvidenceError, match="more than 2000"):
        codec.decode_event(codec.encode_event(rows(codec.GEOMETRY_ROWS_MAX + 1)))


def test_a_try_of_an_old_record_has_no_geometry_and_keeps_its_bytes() -> None:
    old = replace(LIVENESS, geometry=None)
    assert "geometry" not in codec.encode_event(old)
    assert codec.decode_event(codec.encode_event(old)) == old


@pytest.mark.parametrize("bad", ["", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_a_digest_of_a_capture_is_64_hex_digits(bad: str) -> None:
    capture = next(event for event in EVENTS if isinstance(event, e.CaptureReceived))
    assert LIVENESS.kept is not None
    beat = next(event for event in EVENTS if isinstance(event, e.HeartbeatReceived))
    for wrong in (
        replace(beat, frames=("ab" * 32, bad)),
        replace(capture, picture=bad),
        replace(capture, encrypted=bad),
        replace(LIVENESS, kept=(replace(LIVENESS.kept[0], picture=bad),)),
        replace(LIVENESS, kept=(replace(LIVENESS.kept[0], encrypted=bad),)),
    ):
        with pytest.raises(EvidenceError, match="digests") as caught:
            codec.decode_event(codec.encode_event(wrong))
        assert caught.value.code == "event.invalid"
