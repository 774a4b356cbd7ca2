"""Search for the worst that cheats can earn and honest learners can lose, over the pure core.

Run from the checkout::

    make adversary ARGS='--sessions 3000'
    make adversary ARGS='--class pause --class stand --sessions 500 --seed 2'
    make adversary ARGS='--ban pause,stand'
    make adversary ARGS='--keep --page docs'     # everything, and the page

No picture is analysed: the camera is an oracle (``camera``). The same seed and number of sessions give the same ways.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks import report
from benchmarks.adversary import kept, scenarios
from benchmarks.adversary.campaign import CLASSES, Worst, honest, judged, search, speed_said, tasks
from benchmarks.adversary.classes import ACCEPTED
from benchmarks.adversary.ways import Way, way_to_plain
from zaichang.launch.policy_packs import load_pack
from zaichang_simulation.redteam import files


def row(worst: Worst) -> dict[str, report.Cell]:
    """Return a line of the table."""
    return {
        "class": worst.kind,
        "beyond_s": worst.score_s,
        "fair_s": worst.fair_s,
        "credited_s": worst.credited_s,
        "in_an_hour_s": worst.hour_s,
        "target_s": worst.target_s,
        "kept": worst.kept,
        "accepted": bool(worst.accepted),
        "locked_out": worst.locked_out,
        "sessions": worst.sessions,
        "rules": said(worst.way),
    }


def said(way: Way) -> str:
    """Return a way in one line."""
    plain = way_to_plain(way)
    rules = [
        f"{each['on']}+{each.get('after_ms', 0) / 1000:g}s {each['do']}"
        + (f" {each['for_ms'] / 1000:g}s" if "for_ms" in each else "")
        + (f" x{each['times']}" if "times" in each else "")
        for each in plain.pop("rules")
    ]
    return "; ".join([*rules, *(f"{name}={value}" for name, value in plain.items())])


def main(arguments: list[str] | None = None) -> int:
    """Search, judge, print, write; 1 where a class that is not accepted misses its target."""
    parser = argparse.ArgumentParser(prog="adversary", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--sessions", type=int, default=100_000, help="evenings of a ten-minute lesson, over all classes"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--class", dest="kinds", action="append", choices=CLASSES, help="only these classes")
    parser.add_argument("--ban", default="", help="tools that no way may use, separated by commas")
    parser.add_argument("--policy", default="default", help="a policy pack's name")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=Path, default=None, help="where the figures go")
    parser.add_argument("--ways", type=Path, default=None, help="where the ways go; with --keep: into the checkout")
    parser.add_argument("--keep", action="store_true", help="keep the ways for later searches and for the tests")
    parser.add_argument("--page", type=Path, default=None, help="also write the record and the page into this folder")
    parser.add_argument("--keep-going", action="store_true", help="end with 0 even where a target is missed")
    chosen = parser.parse_args(arguments)
    policy = load_pack(chosen.policy).policy
    kinds = tuple(chosen.kinds or CLASSES)
    banned = frozenset(filter(None, chosen.ban.split(",")))
    begun = time.monotonic()
    best: dict[str, tuple[float, Way]] = {}
    spent: dict[str, int] = {}
    todo = tasks(kinds, policy, chosen.seed, chosen.sessions, banned)
    for number, (kind, score_ms, way, sessions) in enumerate(search(todo, chosen.jobs), 1):
        spent[kind] = spent.get(kind, 0) + sessions
        if kind not in best or score_ms > best[kind][0]:
            best[kind] = (score_ms, way)
        print(f"{number}/{len(todo)} {kind}: {score_ms / 1000:.1f} s  {said(way)}", file=sys.stderr, flush=True)
    took_s = time.monotonic() - begun
    found = [judged(kind, best[kind][1], policy, spent[kind]) for kind in kinds if kind in best]
    total = sum(spent.values())
    report.publish(
        "adversary",
        [row(each) for each in found],
        parameters={
            "sessions": total,
            "seed": chosen.seed,
            "banned": sorted(banned),
            "policy": f"{policy.name} {policy.version}",
            "jobs": chosen.jobs,
            "seconds": round(took_s),
            "sessions_per_s": round(total / took_s, 1),
            "accepted": dict(ACCEPTED),
        },
        notes=[
            "a session is an evening of a ten-minute lesson; figures by evenings that the search has not seen",
            speed_said(total, took_s, chosen.jobs),
        ],
        destination=chosen.json if chosen.page is None else chosen.page / "adversary.json",
    )
    if chosen.page is not None:
        files.write(chosen.page)
    ways = {each.kind: each.way for each in found}
    if chosen.keep:
        kept.save_ways({**kept.load_ways(), **ways})
        scenarios.write({each.kind: (each.way, said(each.way), honest(each.kind)) for each in found})
    if chosen.ways is not None:
        kept.save_ways(ways, chosen.ways)
    return 0 if chosen.keep_going or all(each.kept for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
