"""Runs the honest and the red-team suites and says what they cost and earn: ``make redteam``, docs/redteam.md.

``python -m zaichang_simulation.suite tests --page docs/redteam.md``
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from zaichang.cli.out import say
from zaichang.core.errors import UnreadableInput
from zaichang_simulation.analysis import Gallery
from zaichang_simulation.engine import simulate
from zaichang_simulation.format.loader import Loaded, load
from zaichang_simulation.redteam.files import write
from zaichang_simulation.redteam.page import CHEAT_CREDIT_MAX, Row, figures, summary
from zaichang_simulation.result import Result

HONEST_LOSS_MAX_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A scenario and its result.

    Attributes:
        path: Its file.
        loaded: The scenario.
        result: The result; None where its media are absent.
    """

    path: Path
    loaded: Loaded
    result: Result | None

    @property
    def verdict(self) -> str:
        """``stopped``, ``accepted``, ``NOT STOPPED``, ``kept``, ``LOST`` or ``not run``."""
        if self.result is None:
            return "not run"
        scenario = self.loaded.scenario
        if scenario.kind == "honest":
            return "kept" if self.loss_ms <= HONEST_LOSS_MAX_MS and not self.lost else "LOST"
        if scenario.accepted:
            return "accepted"
        return "stopped" if self.result.passed else "NOT STOPPED"

    @property
    def replay_equal(self) -> bool:
        """Whether every session's stored events give its minutes and end again."""
        return self.result is not None and all(each.replay_equal for each in self.result.sessions)

    @property
    def gain_ms(self) -> int:
        """Time credited to a cheat beyond its honest time."""
        return max(0, self.result.verified_ms - self.result.honest_ms) if self.result else 0

    @property
    def claimed_ms(self) -> int:
        """Time that a cheat claimed beyond its honest time."""
        return max(0, self.result.claimed_ms - self.result.honest_ms) if self.result else 0

    @property
    def loss_ms(self) -> int:
        """Time that an honest learner lost. Time in review is not lost."""
        kept_ms = self.result.verified_ms + self.result.undecided_ms if self.result else 0
        return max(0, self.result.honest_ms - kept_ms) if self.result else 0

    @property
    def lost(self) -> bool:
        """Whether an honest learner's session has no verified time."""
        return self.result is not None and self.result.verified_ms == 0


def scenarios(folder: Path) -> list[Path]:
    """Return the scenario files below a folder, in order."""
    return sorted(
        path for path in folder.rglob("*.toml") if path.name != "suite.toml" and path.parent.name != "pending"
    )


def run_suite(
    paths: Iterable[Path],
    gallery: Gallery,
    media: tuple[Path, ...],
    tell: Callable[[Case], None] = lambda case: None,
) -> list[Case]:
    """Run scenarios; those whose media are absent are not run."""
    cases: list[Case] = []
    for path in paths:
        loaded = load(path)
        try:
            result: Result | None = simulate(loaded, gallery, media)
        except UnreadableInput as error:
            if error.code != "scenario.media_absent":
                raise
            result = None
        cases.append(Case(path=path, loaded=loaded, result=result))
        tell(cases[-1])
    return cases


def row(case: Case) -> str:
    """Return a case's line of the printed table."""
    scenario, result = case.loaded.scenario, case.result
    name = f"{scenario.technique or 'honest':7s} {scenario.name:30s}"
    if result is None:
        return f"{name} {'media absent':>40s}  not run"
    numbers = f"{result.verified_ms / 1000:8.1f} {result.honest_ms / 1000:8.1f} {result.claimed_ms / 1000:8.1f}"
    return f"{name} {numbers}  {case.verdict}" + "".join(f"\n        {finding}" for finding in result.findings)


def _say_row(case: Case) -> None:
    for line in row(case).split("\n"):
        say(line)


