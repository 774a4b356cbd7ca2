from zaichang_simulation.camera.overlays import Overlays, is_overlay
from zaichang_simulation.format import camera as say


def test_entries_by_time_are_no_overlays() -> None:
    assert not is_overlay(say.Clip(at_s=5))
    assert is_overlay(say.Clip(on="capture"))
    assert is_overlay(say.Absent(every_s=30, for_s=5))


def test_an_answer_comes_after_its_time_and_stays_as_long_as_it_says() -> None:
    entry = say.Clip(on="capture", after_s=2, for_s=5)
    overlays = Overlays((entry,))
    overlays.happened("prompt", 0)
    overlays.happened("capture", 10_000)
    assert [overlays.at(at_ms) for at_ms in (11_999, 12_000, 16_999, 17_000)] == [None, entry, entry, None]


def test_an_answer_without_an_end_lasts_until_the_next() -> None:
    come, leave = say.Clip(on="prompt"), say.Absent(on="round_over", for_s=20)
    overlays = Overlays((come, leave))
    overlays.happened("prompt", 1_000)
    assert overlays.at(500_000) == come
    overlays.happened("round_over", 5_000)
    assert overlays.at(5_000) == leave
    assert overlays.at(25_000) is None


def test_only_the_first_events_count_and_none_before_its_time() -> None:
    entry = say.Clip(at_s=10, on="challenge", for_s=1, first=2)
    overlays = Overlays((entry,))
    for at_ms in (9_000, 20_000, 30_000, 40_000):
        overlays.happened("challenge", at_ms)
    assert [overlays.at(at_ms + 500) is entry for at_ms in (9_000, 20_000, 30_000, 40_000)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_cycle_comes_again_and_again() -> None:
    entry = say.Absent(at_s=10, every_s=30, for_s=5)
    overlays = Overlays((entry,))
    assert [overlays.at(at_ms) is entry for at_ms in (0, 10_000, 14_999, 15_000, 40_000, 46_000)] == [
        False,
        True,
        True,
        False,
        True,
        False,
    ]
