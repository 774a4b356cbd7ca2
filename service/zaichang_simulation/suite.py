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

from zaichang.core.errors import UnreadableInput
from zaichang_simulation.analysis import Gallery
from zaichang_simulation.engine import simulate
from zaichang_simulation.format.loader import Loaded, load
from zaichang_simulation.result import Result

CHEAT_CREDIT_MAX = 0.02
HONEST_LOSS_MAX_MS = 60_000
WORST_SHOWN = 8


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The two figures of the suites.

    Attributes:
        stopped: Number of cheats that should be stopped, of those that ran.
        accepted: Number of accepted cheats, likewise.
        gained_ms: Credited to cheats beyond their honest time, without accepted techniques.
        claimed_ms: Claimed by these cheats beyond their honest time.
        all_gained_ms: The same with the accepted techniques.
        all_claimed_ms: The same with the accepted techniques.
        worst_loss_ms: The most that one honest scenario lost.
        lost_sessions: Honest scenarios without any verified time.
        replays_differ: Sessions whose replay gave another verdict.
    """

    stopped: int
    accepted: int
    gained_ms: int
    claimed_ms: int
    all_gained_ms: int
    all_claimed_ms: int
    worst_loss_ms: int
    lost_sessions: int
    replays_differ: int

    @property
    def cheat_credit(self) -> float:
        """Credited of claimed."""
        return self.gained_ms / self.claimed_ms if self.claimed_ms else 0.0

    @property
    def all_credit(self) -> float:
        """Credited of claimed, accepted techniques included."""
        return self.all_gained_ms / self.all_claimed_ms if self.all_claimed_ms else 0.0


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


def figures(cases: Iterable[Case]) -> Figures:
    """Return the measured figures of the suites."""
    ran = [case for case in cases if case.result is not None]
    every = [case for case in ran if case.loaded.scenario.kind == "cheat"]
    cheats = [case for case in every if not case.loaded.scenario.accepted]
    honest = [case for case in ran if case.loaded.scenario.kind == "honest"]
    return Figures(
        stopped=len(cheats),
        accepted=len(every) - len(cheats),
        gained_ms=sum(case.gain_ms for case in cheats),
        claimed_ms=sum(case.claimed_ms for case in cheats),
        all_gained_ms=sum(case.gain_ms for case in every),
        all_claimed_ms=sum(case.claimed_ms for case in every),
        worst_loss_ms=max((case.loss_ms for case in honest), default=0),
        lost_sessions=sum(case.lost for case in honest),
        replays_differ=sum(not each.replay_equal for case in ran if case.result for each in case.result.sessions),
    )


def row(case: Case) -> str:
    """Return a case's line of the printed table."""
    scenario, result = case.loaded.scenario, case.result
    name = f"{scenario.technique or 'honest':7s} {scenario.name:30s}"
    if result is None:
        return f"{name} {'media absent':>40s}  not run"
    numbers = f"{result.verified_ms / 1000:8.1f} {result.honest_ms / 1000:8.1f} {result.claimed_ms / 1000:8.1f}"
    return f"{name} {numbers}  {case.verdict}" + "".join(f"\n        {finding}" for finding in result.findings)


HEADING = f"{'':7s} {'scenario':30s} {'credited':>8s} {'honest':>8s} {'claimed':>8s}  verdict (seconds)"


def summary(found: Figures) -> str:
    """Return the figures as sentences."""
    return "\n".join(
        (
            f"Cheat credit: {found.gained_ms / 1000:.1f} s of {found.claimed_ms / 1000:.0f} s claimed beyond what was"
            f" honest, {found.cheat_credit:.2%} (target: at most {CHEAT_CREDIT_MAX:.0%}), by the {found.stopped} cheats"
            " that should be stopped.",
            f"With the {found.accepted} accepted ones, which are known and listed: {found.all_gained_ms / 1000:.1f} s"
            f" of {found.all_claimed_ms / 1000:.0f} s, {found.all_credit:.1%}.",
            f"Honest loss: at most {found.worst_loss_ms / 1000:.1f} s in a session (target: at most"
            f" {HONEST_LOSS_MAX_MS // 1000} s), {found.lost_sessions} sessions lost (target: 0).",
            f"Replay: {found.replays_differ} sessions whose stored events give another verdict (target: 0).",
        )
    )


