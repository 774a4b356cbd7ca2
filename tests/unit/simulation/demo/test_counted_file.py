"""A media file whose bytes are counted as they go out: whole files, single ranges, and answers that are cut off."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest

from zaichang_simulation.demo.counted_file import NOTE_BYTES, CountedFile

SIZE = NOTE_BYTES * 2 + 100


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.webm"
    path.write_bytes(bytes(SIZE))
    return path


async def ask(file: Path, range_: str = "", hang_up_after: int = 10**9) -> tuple[list[tuple[int, int]], int, int]:
    """Ask for the file; return the noted parts, the status and the bytes that arrived."""
    noted: list[tuple[int, int]] = []
    status = got = 0

    async def sent(first: int, last: int) -> None:
        noted.append((first, last))

    async def send(message: Any) -> None:
        nonlocal status, got
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            if got >= hang_up_after:
                raise ConnectionResetError
            got += len(message.get("body", b""))

    async def receive() -> Any:
        await asyncio.Event().wait()

    headers = [(b"range", range_.encode())] if range_ else []
    scope: Any = {"type": "http", "method": "GET", "headers": headers, "path": "/x"}
    answer = CountedFile(file, "video/webm", sent)
    try:
        await answer(scope, receive, send)
    except ConnectionResetError:
        pass
    return noted, status, got


def covered(noted: list[tuple[int, int]]) -> tuple[int, int]:
    for (_, end), (begin, _) in itertools.pairwise(noted):
        assert end == begin, "without a gap"
    return noted[0][0], noted[-1][1]


async def test_a_whole_file_is_noted_in_parts_to_its_last_byte(file: Path) -> None:
    noted, status, got = await ask(file)
    assert (status, got) == (200, SIZE)
    assert covered(noted) == (0, SIZE) and len(noted) > 1


async def test_a_range_is_noted_where_it_begins(file: Path) -> None:
    noted, status, got = await ask(file, "bytes=50-149")
    assert (noted, status, got) == ([(50, 150)], 206, 100)


@pytest.mark.parametrize("range_", ["bytes=0-9,20-29", f"bytes={SIZE}-"])
async def test_several_ranges_and_a_refused_one_are_not_noted(file: Path, range_: str) -> None:
    noted, _, _ = await ask(file, range_)
    assert noted == []


async def test_what_went_out_before_the_player_hung_up_is_noted(file: Path) -> None:
    noted, _, got = await ask(file, hang_up_after=1)
    assert 0 < got < SIZE and covered(noted) == (0, got)
