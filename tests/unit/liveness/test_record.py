"""The geometry that an event keeps gives the try again, row by row, and its verdict."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from support.trying import POLICY, REST, Sitter, acting, order_of
from zaichang.core.canonical import canonical_bytes
from zaichang.core.reasons import ReasonCode
from zaichang.liveness.messages import Compared, Deadline, FrameSeen, Verdict
from zaichang.liveness.record import geometry_of, recompute, recorded_comparison, recorded_verdict, rows_of
from zaichang.session.codec import decode_event, encode_event
from zaichang.session.events import LivenessAssessed, LivenessGeometry

LIGHT = order_of(*["colour"] * 18)


def assessed(sitter: Sitter) -> LivenessAssessed:
    """Return the event of a try, as it comes back from storage."""
    verdict = sitter.run().verdict
    assert verdict is not None
    event = LivenessAssessed(
        at_ms=0,
        challenge_id="q1",
        attempt=1,
        steps=verdict.steps,
        similarity_bp=verdict.similarity_bp,
        pad_bp=verdict.pad_bp,
        reasons=verdict.reasons,
        geometry=geometry_of(sitter.pick, sitter.rows),
    )
    stored = decode_event(encode_event(event))
    assert isinstance(stored, LivenessAssessed) and stored == event
    return stored


TRIES = {
    "passed": Sitter(order_of("turn_left", "blink"), pick=3),
    "empty chair": Sitter(order_of("turn_left"), there=False, reason=ReasonCode.NO_FACE),
    "nothing done": Sitter(order_of("turn_left"), does=lambda _: REST),
    "light": Sitter(LIGHT),
    "no frame": Sitter(order_of("turn_left"), every_ms=60_000),
    "not compared": Sitter(order_of("look_up"), compared=Compared(analysed=False)),
    "no model": Sitter(order_of("look_up"), compared=Compared(similarities_bp=(7_000, 7_500), pads_bp=(None, None))),
}


@pytest.mark.parametrize("name", TRIES)
def test_a_record_gives_the_rows_and_the_verdict_again(name: str) -> None:
    sitter = TRIES[name]
    event = assessed(sitter)
    assert event.geometry is not None
    assert rows_of(event.geometry) == sitter.rows
    computed = recompute(sitter.order, POLICY, event.geometry, recorded_comparison(event))
    assert computed == recorded_verdict(event) == sitter.state.verdict


def test_the_columns_hold_angles_and_ratios_and_nothing_else() -> None:
    names = {spec.name for spec in fields(LivenessGeometry)}
    assert names == {
        "pick", "order", "at_ms", "done_ms", "yaw_cdeg", "pitch_cdeg", "eye_bp", "mouth_bp", "shape_bp",
        "sideways_bp", "down_bp", "hindered", "lit",
    }  # fmt: skip


def test_a_try_of_the_most_frames_stays_small() -> None:
    rows = [
        FrameSeen(at_ms=200 * n, done_ms=200 * n + 90, order=n % 4 + 1, face=acting("turn_left", yaw_cdeg=-1_234 - n))
        for n in range(POLICY.liveness_frames_max)
    ]
    event = replace(assessed(Sitter(order_of("blink"))), geometry=geometry_of(2**32 - 1, rows))
    assert len(canonical_bytes(encode_event(event))) < 10_000


def test_a_record_that_stops_short_comes_to_no_verdict() -> None:
    sitter = Sitter(order_of("turn_left", "blink"))
    event = assessed(sitter)
    rows = sitter.rows[:5]
    assert recompute(sitter.order, POLICY, geometry_of(0, rows), recorded_comparison(event)) is None


def test_other_geometry_another_order_and_other_limits_give_another_verdict() -> None:
    sitter = Sitter(order_of("turn_left", "blink"))
    event = assessed(sitter)
    assert event.geometry is not None
    told, compared = recorded_verdict(event), recorded_comparison(event)
    still = replace(event.geometry, yaw_cdeg=(0,) * len(sitter.rows))
    assert recompute(sitter.order, POLICY, still, compared) != told
    assert recompute(order_of("turn_right", "blink"), POLICY, event.geometry, compared) != told
    strict = replace(POLICY, liveness_yaw_cdeg=5_000)
    assert recompute(sitter.order, strict, event.geometry, compared) != told


def test_a_row_of_the_clock_is_no_frame() -> None:
    rows = [Deadline(done_ms=5), FrameSeen(at_ms=6, done_ms=7, order=0)]
    geometry = geometry_of(0, rows)
    assert geometry.order == (-1, 0) and geometry.at_ms == (5, 6)
    assert rows_of(geometry) == rows


def test_a_comparison_that_did_not_happen_is_none_of_the_verdict() -> None:
    event = LivenessAssessed(at_ms=0, challenge_id="q", attempt=1, reasons=(ReasonCode.NOT_ANALYSED,))
    assert not recorded_comparison(event).analysed
    assert recorded_verdict(event) == Verdict(steps=(), reasons=(ReasonCode.NOT_ANALYSED,))
