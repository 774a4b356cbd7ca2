"""``zaichang file nightly --once`` against a running service: due rows are filed once."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import pytest

from support.filing_side import write_files
from unit.cli.filing.test_exchange_command import run, serving
from zaichang.cli.filing.nightly import minute_of


async def test_a_run_is_made_once_and_leaves_its_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = str(write_files(tmp_path))
    async with serving(tmp_path) as (world, service):
        await world.learn("li", "law", 45)
        world.clock.at_ms = time.time_ns() // 1_000_000
        command = ["nightly", "--once", "--at", "00:00", "--target", target]
        command += ["--people", str(tmp_path / "people.csv"), *service]
        code, [told] = await run(capsys, *command)
        # No list was put into the folder of the offline platform yet.
        assert (code, told["held"], told["faults"]) == (1, False, ["filing.no_list"])
        assert (tmp_path / "out" / "cq-2026-0001.xlsx").is_file()
        [night] = await world.services.filing.nights.listed("inst", 9)  # type: ignore[arg-type]
        assert night.done_ms is not None and night.faults == ("filing.no_list",)
        assert (tmp_path / "target.nightly").read_text() == night.holder

        await world.learn("wang", "law", 45)
        code, [told] = await run(capsys, *command)
        assert (code, told["faults"]) == (0, []), "the day is done"
        assert not (tmp_path / "out" / "cq-2026-0002.xlsx").exists()


def test_a_time_of_day() -> None:
    assert (minute_of("00:00"), minute_of("02:30"), minute_of("23:59")) == (0, 150, 1_439)
    for text in ("2:30", "24:00", "02:60", "", "0200"):
        with pytest.raises(argparse.ArgumentTypeError):
            minute_of(text)
