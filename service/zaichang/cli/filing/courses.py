"""``zaichang file register``: register a course with a platform, where its capabilities say so."""

from __future__ import annotations

import argparse
import asyncio
import json

from zaichang.cli.filing.options import add_target
from zaichang.cli.out import say
from zaichang.core.errors import ConfigError
from zaichang.core.ids import check_id
from zaichang.hours.filing.targets import read_target
from zaichang.main.filing_platforms import open_platform


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the action."""
    register = actions.add_parser("register", help="register a course of the target file with the platform")
    register.add_argument("course", metavar="COURSE", help="a table [course.COURSE] of the target file")
    add_target(register)
    register.add_argument("--json", action="store_true", help="print JSON")
    register.set_defaults(func=_register)


def _register(args: argparse.Namespace) -> int:
    target, course = read_target(args.target), str(check_id(args.course, "COURSE"))
    if not target.capabilities.register:
        raise ConfigError(
            "filing.by_hand",
            f"{target.name} registers courses by hand (capabilities.register is not true).",
            "Register the course there, and write its code into the target file.",
        )
    values = target.terms.courses.get(course)
    if values is None:
        message = f"{args.target} has no table [course.{course}]."
        raise ConfigError("filing.target", message, "Write at least its title.")
    if values.get("code"):
        raise ConfigError(
            "filing.registered",
            f"{course} has the code {values['code']!r} already.",
            "Take the line away to register it anew.",
        )
    code = asyncio.run(open_platform(target).register(course, values))
    if args.json:
        say(json.dumps({"course": course, "code": code}, ensure_ascii=False), whole=True)
    else:
        say(f"{course} is registered. Write into [course.{course}] of {args.target}:")
        say(f"code = {json.dumps(code, ensure_ascii=False)}", whole=True)
    return 0