def page(cases: list[Case]) -> str:
    """Return docs/redteam.md."""
    cheats = [case for case in cases if case.loaded.scenario.kind == "cheat"]
    honest = [case for case in cases if case.loaded.scenario.kind == "honest"]
    lines = [
        "<!-- Written by `make redteam` from the scenarios' results; change those, not this page. -->",
        "",
        "# Red team",
        "",
        "How the service is cheated and how much each way earns; and how much honest learners lose on bad days. Every",
        "scenario under tests/redteam and tests/honest runs through the whole service with the real models. The rules",
        "are the default ones with a challenge and movements every two minutes, because a scenario is short. Most",
        "cheats study honestly for three minutes, then claim the rest of the lesson.",
        "",
        "One row for each scenario is in [redteam.json](redteam.json): seconds that were honest, claimed by the cheat,",
        "credited, and left to review, and the codes that stopped it. A test fails where such a code is missing, where",
        "the cheat did not really claim, or where more was earned than the scenario explains. Pictures on paper and",
        "screens are drawn, unless a title says recorded. PAD figures: [the model card](../models/cards/pad.md).",
        "",
        *summary(figures(cases)).splitlines(),
    ]
    lines += ["", "## Accepted", "", "These techniques earn credit. Each has its reason:", ""]
    lines += [
        f"- {case.loaded.scenario.technique} ({case.loaded.scenario.title}): {case.loaded.scenario.accepted}"
        for case in cheats
        if case.loaded.scenario.accepted
    ]
    lines += ["", "## Every credited second", "", *_explained(cheats)]
    ran = [case for case in honest if case.result is not None]
    worst = sorted(ran, key=lambda case: -case.loss_ms)[:WORST_SHOWN]
    lines += ["", "## Most time lost by honest learners", "", "| day | lost s |", "|---|---|"]
    lines += [f"| {case.loaded.scenario.title} | {case.loss_ms / 1000:.1f} |" for case in worst]
    return "\n".join(lines) + "\n"


def rows(cases: list[Case]) -> list[dict[str, object]]:
    """Return docs/redteam.json: one object for each scenario, seconds with one decimal."""
    found: list[dict[str, object]] = []
    for case in cases:
        scenario, result = case.loaded.scenario, case.result
        one: dict[str, object] = {"kind": scenario.kind, "technique": scenario.technique, "title": scenario.title}
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
        found.append({**one, **seconds, "verdict": case.verdict, "why": _why(case)})
    return found


def _explained(cheats: list[Case]) -> list[str]:
    """Return a sentence for each technique that earned time and is not accepted."""
    earned = [case for case in cheats if case.gain_ms and not case.loaded.scenario.accepted]
    if not earned:
        return ["Nothing was credited beyond the honest time, but for the accepted techniques above."]
    return [
        f"- {case.gain_ms / 1000:.1f} s: {case.loaded.scenario.technique} ({case.loaded.scenario.title})."
        f" {case.loaded.scenario.explained}".rstrip()
        for case in earned
    ]


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
    print(HEADING, flush=True)
    paths = [*scenarios(args.folder / "redteam"), *scenarios(args.folder / "honest")]
    cases = run_suite(paths, gallery, (*args.media, *shared_media()), lambda case: print(row(case), flush=True))
    found = figures(cases)
    print(summary(found))
    if args.page is not None:
        args.page.write_text(page(cases), encoding="utf-8")
        lines = [json.dumps(one, ensure_ascii=False) for one in rows(cases)]
        args.page.with_suffix(".json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    within = found.cheat_credit <= CHEAT_CREDIT_MAX and found.worst_loss_ms <= HONEST_LOSS_MAX_MS
    return 0 if within and not found.lost_sessions and not found.replays_differ else 1


if __name__ == "__main__":
    sys.exit(main())
