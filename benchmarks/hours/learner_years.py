"""Counts synthetic learner-years: time, memory and growth at 10k, 100k and 1M, and one statement of 90 facts.

    python -m benchmarks.hours.learner_years [--learners 10000 100000 1000000] [--facts 12] [--json FILE]

There are 5,000 different histories, which further learners share: making facts would take longer than counting them.
Each statement is counted anew and dropped. The peak of memory is the process's.
"""

from __future__ import annotations

import argparse
import resource
import time
from itertools import pairwise
from pathlib import Path

from benchmarks import report
from zaichang.hours.packs import load_rules
from zaichang.ledger.count import count
from zaichang.ledger.facts import Claim, Fact, Run, Study
from zaichang.ledger.rules import HourRules

YEAR = 2026
NEW_YEAR_MS = 1_767_196_800_000
DAY_MS = 86_400_000
HISTORIES = 5_000
STATEMENT_FACTS = 90
STATEMENT_RUNS = 200


def learner_facts(number: int, size: int) -> list[Fact]:
    """Return the facts of one synthetic learner: study on different days, and one paper."""
    facts: list[Fact] = []
    for index in range(size - 1):
        minutes = 20 + (number * 7 + index * 13) % 300
        run = Run(NEW_YEAR_MS + (index * 361 // size) * DAY_MS + number % 1_000, 60_000, 0, 60_000, minutes)
        category = "professional" if index % 3 else "public"
        facts.append(
            Study(key=f"s{index}", institution="i1", lesson=f"i1/c/{index}", category=category, runs=(run,))
        )  # fmt: skip
    facts.append(Claim(key="p", item="paper", role="sole", at_ms=NEW_YEAR_MS + DAY_MS, count=1 + number % 8))
    return facts


def count_all(learners: int, size: int, rules: HourRules) -> dict[str, report.Cell]:
    """Count all learners; returns a row of the table."""
    histories = [learner_facts(number, size) for number in range(min(learners, HISTORIES))]
    met = 0
    begun, before = time.monotonic(), time.process_time()
    for number in range(learners):
        met += count(histories[number % HISTORIES], rules, YEAR).status == "met"
    spent_s = time.process_time() - before
    return {
        "learner_years": learners,
        "facts_each": size,
        "count_cpu_s": round(spent_s, 2),
        "per_learner_us": round(spent_s / learners * 1e6, 1),
        "wall_s": round(time.monotonic() - begun, 2),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "met": met,
    }


def statement_us(rules: HourRules) -> list[float]:
    """Return the CPU microseconds of a statement of 90 facts, one for each repetition, sorted."""
    facts = learner_facts(5, STATEMENT_FACTS)
    spent = []
    for _ in range(STATEMENT_RUNS):
        before = time.process_time_ns()
        for _ in range(10):
            count(facts, rules, YEAR)
        spent.append((time.process_time_ns() - before) / 10_000)
    return sorted(spent)


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--facts", type=int, default=12, help="facts of each learner")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rules = load_rules("cq-pharmacist-2025")
    times = statement_us(rules)
    print(
        f"one statement of {STATEMENT_FACTS} facts: {times[0]:.0f} us at best, {times[len(times) // 2]:.0f} us median"
    )
    rows = [count_all(learners, arguments.facts, rules) for learners in arguments.learners]
    for before, after in pairwise(rows):
        grown = float(str(after["count_cpu_s"])) / max(0.01, float(str(before["count_cpu_s"])))
        print(f"{before['learner_years']} -> {after['learner_years']} learner-years: {grown:.1f} times the CPU")
    report.publish("hours.learner_years", rows, parameters={"facts": arguments.facts}, destination=arguments.json)


if __name__ == "__main__":
    main()
