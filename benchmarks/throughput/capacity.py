"""How much processor time one learner costs the service, and so how many learners one core serves.

Run from the checkout, with the models fetched::

    .venv/bin/python -m benchmarks.throughput.capacity --learners 12 --seconds 120

Starts a real service on an empty data folder, lets learners study over its websocket with the Python client (pictures
by a drawn head, the pack ``default`` without its movement checks, which the drawn head cannot make), and reads the
service's own processor time. The clients' work is not counted. Other load hardly changes processor time, but it changes
latency, so this says nothing about latency.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import report
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId
from zaichang.launch.policy_packs import load_pack

if TYPE_CHECKING:
    from zaichang.main.service import Services

INSTITUTION, COURSE, LESSON = InstitutionId("bench"), CourseId("course"), LessonId("lesson")
LESSON_MS = 3_600_000
USED_SHARE = 0.7
"""The rest is for peaks: many captures at one moment, start-up, the log."""


async def _prepare(services: Services, learners: int) -> list[str]:
    from zaichang_simulation.demo.learner import portrait

    policy = dataclasses.replace(load_pack("default").policy, liveness_start=False, liveness_bracket=False)
    await services.institutions.add(INSTITUTION, INSTITUTION, INSTITUTION)
    await services.lessons.add(
        INSTITUTION, COURSE, LESSON, title_zh=LESSON, title_en=LESSON, duration_ms=LESSON_MS, policy=policy
    )
    photo = portrait()
    pseudonyms = [LearnerId(f"learner-{number}") for number in range(learners)]
    for learner in pseudonyms:
        await services.enrolling.from_photos(INSTITUTION, learner, [photo])
    return [await services.launches.issue(INSTITUTION, learner, COURSE, LESSON) for learner in pseudonyms]


async def _serve(folder: Path, learners: int, pipe: int) -> None:
    """Run the service until the parent ends it; write the port and the tokens to ``pipe``."""
    from zaichang.cli.service import base_url, bind, serve
    from zaichang.main.service import build
    from zaichang.settings import load_settings

    settings = load_settings(
        overrides={"data": folder, "port": 0, "log_hold_back": False, "face_search": False, "device_accounts": 0}
    )
    with bind(settings.host, 0) as listener:
        async with await build(settings) as services:
            tokens = await _prepare(services, learners)
            os.write(pipe, "\n".join([base_url(settings, listener), *tokens, ""]).encode())
            os.close(pipe)
            await serve(services, listener)


def _cpu_s(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


async def _study(url: str, tokens: list[str], pid: int, settle_s: float, seconds: float) -> dict[str, report.Cell]:
    from zaichang_client import StudyClient, websocket
    from zaichang_client.protocol import messages as m
    from zaichang_simulation.demo.learner import Camera, Player, Prompter

    captures = 0

    def observe(message: m.ServerMessage) -> None:
        nonlocal captures
        captures += isinstance(message, m.CaptureOrder)

    running = []
    for token in tokens:
        player = Player()
        client = StudyClient(
            websocket(f"ws{url.removeprefix('http')}/v1/session"),
            token=token, player=player, camera=Camera(), prompter=Prompter(), observe=observe,
        )  # fmt: skip
        player.changed = client.changed
        running.append(asyncio.ensure_future(client.run()))
    await asyncio.sleep(settle_s)
    before_s, begun_s, captures = _cpu_s(pid), time.monotonic(), 0
    await asyncio.sleep(seconds)
    used_s, passed_s = _cpu_s(pid) - before_s, time.monotonic() - begun_s
    gone = sum(task.done() for task in running)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    share = used_s / passed_s / len(tokens)
    return {
        "learners": len(tokens),
        "gone": gone,
        "seconds": round(passed_s),
        "captures": captures,
        "cpu_ms_per_learner_s": round(share * 1000, 2),
        "learners_per_core_at_70_percent": int(USED_SHARE / share),
    }


def main() -> int:
    """Measure and publish; 1 where a learner fell out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=12)
    parser.add_argument("--settle", type=float, default=30.0, help="seconds before the count begins")
    parser.add_argument("--seconds", type=float, default=120.0, help="seconds counted")
    parser.add_argument("--json", type=Path, help="where to write the JSON")
    chosen = parser.parse_args()
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            asyncio.run(_serve(Path(folder), chosen.learners, writing))
            os._exit(0)
        os.close(writing)
        try:
            with os.fdopen(reading) as stream:
                url, *tokens = stream.read().split()
            row = asyncio.run(_study(url, tokens, pid, chosen.settle, chosen.seconds))
        finally:
            os.kill(pid, 15)
            os.waitpid(pid, 0)
    report.publish(
        "throughput.capacity",
        [row],
        parameters={"settle_s": chosen.settle, "used_share": USED_SHARE},
        destination=chosen.json,
    )
    return 1 if row["gone"] else 0


if __name__ == "__main__":
    sys.exit(main())
