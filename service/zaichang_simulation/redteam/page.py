"""docs/redteam.md, made from three records: the suites' rows, the search's figures, and those of a fresh set.

A record that is absent was not run yet. ``files`` reads the records and writes the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
CHEAT_CREDIT_MAX = 0.02
HONEST_LOSS_MAX_S = 60
WORST_SHOWN = 8
HOUR_S = 3_600
NOT_RUN = "not run yet"
HONEST = "honest-"
REVIEW = "honest-review"
"""The search's class that is judged by the time in review; the other honest ones by the lost time."""
_TEXT = (
    "How the service is cheated and how much each way earns; and how much honest learners lose on bad days. Three",
    "measurements stand side by side, since each finds things that the others do not:",
    "",
    "- the **suite**: the scenarios under tests/redteam and tests/honest, through the whole service with the real",
    "  models, written by the authors of the rules (`make redteam`). The rules are the default ones with a challenge",
    "  and movements every two minutes, because a scenario is short. Most cheats study honestly for three minutes,",
    "  then claim the rest of the lesson;",
    "- the **search**: a program that changes ways of behaving and keeps those that earn most, over the default rules'",
    "  pure core, with a camera that needs no pictures (`make adversary`). It knows no list, and finds nothing that",
    "  lies outside the core: pictures, tokens, the log;",
    "- a **fresh set**: scenarios written from the documents alone by a person who has not seen the code. Its first",
    "  result counts, before anything is mended.",
    "",
    "An earlier **outside set** is no column of the table, because it ran on an earlier commit (reported on",
    "2026-11-30): 36 cheats, written from the documents alone. Of all the time that they claimed and had not watched",
    "as the rules ask, 46% was credited.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The sums of the suites' rows, in seconds.

    Attributes:
        stopped: Number of cheats that should be stopped, of those that ran.
        accepted: Number of accepted cheats, likewise.
        honest: Number of honest scenarios that ran.
        gained_s: Credited to cheats beyond their honest time, without accepted techniques.
        claimed_s: Claimed by these cheats beyond their honest time.
        all_gained_s: The same with the accepted techniques.
        all_claimed_s: The same with the accepted techniques.
        worst_loss_s: The most that one honest scenario lost.
        lost_sessions: Honest scenarios without any verified time.
        replays_differ: Sessions whose replay gave another verdict.
    """

    stopped: int
    accepted: int
    honest: int
    gained_s: float
    claimed_s: float
    all_gained_s: float
    all_claimed_s: float
    worst_loss_s: float
    lost_sessions: int
    replays_differ: int

    @property
    def cheat_credit(self) -> float:
        """Credited of claimed."""
        return self.gained_s / self.claimed_s if self.claimed_s else 0.0

    @property
    def all_credit(self) -> float:
        """Credited of claimed, accepted techniques included."""
        return self.all_gained_s / self.all_claimed_s if self.all_claimed_s else 0.0


def gain_s(row: Row) -> float:
    """Return the time credited to a cheat beyond its honest time."""
    return max(0.0, round(float(row["credited_s"]) - float(row["honest_s"]), 1))


def _claimed_s(row: Row) -> float:
    return max(0.0, float(row["claimed_s"]) - float(row["honest_s"]))


def figures(rows: Iterable[Row]) -> Figures:
    """Return the sums of the rows of scenarios that ran."""
    ran = [row for row in rows if "credited_s" in row]
    every = [row for row in ran if row["kind"] == "cheat"]
    cheats = [row for row in every if row["verdict"] != "accepted"]
    honest = [row for row in ran if row["kind"] == "honest"]
    return Figures(
        stopped=len(cheats),
        accepted=len(every) - len(cheats),
        honest=len(honest),
        gained_s=sum(map(gain_s, cheats)),
        claimed_s=sum(map(_claimed_s, cheats)),
        all_gained_s=sum(map(gain_s, every)),
        all_claimed_s=sum(map(_claimed_s, every)),
        worst_loss_s=max((row["lost_s"] for row in honest), default=0.0),
        lost_sessions=sum(row["credited_s"] == 0 for row in honest),
        replays_differ=sum(row.get("replays_differ", 0) for row in ran),
    )


def summary(found: Figures) -> str:
    """Return the suite's figures as sentences."""
    return "\n".join(
        (
            f"Cheat credit: {found.gained_s:,.1f} s of {found.claimed_s:,.1f} s claimed beyond the"
            f" honest time, {found.cheat_credit:.2%} (target: at most {CHEAT_CREDIT_MAX:.0%}), by the {found.stopped}"
            " cheats that should be stopped.",
            f"With the {found.accepted} accepted ones, which are known and listed: {found.all_gained_s:,.1f} s"
            f" of {found.all_claimed_s:,.1f} s, {found.all_credit:.1%}.",
            f"Honest loss: at most {found.worst_loss_s:.1f} s in a session (target: at most"
            f" {HONEST_LOSS_MAX_S} s), {found.lost_sessions} sessions lost (target: 0).",
            f"Replay: {found.replays_differ} sessions whose stored events give another verdict (target: 0).",
        )
    )


def page(rows: Sequence[Row], search: Row | None = None, fresh: Row | None = None) -> str:
    """Return docs/redteam.md.

    Args:
        rows: Of docs/redteam.json.
        search: docs/adversary.json, or None.
        fresh: docs/fresh-set.json, or None.
    """
    found = figures(rows)
    lines = ["<!-- Written by `make redteam` and `make adversary` from their results; change those, not this page. -->"]
    lines += ["", "# Red team", "", *_TEXT, "", *_side_by_side(found, search, fresh)]
    lines += ["", "## The suite", "", *_schemas(rows), *summary(found).splitlines(), ""]
    lines += [
        "One row for each scenario is in [redteam.json](redteam.json): seconds that were honest, claimed by the cheat,",
        "credited, and left to review, and the codes that stopped it. A test fails where such a code is missing, where",
        "the cheat did not really claim, or where more was earned than the scenario explains. Pictures on paper and",
        "screens are drawn, unless a title says recorded. PAD figures: [the model card](../models/cards/pad.md).",
    ]
    lines += ["", "## The search", "", *_searched(search)]
    if fresh is not None and fresh.get("rows"):
        lines += ["", "## The fresh set", "", *_fresh(fresh)]
    lines += ["", "## The route without faces", "", *_faceless(rows)]
    lines += ["", "## Accepted", "", *_accepted(rows, search)]
    cheats = [row for row in rows if row["kind"] == "cheat" and "credited_s" in row]
    lines += ["", "## Every credited second", "", *_explained(cheats)]
    honest = [row for row in rows if row["kind"] == "honest" and "credited_s" in row]
    worst = sorted(honest, key=lambda row: -float(row["lost_s"]))[:WORST_SHOWN]
    lines += ["", "## Most time lost by honest learners", "", "| day | lost s | review s |", "|---|---|---|"]
    lines += [f"| {row['title']} | {row['lost_s']:.1f} | {row['review_s']:.1f} |" for row in worst]
    waiting = sorted((row for row in honest if row["review_s"]), key=lambda row: -float(row["review_s"]))[:WORST_SHOWN]
    lines += ["", "## Most time of honest learners that goes to a person", "", "| day | review s |", "|---|---|"]
    lines += [f"| {row['title']} | {row['review_s']:.1f} |" for row in waiting]
    return "\n".join(lines) + "\n"


def _schemas(rows: Sequence[Row]) -> list[str]:
    """Return a sentence with the policy schemas that the scenarios ran under, where the rows say so."""
    found = sorted({row["schema"] for row in rows if "schema" in row})
    return [f"Run under policy schema {' and '.join(map(str, found))}."] if found else []


def _faceless(rows: Sequence[Row]) -> list[str]:
    """Return the scenarios on the route without faces, the one that earns most first."""
    ran = [row for row in rows if row.get("route") == "challenge" and "credited_s" in row]
    if not ran:
        return ["No scenario of this route was run."]
    ran.sort(key=lambda row: (row["kind"] != "cheat", -gain_s(row)))
    lines = ["| | scenario | claimed, s | credited, s | review, s | |", "|---|---|---|---|---|---|"]
    return lines + [
        f"| {row['technique'] or row['kind']} | {row['title']} | {row['claimed_s']:.0f} | {row['credited_s']:.0f} |"
        f" {row['review_s']:.0f} | {row['verdict']} |"
        for row in ran
    ]


def _side_by_side(found: Figures, search: Row | None, fresh: Row | None) -> list[str]:
    """Return the three figures, a column each."""
    cheats, honest, size, locked = NOT_RUN, NOT_RUN, NOT_RUN, NOT_RUN
    if search is not None:
        worst, most = worst_cheat(search), worst_day(search)
        share = worst["in_an_hour_s"] / HOUR_S
        cheats = f"{share:.1%} of an hour ({worst['in_an_hour_s']:.0f} s), class {worst['class']}"
        honest = f"{most['beyond_s']:.1f} s in ten minutes, class {most['class']}"
        size = f"{search['parameters']['sessions']:,} sessions of ten minutes"
        locked = str(sum(bool(row["locked_out"]) for row in search["rows"]))
    new = fresh or {}
    suite = f"{found.cheat_credit:.2%} of the claimed time, {found.stopped} cheats"
    sizes = f"{found.stopped + found.accepted} cheats, {found.honest} honest days"
    return [
        "| | suite | search: its worst | fresh set |",
        "|---|---|---|---|",
        f"| credited beyond the time that was watched, without accepted techniques | {suite} | {cheats} |"
        f" {new.get('cheat_credit', NOT_RUN)} |",
        f"| most time lost by an honest learner | {found.worst_loss_s:.1f} s | {honest} |"
        f" {new.get('honest_loss', NOT_RUN)} |",
        f"| honest learners with nothing credited | {found.lost_sessions} | {locked} |"
        f" {new.get('locked_out', NOT_RUN)} |",
        f"| size | {sizes} | {size} | {new.get('size', NOT_RUN)} |",
    ]


def _fresh(fresh: Row) -> list[str]:
    """Return the fresh set's result: notes, and its cheats, the one that earns most first."""
    cheats = [row for row in fresh["rows"] if row["kind"] == "cheat"]
    cheats.sort(key=lambda row: float(row["fair_s"]) - float(row["credited_s"]))
    lines = [f"Run on {fresh['at']} at commit {fresh['commit']}. Result: {fresh['result']}.", ""]
    lines += [f"Note: {note}." for note in fresh.get("notes", ())]
    lines += ["", "| cheat | watched, s | claimed, s | credited, s | review, s | |", "|---|---|---|---|---|---|"]
    return lines + [
        f"| {row['scenario']}: {row['title']} | {row['fair_s']:.0f} | {row['claimed_s']:.0f} |"
        f" {row['credited_s']:.0f} | {row['review_s']:.0f} | {'accepted' if row['accepted'] else ''} |"
        for row in cheats
    ]


def worst_cheat(search: Row) -> Row:
    """Return the search's row that earns most in an hour, of those that are not accepted."""
    rows = [row for row in search["rows"] if not row["accepted"] and not row["class"].startswith(HONEST)]
    return max(rows, key=lambda row: float(row["in_an_hour_s"]))


def worst_day(search: Row) -> Row:
    """Return the search's honest row that loses most; time in review is not lost."""
    rows = [row for row in search["rows"] if row["class"].startswith(HONEST) and row["class"] != REVIEW]
    return max(rows, key=lambda row: float(row["beyond_s"]))


def _searched(search: Row | None) -> list[str]:
    if search is None:
        return [f"The search was {NOT_RUN}."]
    told = search["parameters"]
    kept = sum(bool(row["kept"]) for row in search["rows"])
    lines = [
        f"{told['sessions']:,} sessions in {told['seconds']:,} s on {search['machine']['cores']} cores, policy"
        f" {told['policy']}, seed {told['seed']}, commit {search['commit'][:12]}: {kept} of {len(search['rows'])}"
        " classes keep their target (two per cent and 15 s of an hour for cheats; 60 s for honest days) or are"
        " accepted. A class is named after the tool that its ways use beside coming and going; `everything` may use"
        " all. The figures are means over evenings that the search has not seen; of the honest classes, the lost time,"
        " of `honest-review` the time in review. The smallest way of each class is in"
        " [its record](adversary.json) and as a scenario under benchmarks/adversary/scenarios.",
        "",
        *(f"Note: {note}." for note in search.get("notes", ())),
        "",
        "| class | in ten minutes, s | in an hour, s | target in an hour, s | |",
        "|---|---|---|---|---|",
    ]
    for row in search["rows"]:
        verdict = "accepted" if row["accepted"] else ("kept" if row["kept"] else "**missed**")
        hour = f"{row['in_an_hour_s']:.0f} | {row['target_s']:.0f}"
        lines.append(f"| {row['class']} | {row['beyond_s']:.1f} | {hour} | {verdict} |")
    return lines


def _accepted(rows: Sequence[Row], search: Row | None) -> list[str]:
    """Return the accepted techniques, with the time that each earns in an hour of credit."""
    lines = [
        "These techniques earn credit. Each has its reason, and the part of a credited hour that was not earned, the",
        "largest first:",
        "",
    ]
    found: list[tuple[float, str]] = []
    for row in rows:
        if row["verdict"] == "accepted":
            hour_s = HOUR_S * gain_s(row) / row["credited_s"] if row["credited_s"] else 0.0
            text = f"- {row['technique']}, {hour_s:.0f} s ({row['title']}): {row.get('accepted', '')}"
            found.append((hour_s, text.rstrip()))
    reasons = search["parameters"]["accepted"] if search is not None else {}
    for row in search["rows"] if search is not None else ():
        if row["accepted"]:
            hour_s, name = row["in_an_hour_s"], row["class"]
            found.append((hour_s, f"- class {name}, {hour_s:.0f} s (found by the search): {reasons[name]}"))
    return lines + [text for _, text in sorted(found, key=lambda each: -each[0])]


def _explained(cheats: Sequence[Row]) -> list[str]:
    """Return a sentence for each technique that earned time and is not accepted."""
    earned = [row for row in cheats if gain_s(row) and row["verdict"] != "accepted"]
    earned.sort(key=gain_s, reverse=True)
    if not earned:
        return ["Nothing was credited beyond the honest time, but for the accepted techniques above."]
    return [
        f"- {gain_s(row):.1f} s: {row['technique']} ({row['title']}). {row.get('explained', '')}".rstrip()
        for row in earned
    ]
