"""``zaichang erase``: destroy a learner's data. The log's proofs stay valid; its commitments stay closed for ever."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from zaichang.audit.source import read_file
from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from
from zaichang.core.ids import InstitutionId, LearnerId, check_id

if TYPE_CHECKING:
    from zaichang.settings import Settings

_REQUEST_MAX = 50_000_000


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "erase a learner's salt key, templates, captures and events; the service must be stopped"
    epilog = "Backups of the data folder hold the learner's key too: erase them, or keep them no longer than needed."
    parser = subparsers.add_parser("erase", help=text, description=text, epilog=epilog)
    add_service_options(parser)
    parser.add_argument("learner", metavar="LEARNER", help="the learner's pseudonym")
    parser.add_argument("--institution", required=True, help="the learner's institution")
    parser.add_argument("--basis", default="request", help="legal basis, a lower-case word like pipl-47")
    parser.add_argument(
        "--request", type=Path, metavar="FILE", help="the learner's request as a file; its digest is logged"
    )
    parser.add_argument("--hold", metavar="REASON", help="do not erase: put the learner under a legal hold")
    parser.add_argument("--release", action="store_true", help="do not erase: end the learner's legal hold")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Erase, hold or release; returns 0."""
    settings = settings_from(args)
    learner = LearnerId(check_id(args.learner, "LEARNER"))
    institution = InstitutionId(check_id(args.institution, "institution"))
    from zaichang.main.stores import legal_holds

    holds = legal_holds(settings)
    if args.hold is not None or args.release:
        if args.release:
            holds.release(institution, learner)
        else:
            holds.put(institution, learner, args.hold)
        say("released" if args.release else "held", err=True)
        return 0
    request = read_file(args.request, _REQUEST_MAX) if args.request is not None else None
    sessions, index = asyncio.run(_erase(settings, institution, learner, args.basis, request))
    if args.json:
        say(json.dumps({"sessions": sessions, "index": index}), whole=True)
    else:
        say(f"erased: {sessions} sessions can no longer be opened; told in the log at index {index}")
    return 0


async def _erase(
    settings: Settings, institution: InstitutionId, learner: LearnerId, basis: str, request: bytes | None
) -> tuple[int, int]:
    from zaichang.main.stores import open_eraser

    async with open_eraser(settings) as eraser:
        await eraser.finish_pending()
        return await eraser.erase(institution, learner, basis, request)
