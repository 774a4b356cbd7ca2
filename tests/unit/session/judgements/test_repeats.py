"""A recording repeats itself, exactly or nearly, or does not move; a living person before a sensor does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import POLICY, T0_MS, Desk, frame, good_face, started
from zaichang.core.assessment import FrameAssessment
from zaichang.core.reasons import ReasonCode
from zaichang.session.events import CaptureAssessed
from zaichang.session.judgements import repeats
from zaichang.session.owners import proofs
from zaichang.session.state import State
from zaichang.session.step import start
from zaichang.session.turn import Turn
from zaichang.session.values import Shot


def state() -> State:
    state, _ = start(started(), POLICY)
    return state


def picture(number: int, *, move: int = 20, turn: int = 300, flips: int = 0) -> FrameAssessment:
    face = good_face(box_px=(100 + number * move, 80, 120, 140), yaw_cdeg=number * turn, pitch_cdeg=0, roll_cdeg=0)
    return replace(frame(face, content=f"{number:016x}"), phash=f"{(1 << flips) - 1:016x}")


def look(s: State, assessment: FrameAssessment, at_s: int, **options: Any) -> ReasonCode | None:
    policy = replace(POLICY, repeats_max=options.pop("repeats_max", 3))
    event = CaptureAssessed(at_ms=T0_MS + at_s * 1_000, capture_id="c0-0", assessment=assessment, **options)
    return proofs._recording(Turn(s, policy, event.at_ms), event)


def test_a_moving_person_is_never_taken_for_a_recording() -> None:
    s = state()
    assert [look(s, picture(n), n * 12) for n in range(40)] == [None] * 40
    assert s.proofs.repeats == 0


def test_the_same_picture_twice_running_is_a_frozen_camera_and_later_a_repeat() -> None:
    s = state()
    assert look(s, picture(0), 0) is None
    assert look(s, picture(0), 5) is ReasonCode.CAMERA_FROZEN
    assert look(s, picture(1), 10) is None
    assert look(s, picture(0), 12) is ReasonCode.DUPLICATE_FRAME
    assert s.proofs.repeats == 2


def test_a_picture_of_another_session_is_a_repeat() -> None:
    assert look(state(), picture(0), 0, seen_before=True) is ReasonCode.DUPLICATE_FRAME


def test_near_repeats_are_let_pass_until_there_are_too_many_and_then_nothing_counts() -> None:
    s = state()
    shown = [replace(picture(n % 4), content=f"{n:016x}") for n in range(9)]
    found = [look(s, one, at_s * 12) for at_s, one in enumerate(shown)]
    assert found == [None] * 7 + [ReasonCode.DUPLICATE_FRAME] * 2
    assert look(s, picture(20), 200) is ReasonCode.DUPLICATE_FRAME  # a new picture does not clear it
    assert s.proofs.repeats == 5


@pytest.mark.parametrize(
    "other",
    [
        {"move": 2, "turn": 0},
        {"move": 0, "turn": 61},
        {"move": 0, "turn": 0, "flips": 5},
    ],
)
def test_a_little_movement_is_no_near_repeat(other: dict[str, int]) -> None:
    s = state()
    look(s, picture(0), 0)
    look(s, picture(1, **other), 20)
    assert s.proofs.repeats == 0
    look(s, replace(picture(0), content="ab" * 8), 40)
    assert s.proofs.repeats == 1  # the dangerous case is one that the same frames can reach


def test_pictures_taken_right_after_each_other_may_be_alike() -> None:
    s = state()
    look(s, picture(0), 0)
    look(s, picture(1, move=0, turn=0), 9)
    assert s.proofs.repeats == 0


def test_a_head_that_does_not_move_for_a_minute_is_frozen() -> None:
    s = state()
    found = [look(s, picture(n, move=0, turn=17, flips=8 * (n % 2)), n * 9, repeats_max=1_000) for n in range(9)]
    assert found[:7] == [None] * 7
    assert found[7] is ReasonCode.CAMERA_FROZEN
    assert look(s, picture(30), 90, repeats_max=1_000) is None


def test_a_quick_burst_of_still_pictures_is_not_enough() -> None:
    s = state()
    assert [look(s, picture(n, move=0, turn=0), n) for n in range(9)] == [None] * 9


def test_without_a_face_or_hash_there_is_nothing_to_compare() -> None:
    s = state()
    assert look(s, frame(), 0) is None
    assert look(s, frame(good_face()), 1) is None
    assert s.proofs.sightings == ()
    assert s.proofs.contents == ()


def test_what_is_kept_is_bounded() -> None:
    s = state()
    for n in range(100):
        look(s, picture(n), n * 12)
    assert len(s.proofs.sightings) == len(s.proofs.contents) == repeats.SIGHTINGS_KEPT


def test_a_looped_recording_earns_next_to_nothing_in_a_whole_session() -> None:
    def loop(desk: Desk) -> FrameAssessment:
        return picture(desk.now_ms // 400 % 25)

    desk = Desk(camera=loop).study(1_800_000).finish()
    assert desk.verified_ms < 180_000
    assert desk.final is not None
    assert dict(desk.final.indicators)[ReasonCode.DUPLICATE_FRAME] >= 4


ALIKE = (0, 100, 80, 120, 140, 0, 0, 0, 0)
"""Time, box, yaw, pitch, roll, hash of a sighting."""


def changed(place: int, by: int) -> tuple[int, ...]:
    return tuple(value + by if n == place else value for n, value in enumerate(ALIKE))


@pytest.mark.parametrize(
    ("place", "most"), [*((n, repeats.NEAR_PX) for n in range(1, 5)), *((n, repeats.NEAR_CDEG) for n in range(5, 8))]
)
def test_near_means_near_in_every_measure_up_to_its_bound(place: int, most: int) -> None:
    for sign in (1, -1):
        for by, near in ((most, True), (most + 1, False)):
            later = (repeats.NEAR_AFTER_MS, *changed(place, sign * by)[1:])
            assert repeats._near(ALIKE, later) is near


def test_near_in_time_and_in_the_picture_have_bounds_too() -> None:
    assert repeats._near(ALIKE, (10_000, *ALIKE[1:])) is True
    assert repeats._near(ALIKE, (9_999, *ALIKE[1:])) is False
    assert repeats._near(ALIKE, (10_000, *ALIKE[1:8], 0b1111 << 40)) is True
    assert repeats._near(ALIKE, (10_000, *ALIKE[1:8], 0b11111 << 40)) is False


def sightings(place: int, span: int, span_ms: int = 60_000, count: int = 8) -> tuple[tuple[int, ...], ...]:
    """Return sightings that differ in one measure, by ``span`` in all."""
    steps = count - 1
    return tuple((n * span_ms // steps, *changed(place, n * span // steps)[1:]) for n in range(count))


@pytest.mark.parametrize(
    ("place", "most"), [*((n, repeats.STILL_PX) for n in range(1, 5)), *((n, repeats.STILL_CDEG) for n in range(5, 8))]
)
def test_still_means_still_in_every_measure_up_to_its_bound(place: int, most: int) -> None:
    assert repeats._still(sightings(place, most)) is True
    assert repeats._still(sightings(place, most + 1)) is False


def test_still_takes_a_minute_and_eight_sightings_and_the_hash_is_free() -> None:
    assert repeats._still(sightings(8, 1 << 60)) is True
    assert repeats._still(sightings(8, 0, span_ms=59_999)) is False
    assert repeats._still(sightings(8, 0, count=7)) is False


class TestACamerasOwnFrame:
    """Rules 8: a slow camera gives one frame for a report and for an order."""

    PLEDGED = (T0_MS, "ab" * 8, True)

    @pytest.mark.parametrize(
        ("before", "now", "own"),
        [
            ((), PLEDGED, False),
            ((PLEDGED,), (T0_MS + 10_000, "ab" * 8, False), True),
            ((PLEDGED,), (T0_MS - 10_000, "ab" * 8, False), True),
            ((PLEDGED,), (T0_MS + 10_001, "ab" * 8, False), False),
            ((PLEDGED,), (T0_MS + 1, "cd" * 8, False), False),
            ((PLEDGED,), (T0_MS + 1, "ab" * 8, True), False),
            ((PLEDGED, (T0_MS + 1, "ab" * 8, False)), (T0_MS + 2, "ab" * 8, False), False),
        ],
    )
    def test_is_of_the_same_moment_and_of_the_other_kind(self, before: tuple[Shot, ...], now: Shot, own: bool) -> None:
        assert repeats.is_cameras_own(before, now, 10_000) is own
