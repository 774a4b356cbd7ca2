"""The real service with a course for browser tests, as a process of its own: it can be killed and started again.

Usage: python -m browser.live_service DATA PORT PHOTO ORIGIN     prints one JSON line when it serves, ends on SIGTERM
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from zaichang.cli.service import bind, serve
from zaichang.core.enums import ChallengeKind, Proof
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId
from zaichang.main.service import Services, build
from zaichang.session.policy import Policy
from zaichang.settings import load_settings
from zaichang_simulation.demo.app import create_demo_app
from zaichang_simulation.demo.lessons import LESSONS as FILMS
from zaichang_simulation.demo.lessons import ensure_lessons

INSTITUTION, COURSE, LESSON_MS = InstitutionId("browser-tests"), CourseId("course"), 120_000
QUICK = Policy(
    repeats_max=1_000,  # the webcam is a short loop
    name="browser-tests",
    proofs=(Proof.PRESENCE, Proof.IDENTITY),
    heartbeat_ms=1_000,
    gap_ms=8_000,
    capture_mean_ms=5_000,
    capture_min_gap_ms=3_000,
    capture_max_gap_ms=7_000,
    capture_deadline_ms=20_000,
    retake_ms=300,
    retake_prompted_ms=1_000,
    cure_ms=1_000,
    challenge_kinds=(),
    segment_ms=15_000,
)
LESSONS = {
    "plain": QUICK,
    "challenges": replace(
        QUICK,
        challenge_kinds=(ChallengeKind.CONFIRM,),
        challenge_mean_ms=10_000,
        challenge_min_gap_ms=5_000,
        challenge_max_gap_ms=10_000,
        challenge_deadline_ms=5_000,
    ),
    "liveness": replace(QUICK, proofs=(Proof.PRESENCE, Proof.IDENTITY, Proof.PAD)),
    "hidden": replace(QUICK, capture_mean_ms=60_000, capture_min_gap_ms=60_000, capture_max_gap_ms=90_000),
    "movements": replace(
        QUICK,
        liveness_start=True,
        challenge_kinds=(ChallengeKind.LIVENESS,),
        challenge_mean_ms=120_000,
        challenge_min_gap_ms=100_000,
        challenge_max_gap_ms=200_000,
        challenge_deadline_ms=60_000,
    ),
    "light": replace(
        QUICK,
        challenge_kinds=(ChallengeKind.LIGHT,),
        challenge_mean_ms=10_000,
        challenge_min_gap_ms=5_000,
        challenge_max_gap_ms=10_000,
        challenge_deadline_ms=60_000,
    ),
    "soak": replace(
        QUICK,
        capture_mean_ms=15_000,
        capture_min_gap_ms=10_000,
        capture_max_gap_ms=20_000,
        challenge_kinds=(ChallengeKind.CONFIRM,),
        challenge_mean_ms=60_000,
        challenge_min_gap_ms=40_000,
        challenge_max_gap_ms=90_000,
        challenge_deadline_ms=60_000,
    ),
}
BROADCAST_MS = 4 * 3_600_000
"""The longest that it may last; it has been on air for a quarter of that."""
LONGER_MS = {"soak": 40 * 60_000}


async def run(data: Path, port: int, photo: Path, origin: str) -> None:
    known = data.exists()
    given = {
        "data": data,
        "host": "127.0.0.1",
        "port": port,
        "log_flush_ms": 100,
        "log_hold_back": False,
        "allowed_origins": (origin,),
    }
    given["near_copies"] = False  # the webcam shows one clip again and again
    given["face_search"] = False  # one person is every learner of these tests, often in two sessions at once
    settings = load_settings(overrides=given, environ={})
    listener = bind(settings.host, settings.port)
    async with await build(settings) as services:
        keys = data / "browser-keys.json"
        if not known:
            keys.write_text(json.dumps(await _furnish(services, photo)))
        print(json.dumps({"port": listener.getsockname()[1], **json.loads(keys.read_text())}), flush=True)
        await serve(services, listener, app=create_demo_app(services))


async def _furnish(services: Services, photo: Path) -> dict[str, str]:
    made = await services.institutions.add(INSTITUTION, "测试机构", "Test institution")
    for lesson, policy in LESSONS.items():
        await services.lessons.add(
            INSTITUTION,
            COURSE,
            LessonId(lesson),
            title_zh=lesson,
            title_en=lesson,
            duration_ms=LONGER_MS.get(lesson, LESSON_MS),
            policy=policy,
        )
    await services.lessons.add(
        INSTITUTION, COURSE, LessonId("broadcast"), title_zh="broadcast", title_en="broadcast",
        duration_ms=BROADCAST_MS, policy=QUICK, live_from_ms=int(time.time() * 1_000) - BROADCAST_MS // 4,
    )  # fmt: skip
    ensure_lessons(services.settings.data / "media")
    for film in FILMS:
        await services.lessons.add(
            INSTITUTION, COURSE, film.lesson_id, title_zh=film.title_zh, title_en=film.title_en,
            duration_ms=film.duration_ms, policy=replace(QUICK, schema=4) if film is FILMS[1] else QUICK,
        )  # fmt: skip
    for number in range(60):
        await services.enrolling.from_photos(INSTITUTION, LearnerId(f"learner-{number}"), [photo.read_bytes()])
    return {"platform": made.platform, "staff": made.staff}


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]))
