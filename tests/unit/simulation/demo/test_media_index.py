"""Which bytes hold which part of a lesson: real films, broken ones, and files that are no WebM."""

from __future__ import annotations

import itertools

import pytest

from zaichang_simulation.demo.lessons import FOLDER, LESSONS, Lesson
from zaichang_simulation.demo.media_index import media_parts


def vint(number: int, size: int) -> bytes:
    return number.to_bytes(4, "big").lstrip(b"\0") + (size | 1 << 28).to_bytes(4, "big")


def cluster(at: int | None, filler: int = 10) -> bytes:
    inside = (b"" if at is None else vint(0xE7, 4) + at.to_bytes(4, "big")) + vint(0xA3, filler) + b"x" * filler
    return vint(0x1F43B675, len(inside)) + inside


def film(*clusters: bytes, info: bytes = b"", head: bytes = vint(0x1A45DFA3, 3) + b"abc") -> bytes:
    body = info + b"".join(clusters)
    return head + vint(0x18538067, len(body)) + body


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.lesson_id)
def test_a_lesson_of_the_demo_is_divided_by_its_clusters(lesson: Lesson) -> None:
    data = (FOLDER / lesson.video).read_bytes()
    parts = media_parts(data, lesson.duration_ms)
    assert len(parts) > 3
    assert parts[0][2] == 0 and parts[-1][3] == lesson.duration_ms
    for before, after in itertools.pairwise(parts):
        assert before[3] == after[2] and before[1] <= after[0]
    assert max(end - start for _, _, start, end in parts) <= 40_000


def test_times_are_those_of_the_clusters_in_the_files_own_unit() -> None:
    scale = vint(0x1549A966, len(vint(0x2AD7B1, 3)) + 3) + vint(0x2AD7B1, 3) + (2_000_000).to_bytes(3, "big")
    data = film(cluster(7), cluster(500), cluster(900), info=scale)
    parts = media_parts(data, 3_000)
    assert [part[2:] for part in parts] == [(0, 1_000), (1_000, 1_800), (1_800, 3_000)]
    assert parts[-1][1] == len(data)
    assert [part[2:] for part in media_parts(film(cluster(0), cluster(500)), 900)] == [(0, 500), (500, 900)]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0" * 40, b"not a film at all, only text", film(), film(cluster(None)), film(cluster(5), cluster(5)),
        film(cluster(9), cluster(5)), film(cluster(0), cluster(60_000)), film(cluster(0))[:-30] + b"\0",
        film(vint(0x1F43B675, 0)[:4] + b"\xff"),
    ],
)  # fmt: skip
def test_what_cannot_be_divided_is_one_part(data: bytes) -> None:
    assert media_parts(data, 60_000) == ((0, len(data), 0, 60_000),)


def test_a_segment_of_unknown_size_ends_with_the_file() -> None:
    whole = film(cluster(0), cluster(500))
    at = whole.index(bytes.fromhex("18538067"))
    live = whole[: at + 4] + b"\x01" + b"\xff" * 7 + whole[at + 8 :]
    assert [part[2:] for part in media_parts(live, 900)] == [(0, 500), (500, 900)]