HEADING = f"{'':7s} {'scenario':30s} {'credited':>8s} {'honest':>8s} {'claimed':>8s}  verdict (seconds)"


def rows(cases: Iterable[Case]) -> list[Row]:
    """Return docs/redteam.json: one object for each scenario, seconds with one decimal."""
    found: list[Row] = []
    for case in cases:
        scenario, result = case.loaded.scenario, case.result
        one: dict[str, object] = {"kind": scenario.kind, "technique": scenario.technique, "title": scenario.title}
        one |= {"schema": case.loaded.policy.schema} | ({"route": "challenge"} if _faceless(case) else {})
        if result is None:
            found.append({**one, "verdict": "not run: its media are absent"})
            continue
        numbers = {
            "honest_s": result.honest_ms,
            "claimed_s": result.claimed_ms if scenario.kind == "cheat" else result.honest_ms,
            "credited_s": result.verified_ms,
            "review_s": result.undecided_ms,
            "lost_s": case.loss_ms,
        }
        seconds = {name: round(each_ms / 1000, 1) for name, each_ms in numbers.items()}
        differ = sum(not each.replay_equal for each in result.sessions)
        reasons = {"accepted": scenario.accepted, "explained": scenario.explained, "replays_differ": differ}
        said = {name: value for name, value in reasons.items() if value}
        found.append({**one, **seconds, "verdict": case.verdict, "why": _why(case), **said})
    return found


def _faceless(case: Case) -> bool:
    """Return whether every client of the scenario is on the route without faces."""
    scenario = case.loaded.scenario
    return all((client.route or scenario.session.route) == "challenge" for client in scenario.client)


def _why(case: Case) -> list[str]:
    """Return the expected codes that were reported: reasons, indicators, cases, refusals."""
    expect, result = case.loaded.scenario.expect, case.result
    if result is None:
        return []
    wanted = (*expect.reasons, *expect.indicators, *expect.cases, *expect.refusals)
    said = {code for each in result.sessions for code in (*each.reasons, *dict(each.indicators))}
    said |= {code for each in result.cases for code, _ in each.reasons} | {code for _, code in result.refusals}
    return [code for code in dict.fromkeys(wanted) if code in said]


def shared_media() -> tuple[Path, ...]:
    """Return the folders of development media beside the checkout, or where ``ZAICHANG_SHARED`` says."""
    folder = Path(os.environ.get("ZAICHANG_SHARED") or Path.cwd().parent / "shared") / "media"
    return (folder, folder / "dev") if folder.is_dir() else ()


def main(arguments: list[str] | None = None) -> int:
    """Run the suites of a folder; 0 where both figures are within their targets."""
    parser = argparse.ArgumentParser(prog="python -m zaichang_simulation.suite", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="the folder that holds honest/ and redteam/")
    parser.add_argument("--page", type=Path, help="write the page here, and the rows beside it as JSON")
    parser.add_argument("--media", type=Path, action="append", default=[], metavar="DIR")
    args = parser.parse_args(arguments)

    from zaichang.vision.pipeline import Analyser
    from zaichang.vision.runtime import load_models

    gallery = Gallery(Analyser(load_models()))
    for line in HEADING.split("\n"):
        say(line)
    paths = [*scenarios(args.folder / "redteam"), *scenarios(args.folder / "honest")]
    cases = run_suite(paths, gallery, (*args.media, *shared_media()), _say_row)
    every = rows(cases)
    found = figures(every)
    for line in summary(found).split("\n"):
        say(line)
    if args.page is not None:
        lines = [json.dumps(one, ensure_ascii=False) for one in every]
        args.page.with_suffix(".json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
        write(args.page.parent)
    within = found.cheat_credit <= CHEAT_CREDIT_MAX and found.worst_loss_s * 1000 <= HONEST_LOSS_MAX_MS
    return 0 if within and not found.lost_sessions and not found.replays_differ else 1


if __name__ == "__main__":
    sys.exit(main())
