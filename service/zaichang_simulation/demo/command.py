"""The work of ``zaichang demo``: a sample institution, a lesson, a simulated learner, and the pages to look at them."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zaichang.cli.out import redraw, say
from zaichang.cli.service import base_url, bind, serve, set_up_logging, settings_from
from zaichang.core.ids import InstitutionId, LearnerId, LessonId, ReviewerId, SessionId
from zaichang_simulation.demo.progress import StudyProgress

if TYPE_CHECKING:
    from zaichang.main.service import Services
    from zaichang.session.policy import Policy
    from zaichang.settings import Settings
    from zaichang_client.protocol.messages import MinuteSealed
    from zaichang_simulation.demo.learner import Studied

DATA: Final = Path("data/demo")
INSTITUTION: Final = InstitutionId("demo")
LESSON: Final = LessonId("moon-phases")
STUDY_S: Final = 150.0
STUDY_ONCE_S: Final = 75.0
MESSAGE: Final = """
  Open {base}{path} in your browser.

  There you choose: learner (your webcam), reviewer, or inspector.
  A simulated learner studies beside you; its first minute takes about
  two minutes. Ctrl-C ends the demo.
"""


@dataclass(slots=True)
class _Outcome:
    studied: Studied | None = None
    checks: int = 0
    code: int = 2
    progress: StudyProgress = field(default_factory=StudyProgress)


def run(args: Namespace) -> int:
    """Set up and serve; returns 0 when told to stop, or with ``--once`` what the learner's session came to."""
    set_up_logging(False)
    begun_s = time.monotonic()
    # Each visit is a new account of the same visitor: two of them at once would go to a reviewer. A demo's webcam may
    # be a clip that is shown again.
    own = {"face_search": False, "near_copies": False, "log_hold_back": False}
    settings = settings_from(args, data=args.data or DATA, host=args.host, port=args.port, **own)
    with bind(settings.host, settings.port) as listener:
        _fetch_models()
        outcome = _Outcome()
        asyncio.run(_demo(settings, listener, args, outcome, begun_s))
    if not args.once:
        return 0
    if args.json:
        studied = outcome.studied
        say(
            json.dumps(
                {
                    "ok": outcome.code == 0,
                    "session": studied.session_id if studied else "",
                    "verified_ms": studied.verified_ms if studied else 0,
                    "minutes": studied.minutes if studied else 0,
                    "checks": outcome.checks,
                    "seconds": round(time.monotonic() - begun_s, 1),
                }
            ),
            whole=True,
        )
    return outcome.code


def demo_policy() -> Policy:
    """Return the demo's rules: frequent checks with attack detection, short segments, and openly no movements."""
    from zaichang.core.enums import ChallengeKind, Proof
    from zaichang.session.policy import Policy

    return Policy(
        name="demo-without-movements",
        proofs=tuple(Proof),
        capture_mean_ms=20_000,
        capture_min_gap_ms=10_000,
        capture_max_gap_ms=30_000,
        challenge_kinds=(ChallengeKind.CONFIRM,),
        challenge_mean_ms=50_000,
        challenge_min_gap_ms=30_000,
        challenge_max_gap_ms=90_000,
        segment_ms=20_000,
    )


def _say(text: str) -> None:
    say(text, err=True)


