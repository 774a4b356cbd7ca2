"""``zaichang erase``: destroy a learner's data. The log's proofs stay valid; its commitments stay closed for ever."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zaichang.audit.source import read_file
from zaichang.cli.out import say
from zaichang.cli.service import add_service_options, settings_from
from zaichang.cli.service_call import ask
from zaichang.core.civil import time_text
from zaichang.core.enums import ErasureScope, ProposalState
from zaichang.core.errors import ConfigError
from zaichang.core.ids import InstitutionId, LearnerId, ReviewerId, check_id
from zaichang.ports.records_review import Erasure

if TYPE_CHECKING:
    from zaichang.settings import Settings

_REQUEST_MAX: Final = 50_000_000
_KEY_MAX: Final = 1_000
_OPERATOR: Final = ReviewerId("operator")
"""Stands for both people where the service is stopped: the operator answers for them."""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "erase a learner, or their references and captures alone; beside a running service, two reviewers do it"
    epilog = "Backups of the data folder hold the learner's key too: erase them, or keep them no longer than needed."
    parser = subparsers.add_parser("erase", help=text, description=text, epilog=epilog)
    add_service_options(parser)
    parser.add_argument("learner", metavar="LEARNER", nargs="?", default="", help="the learner's pseudonym")
    parser.add_argument("--institution", default="", help="the learner's institution; with --service, the key says it")
    parser.add_argument(
        "--scope",
        choices=[scope.value for scope in ErasureScope],
        default=ErasureScope.ALL.value,
        help="biometrics: references, captures and their key; all: the study record, too (default)",
    )
    parser.add_argument("--service", metavar="URL", help="ask a running service; needs --key-file")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="holds the key of the reviewer who asks")
    parser.add_argument("--confirm", metavar="ID", help="with --service: confirm another reviewer's proposal")
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
    if args.service is not None:
        return _by_service(args)
    settings = settings_from(args)
    learner = LearnerId(check_id(args.learner, "LEARNER"))
    institution = InstitutionId(check_id(args.institution, "--institution"))
    from zaichang.main.stores import legal_holds

    holds = legal_holds(settings)
    if args.hold is not None or args.release:
        if args.release:
            holds.release(institution, learner)
        else:
            holds.put(institution, learner, args.hold)
        say("released" if args.release else "held", err=True)
        return 0
    scope = ErasureScope(args.scope)
    sessions, index = asyncio.run(_erase(settings, institution, learner, scope, args.basis, _digest(args.request)))
    if args.json:
        say(json.dumps({"sessions": sessions, "index": index}), whole=True)
    elif scope is ErasureScope.ALL:
        say(f"erased: {sessions} sessions can no longer be opened; told in the log at index {index}")
    else:
        say(f"erased: references and captures of {sessions} sessions; told in the log at index {index}")
    return 0


def _by_service(args: Namespace) -> int:
    """Propose or confirm at a running service."""
    if args.key_file is None:
        raise ConfigError("erase.key", "--service needs --key-file.", "Name the file with the reviewer's key.")
    key = read_file(args.key_file, _KEY_MAX).decode("utf-8").strip()
    if args.confirm is not None:
        answer = ask(args.service, key, f"/v1/erasures/{check_id(args.confirm, '--confirm')}/confirm", {})
    else:
        wanted = {"learner": args.learner, "scope": args.scope, "basis": args.basis, "request": _digest(args.request)}
        answer = ask(args.service, key, "/v1/erasures", wanted)
    if args.json:
        say(json.dumps(answer), whole=True)
    elif answer["state"] == ProposalState.PROPOSED:
        say(f"proposed: {answer['erasure']}; another reviewer confirms it with --confirm {answer['erasure']}")
    elif answer["in_log_by_ms"] is not None:
        by = time_text(answer["in_log_by_ms"])
        later = "where the learner begins another session, half an hour after its end at most"
        say(f"{answer['state']}: carried out, and told in the log, by {by} (China's time); {later}")
    elif answer["state"] == ProposalState.CONFIRMED:
        say(f"{answer['state']}: carried out once all records of the learner are in the log")
    else:
        say(f"{answer['state']}: {answer['sessions']} sessions; told in the log at index {answer['entry']}")
    return 0


def _digest(request: Path | None) -> str:
    """Return the SHA-256 of the request document, or empty."""
    return hashlib.sha256(read_file(request, _REQUEST_MAX)).hexdigest() if request is not None else ""


async def _erase(
    settings: Settings,
    institution: InstitutionId,
    learner: LearnerId,
    scope: ErasureScope,
    basis: str,
    request: str,
) -> tuple[int, int]:
    from zaichang.main.stores import open_eraser

    async with open_eraser(settings) as eraser:
        await eraser.finish_pending()
        return await eraser.erase(
            Erasure(
                erasure_id=secrets.token_hex(16),
                institution_id=institution,
                learner_id=learner,
                scope=scope,
                basis=basis,
                request=request,
                proposed_by=_OPERATOR,
                proposed_ms=time.time_ns() // 1_000_000,
                decided_by=_OPERATOR,
            )
        )
