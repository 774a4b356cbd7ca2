"""``zaichang course``: create an institution and its lessons where they are missing, without a running service."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from typing import TYPE_CHECKING

from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from
from zaichang.core.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from zaichang.launch.policy_packs import Pack
    from zaichang.settings import Settings


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "create an institution and its lessons where they are missing (the service must not be running)"
    parser = subparsers.add_parser("course", help=text, description=text)
    verbs = parser.add_subparsers(dest="verb", required=True)
    about = "add a lesson; a missing institution is created, and its keys are printed once"
    add = verbs.add_parser("add", help=about, description=about)
    add.add_argument("institution", metavar="INSTITUTION", help="institution id")
    add.add_argument("course", metavar="COURSE", help="course id")
    add.add_argument("lesson", metavar="LESSON", help="lesson id")
    add.add_argument("--duration-ms", type=int, required=True, help="length of the video; nothing past it is credited")
    add.add_argument("--policy", default="default", metavar="PACK", help="a shipped pack or a TOML file")
    add.add_argument("--title-zh", help="the lesson's title in Chinese; by default its id")
    add.add_argument("--title-en", help="the lesson's title in English; by default its id")
    add.add_argument("--name-zh", help="the institution's name in Chinese, where it is created; by default its id")
    add.add_argument("--name-en", help="the institution's name in English; by default its id")
    add.add_argument(
        "--replace", action="store_true", help="change an existing lesson; running sessions keep the old one"
    )
    add.add_argument("--json", action="store_true", help="print JSON")
    add_service_options(add)
    add.set_defaults(func=run_add)


def run_add(args: Namespace) -> int:
    """Add; returns 0, also where everything was there already."""
    settings = settings_from(args)
    if not 0 < args.duration_ms < 2**40:
        raise ConfigError("course.duration", f"--duration-ms {args.duration_ms} is not the length of a video.")
    from zaichang.launch.policy_packs import load_pack

    done = asyncio.run(_add(settings, args, load_pack(args.policy)))
    if args.json:
        say(json.dumps(done), whole=True)
        return 0
    if done["platform"]:
        say(f"Institution {args.institution} created. Its keys are shown this once:")
        say(f"  platform key (launches, enrols)  {done['platform']}")
        say(f"  staff key (timelines, reviews)   {done['staff']}")
    place = f"{args.institution} / {args.course} / {args.lesson}"
    say(f"Lesson {done['lesson']}: {place}, {args.duration_ms} ms, rules {args.policy}")
    return 0


async def _add(settings: Settings, args: Namespace, pack: Pack) -> dict[str, str]:
    from zaichang.main.service import build
    from zaichang.session.policy import policy_digest

    async with await build(settings, models=False) as services:
        keys = {"platform": "", "staff": ""}
        try:
            await services.store.institution(args.institution)
        except NotFound:
            made = await services.institutions.add(
                args.institution, args.name_zh or args.institution, args.name_en or args.institution
            )
            keys = {"platform": made.platform, "staff": made.staff}
        outcome = "created"
        title_zh, title_en = args.title_zh or args.lesson, args.title_en or args.lesson
        try:
            found = await services.store.lesson(args.institution, args.course, args.lesson)
        except NotFound:
            pass
        else:
            asked = (args.duration_ms, policy_digest(pack.policy))
            if (found.duration_ms, found.policy_digest) == asked and args.title_zh is args.title_en is None:
                return {**keys, "lesson": "unchanged", "policy": found.policy_digest}
            if not args.replace:
                raise ConfigError(
                    "course.exists",
                    f"The lesson {args.lesson} exists with another length, title or policy.",
                    "Say --replace to change it; open sessions keep their lesson as it was.",
                )
            outcome = "replaced"
            title_zh, title_en = args.title_zh or found.title_zh, args.title_en or found.title_en
        await services.lessons.add(
            args.institution,
            args.course,
            args.lesson,
            title_zh=title_zh,
            title_en=title_en,
            duration_ms=args.duration_ms,
            policy=pack.policy,
            appeals=pack.appeals,
        )
        return {**keys, "lesson": outcome, "policy": policy_digest(pack.policy)}
