"""``zaichang enrol``: make a learner's reference from photos, while the service is stopped."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from
from zaichang.cli.vision_support import file_bytes
from zaichang.core.errors import ConfigError, UnreadableInput

if TYPE_CHECKING:
    from zaichang.launch.enrolment import Enrolled
    from zaichang.settings import Settings

PHOTO_MAX_BYTES = 32_000_000


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = (
        "make a learner's reference from one or several photos; the service must not be running (else: POST /v1/enrol)"
    )
    parser = subparsers.add_parser("enrol", help=text, description=text)
    parser.add_argument("institution", metavar="INSTITUTION", help="institution id")
    parser.add_argument("learner", metavar="LEARNER", help="the institution's pseudonym for the learner")
    parser.add_argument(
        "photos",
        type=Path,
        nargs="+",
        metavar="PHOTO",
        help="JPEG, PNG or WebP with one face; several photos must show one person",
    )
    parser.add_argument(
        "--at-least",
        type=int,
        metavar="N",
        help="enough if N photos pass; the others are left out; default: all must pass",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_service_options(parser)
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Enrol; returns 0."""
    settings = settings_from(args)
    made = asyncio.run(_enrol(settings, args))
    left_out = [
        {"photo": str(args.photos[at]), "reasons": [each.value for each in reasons]} for at, reasons in made.left_out
    ]
    if args.json:
        say(
            json.dumps(
                {
                    "institution": args.institution,
                    "learner": args.learner,
                    "version": made.version,
                    "quality_bp": made.quality_bp,
                    "models": made.models,
                    "thresholds": made.thresholds,
                    "photos": made.photos,
                    "left_out": left_out,
                }
            ),
            whole=True,
        )
    else:
        number = "1 photo" if made.photos == 1 else f"{made.photos} photos"
        say(f"Reference {made.version} of {args.learner}: {number}, quality {made.quality_bp} of 10000.")
        for each in left_out:
            say(f"Left out: {each['photo']} ({', '.join(each['reasons'])}).")
    return 0


async def _enrol(settings: Settings, args: Namespace) -> Enrolled:
    from zaichang.main.service import build

    photos = [_read(path) for path in args.photos]
    async with await build(settings) as services:
        return await services.enrolling.from_photos(
            args.institution,
            args.learner,
            photos,
            at_least=args.at_least,
            names=[str(path) for path in args.photos],
        )


def _read(path: Path) -> bytes:
    try:
        data = file_bytes(path, PHOTO_MAX_BYTES)
    except UnreadableInput as error:
        raise ConfigError("enrol.unreadable", f"A photo cannot be read: {error.message}") from None
    if len(data) > PHOTO_MAX_BYTES:
        raise ConfigError("enrol.too_large", f"{path} is larger than {PHOTO_MAX_BYTES} bytes.")
    return data
