"""``zaichang enrol``: make a learner's reference from a photo, on a data folder whose service is not running."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from zaichang.cli.service import add_service_options, settings_from
from zaichang.core.errors import ConfigError

if TYPE_CHECKING:
    from zaichang.runtime.registry import Enrolled
    from zaichang.settings import Settings

PHOTO_MAX_BYTES = 32_000_000


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "make a learner's reference from a photo (a running service takes POST /v1/enrol instead)"
    parser = subparsers.add_parser("enrol", help=text, description=text)
    parser.add_argument("institution", metavar="INSTITUTION", help="institution id")
    parser.add_argument("learner", metavar="LEARNER", help="the institution's pseudonym for the learner")
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="JPEG, PNG or WebP, one face")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_service_options(parser)
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Enrol; returns 0."""
    settings = settings_from(args)
    photo = _read(args.photo)
    made = asyncio.run(_enrol(settings, args.institution, args.learner, photo))
    if args.json:
        print(
            json.dumps(
                {
                    "institution": args.institution,
                    "learner": args.learner,
                    "version": made.version,
                    "quality_bp": made.quality_bp,
                    "models": made.models,
                }
            )
        )
    else:
        print(f"Reference {made.version} of {args.learner}: quality {made.quality_bp} of 10000.")
    return 0


async def _enrol(settings: Settings, institution: str, learner: str, photo: bytes) -> Enrolled:
    from zaichang.main import build

    async with await build(settings) as services:
        return await services.registry.enrol(institution, learner, photo)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > PHOTO_MAX_BYTES:
            raise ConfigError("enrol.too_large", f"{path} is larger than {PHOTO_MAX_BYTES} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError("enrol.unreadable", f"{path} cannot be read ({error.strerror}).") from None
