"""Pledged frames of the search's page: one for each frame of the camera, with the view that it had then."""

from dataclasses import replace

import pytest

from benchmarks.adversary.camera import View
from benchmarks.adversary.evening import Evening, spend
from benchmarks.adversary.pledges import EVERY_MS, PRESENT, Pledges
from benchmarks.adversary.ways import PLAIN, Way, rule
from zaichang.launch.policy_packs import load_pack

POLICY = load_pack("default").policy
LESSON_MS = 600_000


@pytest.mark.parametrize(("shutter_ms", "made"), [(80, 2), (4_000, 1)])
def test_a_report_pledges_the_frames_since_the_one_before(shutter_ms: int, made: int) -> None:
    evening = Evening(replace(PLAIN, shutter_ms=shutter_ms), POLICY, 1, LESSON_MS)
    pledges = Pledges()
    pledges.made(evening)
    assert pledges.made(evening) is None, "no new frame at once"
    evening.now_ms += 5_000
    frames = pledges.made(evening)
    assert frames is not None and len(frames) == made
    assert all(pledges.view(each) in PRESENT for each in frames)
    assert pledges.view("0" * 64) is None and pledges.view(None) is None


def test_a_frame_shows_who_was_there_when_it_was_taken() -> None:
    evening = Evening(replace(PLAIN, honest=True), POLICY, 1, LESSON_MS)
    pledges = Pledges()
    pledges.made(evening)
    evening.now_ms += EVERY_MS
    evening.leave()
    evening.now_ms += EVERY_MS
    evening.come()
    older, newer = (pledges.view(each) for each in pledges.made(evening) or ())
    assert (older, newer) == (View.EMPTY, View.LEARNER)


def test_holding_a_picture_back_is_of_no_use_to_a_page_that_pledges_or_does_not() -> None:
    way = Way(
        rules=(rule("play", "leave", 1), rule("capture", "come", 7), rule("round", "leave", 0.5), rule("end", "come")),
        shutter_ms=4_000,
        wait_ms=9_000,
    )
    for each in (way, replace(way, pledges=False)):
        found = spend(each, POLICY, 3, LESSON_MS)
        assert found.beyond_ms < 100_000, "a feigned slow line gave 8 s of notice, and all of the lesson"
    free = replace(POLICY, frames_required=False)
    assert spend(replace(way, pledges=False), free, 3, LESSON_MS).beyond_ms > 100_000