def _bar(what: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        redraw(f"{what}: {100 * done // max(1, total):3d} %", last=done >= total)
    elif done == total:
        _say(f"{what}: done")


def _fetch_models() -> None:
    from zaichang.vision.cache import ModelCache
    from zaichang.vision.catalog import load_catalog
    from zaichang.vision.fetch import Progress, fetch_all

    said: set[str] = set()

    def progress(now: Progress) -> None:
        name = f"Model {now.entry.name}"
        if now.stage == "download" and now.total_bytes and sys.stderr.isatty():
            _bar(name, now.done_bytes, now.total_bytes)
        elif now.stage not in ("cached", "download") and f"{name}{now.stage}" not in said:
            said.add(f"{name}{now.stage}")
            _say(f"{name}: {now.stage}")

    fetch_all(load_catalog(), ModelCache(), on_progress=progress)


async def _demo(
    settings: Settings, listener: socket.socket, args: Namespace, outcome: _Outcome, begun_s: float
) -> None:
    from zaichang.main.service import build
    from zaichang_simulation.demo.app import create_demo_app
    from zaichang_simulation.demo.entrance import PATH, entrance_router
    from zaichang_simulation.demo.lessons import ensure_lessons

    async with await build(settings) as services:
        media = settings.data / "media"
        await asyncio.to_thread(ensure_lessons, media)
        await services.institutions.add(INSTITUTION, "示例机构", "Sample institution")
        pseudonym = await _set_up(services)
        base = base_url(settings, listener)
        reviewer_key = await services.institutions.add_reviewer(INSTITUTION, ReviewerId("demo-reviewer"))
        app = create_demo_app(services)
        app.include_router(entrance_router(services, INSTITUTION, reviewer_key, outcome.progress))
        for line in MESSAGE.format(base=base, path=PATH).split("\n"):
            say(line, err=args.json)
        _say(f"Set-up took {time.monotonic() - begun_s:.0f} s.")

        async def beside() -> bool:
            await _study(services, base, pseudonym, STUDY_ONCE_S if args.once else STUDY_S, outcome)
            if not args.once:
                await asyncio.Event().wait()
            return True

        await serve(services, listener, beside, app)


async def _set_up(services: Services) -> LearnerId:
    """Create the sample lesson and enrol a fresh simulated learner; return its pseudonym."""
    from zaichang_simulation.demo.learner import portrait
    from zaichang_simulation.demo.lessons import COURSE_ID, LESSONS

    for lesson in LESSONS:
        await services.lessons.add(
            INSTITUTION,
            COURSE_ID,
            lesson.lesson_id,
            title_zh=lesson.title_zh,
            title_en=lesson.title_en,
            duration_ms=lesson.duration_ms,
            policy=demo_policy(),
        )
    pseudonym = LearnerId(f"simulated-{services.ports.token_hex(3)}")
    _say("Enrolling the simulated learner from a public-domain portrait.")
    await services.enrolling.from_photos(INSTITUTION, pseudonym, [portrait()])
    return pseudonym


async def _study(services: Services, base: str, pseudonym: LearnerId, study_s: float, outcome: _Outcome) -> None:
    from zaichang_simulation.demo.learner import study
    from zaichang_simulation.demo.lessons import COURSE_ID

    token = await services.launches.issue(INSTITUTION, pseudonym, COURSE_ID, LESSON)
    url = f"ws{base.removeprefix('http')}/v1/session"

    def tell(minute: MinuteSealed) -> None:
        outcome.progress.minutes[minute.index] = minute.verdict
        verdict = {"V": "verified", "F": "not counted", "U": "goes to review"}[minute.verdict]
        why = f" ({', '.join(minute.reasons)})" if minute.reasons else ""
        _say(f"Simulated learner, minute {minute.index + 1}: {verdict}, {minute.verified_ms / 1000:.1f} s{why}")

    outcome.studied = await study(url, token, study_s, tell)
    studied = outcome.studied
    seconds = f"{studied.verified_ms / 1000:.1f} s"
    _say(f"Simulated learner: {seconds} verified in {studied.minutes} minutes; {studied.reason}.")
    outcome.checks, passed = await _check(services, SessionId(studied.session_id))
    outcome.progress.checked = passed
    _say(f"Checked offline: {outcome.checks} checks, {'every one passed' if passed else 'something is WRONG'}.")
    outcome.code = 0 if passed and studied.verified_ms > 0 and studied.minutes > 0 else 1


async def _check(services: Services, session_id: SessionId) -> tuple[int, bool]:
    """Export the session and check the bundle as an inspector would."""
    from zaichang.audit.bundle import write_bundle
    from zaichang.audit.check import exit_code
    from zaichang.audit.replay.rule_replay import replay_by_rules
    from zaichang.audit.verify import verify_bundle
    from zaichang.log.bundles import export_sessions, log_trust, place_of
    from zaichang.log.reader import LogReader
    from zaichang.tlog.trust import parse_trust

    row = await services.store.session(session_id)
    place = place_of(services.log_places, row)
    reader = LogReader(place.published)
    bundle = await export_sessions(services.store, services.ports.vault, reader, [row])
    trust = parse_trust(log_trust(place))
    checks = verify_bundle(write_bundle(bundle), trust, replay_by_rules)
    return len(checks), exit_code(checks) == 0
