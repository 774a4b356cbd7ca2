"""``zaichang manage``: institutions, lessons, question banks, allowances and reviewers of a stopped service."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from
from zaichang.core.errors import ConfigError

if TYPE_CHECKING:
    from zaichang.api.models.lessons import Bank
    from zaichang.main.service import Services

BANK_MAX_BYTES = 1_000_000


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "set up a data folder; the service must not be running (else: docs/http.md)"
    parser = subparsers.add_parser("manage", help=text, description=text)
    nested = parser.add_subparsers(dest="what", required=True)

    def part(name: str, text: str) -> ArgumentParser:
        sub = nested.add_parser(name, help=text, description=text)
        sub.add_argument("institution", metavar="INSTITUTION", help="institution id")
        sub.add_argument("--json", action="store_true", help="print JSON")
        add_service_options(sub)
        sub.set_defaults(func=run)
        return sub

    sub = part("institution", "create an institution, or give one new keys; they are shown once")
    sub.add_argument("--name-zh", required=True, help="name in Chinese")
    sub.add_argument("--name-en", required=True, help="name in English")
    sub = part("lesson", "create or replace a lesson; its question bank stays")
    sub.add_argument("course", metavar="COURSE")
    sub.add_argument("lesson", metavar="LESSON")
    sub.add_argument("--title-zh", required=True, help="title in Chinese")
    sub.add_argument("--title-en", required=True, help="title in English")
    sub.add_argument("--duration-ms", required=True, type=int, help="length of the video")
    sub.add_argument("--policy", default="default", help="policy pack or TOML file")
    sub.add_argument("--version", default="", help="the lesson's version; default: the present version, or 1")
    sub.add_argument(
        "--timeline-kept",
        action="store_true",
        help="the new version has the same time line, so earlier credit still counts",
    )
    sub.add_argument(
        "--live-from-ms",
        type=int,
        metavar="MS",
        help="start of a live broadcast, Unix milliseconds; 0: no broadcast; default: unchanged",
    )
    sub.add_argument(
        "--counts-again",
        default="",
        metavar="MM-DD",
        help="day from which the lesson counts again each year, or `once`; default: unchanged, at first 01-01",
    )
    sub.add_argument(
        "--category", choices=["professional", "public", ""], help="for the hour system; default: unchanged"
    )
    sub.add_argument("--course-version", metavar="ID", help="version of the course, for the hour system")
    sub = part("questions", "replace a lesson's question bank, or show it")
    sub.add_argument("course", metavar="COURSE")
    sub.add_argument("lesson", metavar="LESSON")
    sub.add_argument(
        "--bank",
        type=Path,
        metavar="FILE",
        help="the new bank as JSON (docs/operations.md); without it: show the present bank",
    )
    sub = part(
        "allowance",
        "grant more time, fewer movements or the route without face recognition; without --set: show it",
    )
    sub.add_argument("learner", metavar="LEARNER", help="pseudonym")
    sub.add_argument(
        "--set", action="store_true", dest="change", help="replace the allowance by the options that follow"
    )
    sub.add_argument("--extra-time-pct", type=int, default=0, help="percent more time to answer, to be seen, to move")
    sub.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="MOVEMENT",
        help="a movement that is never asked for; repeatable",
    )
    sub.add_argument(
        "--route",
        default="",
        choices=("", "face", "challenge"),
        help="the learner's route; default: as each launch says",
    )
    sub = part("reviewer", "give a reviewer a key of their own (shown once), revoke it, or list reviewers")
    sub.add_argument(
        "reviewer", metavar="REVIEWER", nargs="?", default="", help="the reviewer's id, which stands in each decision"
    )
    sub.add_argument("--revoke", action="store_true", help="end the key; decisions stay")
    part("references", "list references; first those made by an older embedder: enrol these learners again")


def run(args: Namespace) -> int:
    """Carry out; returns 0."""
    answer = asyncio.run(_manage(args))
    if args.json:
        say(json.dumps(answer, ensure_ascii=False), whole=True)
    else:
        for key, value in answer.items():
            say(f"{key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}", whole=True)
    return 0


async def _manage(args: Namespace) -> dict[str, Any]:
    from zaichang.main.service import build

    settings = settings_from(args, face_search=False)
    async with await build(settings, models=False) as services:
        parts = {
            "institution": _institution,
            "lesson": _lesson,
            "questions": _questions,
            "allowance": _allowance,
            "reviewer": _reviewer,
            "references": _references,
        }
        if args.what != "institution":
            await services.store.institution(args.institution)
        return await parts[args.what](services, args)


async def _institution(services: Services, args: Namespace) -> dict[str, Any]:
    keys = await services.institutions.add(args.institution, args.name_zh, args.name_en)
    return {"platform": keys.platform, "staff": keys.staff}


async def _lesson(services: Services, args: Namespace) -> dict[str, Any]:
    from zaichang.launch.policy_packs import load_pack

    pack = load_pack(args.policy)
    policy = pack.policy
    made = await services.lessons.add(
        args.institution,
        args.course,
        args.lesson,
        title_zh=args.title_zh,
        title_en=args.title_en,
        duration_ms=args.duration_ms,
        policy=policy,
        appeals=pack.appeals,
        version=args.version,
        timeline_kept=args.timeline_kept,
        live_from_ms=args.live_from_ms,
        counts_again=args.counts_again,
        category=args.category,
        course_version=args.course_version,
    )
    return {"lesson": args.lesson, "version": made.version, "timeline": made.timeline, "policy": policy.name}


async def _questions(services: Services, args: Namespace) -> dict[str, Any]:
    from zaichang.launch.question_bank import bank_json

    if args.bank is not None:
        place = (args.institution, args.course, args.lesson)
        return {"questions": await services.lessons.set_questions(*place, _bank(args.bank).as_questions())}
    lesson = await services.store.lesson(args.institution, args.course, args.lesson)
    return dict(bank_json(lesson.questions))


async def _allowance(services: Services, args: Namespace) -> dict[str, Any]:
    from zaichang.core.ids import check_id
    from zaichang.launch.allowances import current_allowance, set_allowance

    learner = (args.institution, check_id(args.learner, "LEARNER"))
    if args.change:
        await set_allowance(
            services.ports.learners,
            learner,
            "operator",
            services.ports.clock.now_ms(),
            route=args.route,
            extra_time_pct=args.extra_time_pct,
            liveness_excluded=args.without,
        )
    held = await current_allowance(services.ports.learners, *learner)
    return {
        "version": held.version,
        "route": held.route or "",
        "extra_time_pct": held.extra_time_pct,
        "liveness_excluded": list(held.liveness_excluded),
    }


async def _reviewer(services: Services, args: Namespace) -> dict[str, Any]:
    if args.revoke:
        await services.institutions.revoke_reviewer(args.institution, args.reviewer)
    elif args.reviewer:
        key = await services.institutions.add_reviewer(args.institution, args.reviewer)
        return {"reviewer": args.reviewer, "key": key}
    found = await services.store.reviewers(args.institution)
    return {"reviewers": [name for name, _, revoked in found if revoked is None]}


def _bank(path: Path) -> Bank:
    """Read a question bank's file, in the form of the API's body."""
    from zaichang.api.contract import value_as
    from zaichang.api.models.lessons import Bank

    try:
        value = json.loads(_read(path))
    except (ValueError, RecursionError):
        raise ConfigError("questions.unreadable", f"{path} is not JSON.") from None
    return value_as(Bank, value)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > BANK_MAX_BYTES:
            raise ConfigError("questions.too_large", f"{path} is larger than {BANK_MAX_BYTES} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError("questions.unreadable", f"{path} cannot be read ({error.strerror}).") from None


async def _references(services: Services, args: Namespace) -> dict[str, Any]:
    held = await services.enrolling.all_held(args.institution)
    return {
        "embedder": services.ports.vision.embedder_id,
        "outdated": [each.learner_id for each in held if not each.current],
        "references": [
            {
                "learner": each.learner_id,
                "version": each.version,
                "photos": each.photos,
                "embedder": each.embedder,
                "thresholds": each.thresholds,
                "current": each.current,
            }
            for each in held
        ],
    }
