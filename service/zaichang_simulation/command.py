"""The work of ``zaichang simulate``: a whole study session from a scenario file."""

from __future__ import annotations

import json
from argparse import Namespace

from zaichang.cli.out import say
from zaichang.core.errors import ConfigError
from zaichang.vision.pipeline import Analyser
from zaichang.vision.runtime import load_models
from zaichang_simulation.analysis import Gallery
from zaichang_simulation.engine import simulate
from zaichang_simulation.format.loader import load
from zaichang_simulation.remote import simulate_remotely
from zaichang_simulation.result import Result
from zaichang_simulation.suite import shared_media


def run(args: Namespace) -> int:
    """Run the scenario and print what came out.

    Exit code 0 as expected, 1 not as expected, 2 cannot be decided, 3 usage.
    """
    loaded = load(args.scenario)
    media = (*args.media, *shared_media())
    if args.server:
        result = simulate_remotely(loaded, args.server, key=args.key, token=args.token, media=media)
    elif args.key or args.token:
        raise ConfigError("simulate.server", "--key and --token belong to --server.")
    else:
        result = simulate(loaded, Gallery(Analyser(load_models())), media)
    if args.json:
        say(json.dumps(result.as_dict(), ensure_ascii=False), whole=True)
    else:
        for line in text_of(result).split("\n"):
            say(line)
    return 0 if result.passed else 1


def text_of(result: Result) -> str:
    """Return the result for people: every minute, then the sums."""
    lines: list[str] = []
    for session in result.sessions:
        lines.append(f"session {session.session_id[:8]} ({session.client})")
        for minute in session.minutes:
            from_s, to_s = result.since_s(minute.from_ms), result.since_s(minute.to_ms)
            when = f"{from_s:7.1f} to {to_s:7.1f} s" if from_s is not None and to_s is not None else ""
            lines.append(
                f"  minute {minute.index:3d}  {when:20s}  {minute.verdict:13s}"
                f" {minute.verified_ms / 1000:6.1f} s  {' '.join(minute.reasons)}".rstrip()
            )
        indicators = " ".join(f"{reason}={count}" for reason, count in session.indicators)
        lines.append(
            f"  ended {session.final or 'not'}: {session.verified_ms / 1000:.1f} s verified,"
            f" {session.undecided_ms / 1000:.1f} s for a person  {indicators}".rstrip()
        )
    lines += [f"refused {client}: {code}" for client, code in result.refusals]
    for case in result.cases:
        reasons = " ".join(f"{code}={count}" for code, count in case.reasons)
        lines.append(f"for a person: {case.kind} {case.learner}".rstrip() + f"  {reasons}")
    lines.append(
        f"{result.name}: verified {result.verified_ms / 1000:.1f} s of {result.claimed_ms / 1000:.1f} s claimed,"
        f" {result.played_ms / 1000:.1f} s played, in {result.duration_ms / 1000:.0f} s"
    )
    lines += [f"NOT AS EXPECTED: {finding}" for finding in result.findings]
    return "\n".join(lines)
