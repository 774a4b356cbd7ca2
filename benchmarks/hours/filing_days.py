"""Simulated days of filing against a hostile platform: nothing lost, nothing twice, every refusal visible, sums equal.

    python -m benchmarks.hours.filing_days [--days 90] [--learners 12] [--seed 1] [--no-replace] [--json FILE]

A service with a real store and log, learners who study, some time that is taken back. Each night a batch is prepared,
sent and asked about. The platform answers slowly, with 500, with lost answers, wrong counts, half or doubled receipts,
refuses rows, and is down for a week. With ``--no-replace`` a correction is a withdrawal and a new row, and the platform
refuses withdrawals, too, so that both rows stand there. Reviewers decide each refusal the next day. In the end the
platform's list must be the ledger's: the same keys, once each, with the statements' sums.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

from benchmarks import report
from tests.support.filing_platform import SECRET, FakePlatform
from tests.support.filing_side import DirectService, write_files
from tests.support.filing_world import BEGIN_MS, INST, RULES, YEAR, World, filing_world
from zaichang.adapters.filing.https import HttpsPlatform
from zaichang.adapters.filing.requests import Access, Requests
from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.core.ids import LearnerId, ReviewerId, SessionId
from zaichang.hours.fact_files import statement_of
from zaichang.hours.filing.case_desk import Decision
from zaichang.hours.filing.exchange import Exchange
from zaichang.hours.filing.standing import accepted_amounts
from zaichang.hours.filing.targets import read_target
from zaichang.hours.packs import load_rules
from zaichang.hours.stored import stored_facts
from zaichang.ledger.filing.codes import TWICE
from zaichang.ledger.filing.formats import amount_text
from zaichang.ledger.filing.lines import lines_of
from zaichang.ledger.filing.rows import CaseState, RowState
from zaichang.ledger.filing.wanted import wanted
from zaichang.ledger.window import window_of
from zaichang.ports.hours.filing import Capabilities

DAY_MS = 86_400_000
REVIEWER, SECOND = ReviewerId("ren"), ReviewerId("sun")
MOODS = {"500": 8, "slow": 6, "lost": 8, "count": 4, "half": 8, "twice": 6}
REFUSE_PCT = 8
KEEP_PCT = 25
DOWN = range(40, 47)
CALM_NIGHTS = 12


class Days:
    """The institution's days; ``night`` does what a nightly job does."""

    def __init__(self, world: World, folder: Path, seed: int, learners: int, *, replaces: bool = True) -> None:
        """Set up the files and the platform."""
        self.world = world
        self.random = random.Random(seed)  # noqa: S311 - a simulation
        self.learners = [LearnerId(f"l{number:03}") for number in range(learners)]
        self.fake = FakePlatform(random=random.Random(seed + 1), moods=dict(MOODS), refuse_pct=REFUSE_PCT)  # noqa: S311
        self.fake.keep_pct = 0 if replaces else KEEP_PCT
        self.replaces = replaces
        self.target = read_target(write_files(folder))
        self.service = DirectService(world)
        self.people: dict[str, dict[str, str]] = {
            str(name): {"learner": name, "name": f"学员{name}", "id_number": "11010519491231002X"}
            for name in self.learners
        }
        access = Access(url="https://platform.example", now_s=lambda: 5, nonce=lambda: "n", secret=SECRET)
        platform = HttpsPlatform(
            self.target.mapping, Requests(access, self.fake.transport()), Capabilities(replace=replaces)
        )  # fmt: skip

        async def sleep(_: float) -> None:
            return None

        self.exchange = Exchange(self.service, platform, self.target.mapping, self.target.terms, sleep, (1.0, 5.0))
        self.platform = platform
        self.sessions: list[tuple[LearnerId, SessionId, str, int]] = []
        self.refused: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    async def day(self) -> None:
        """Some learners study; now and then a session is taken back."""
        at_ms = self.world.clock.at_ms
        for learner in self.learners:
            if self.random.randrange(100) < 30:
                minutes, course = self.random.randrange(5, 60), self.random.choice(("law", "drugs", "ethics"))
                session = await self.world.learn(learner, course, minutes, at_ms)
                self.sessions.append((learner, session, course, minutes))
        if self.sessions and self.random.randrange(100) < 10:
            learner, session, course, minutes = self.sessions.pop(self.random.randrange(len(self.sessions)))
            await self.world.take_back(learner, session, course, minutes)

    async def night(self) -> None:
        """Decide yesterday's refusals, prepare, send all that is prepared, and ask about all that is open."""
        filing, store = self.world.services.filing, self.world.services.store
        for case in await filing.cases.cases(INST, CaseState.OPEN, 1_000):
            self.refused[str(case.row.key)] += 1
            both = case.row.code.startswith(TWICE)
            for who in (REVIEWER, SECOND) if both else (REVIEWER,):
                state = CaseState.ACCEPTED if both else CaseState.REFILE
                await filing.cases.decide(INST, who, "cq", case.row.key, Decision(state=state))
        try:
            await filing.preparing.prepare(INST, REVIEWER, "cq", YEAR, RULES)
        except NotAllowed as error:
            if error.code != "filing.nothing":
                raise
        open_batches: dict[str, set[RowState]] = {}
        for row in await store.filed_rows(INST, "cq", YEAR):
            if row.state in (RowState.PREPARED, RowState.SENT, RowState.ACKNOWLEDGED):
                open_batches.setdefault(row.batch_id, set()).add(row.state)
        for batch_id, states in sorted(open_batches.items()):
            try:
                if RowState.PREPARED in states:
                    await self.exchange.send(batch_id, self.people)
                await self.exchange.poll(batch_id)
            except PeerViolation as error:
                self.failed[error.code] += 1

    async def findings(self) -> list[str]:
        """Return a sentence for each thing that is wrong in the end."""
        filing, store = self.world.services.filing, self.world.services.store
        wrong = []
        rules = load_rules(RULES)
        there = {row["记录编号"]: row["学时"] for row in self.fake.rows.values()}
        total, filed_total = Fraction(0), Fraction(0)
        for learner in self.learners:
            facts = await stored_facts(store, INST, learner, {})
            statement, _ = statement_of(facts, rules, YEAR, None)
            wants = wanted(statement.lines, facts, INST, window_of(rules, YEAR))
            has = await accepted_amounts(store, INST, learner, "cq", YEAR)
            if {place: want.amount for place, want in wants.items()} != has:
                wrong.append(f"{learner}: the statement and the accepted rows differ")
            total += sum((want.amount for want in wants.values()), Fraction(0))
            filed_total += sum(has.values(), Fraction(0))
        if total != filed_total:
            wrong.append(f"the statements sum to {total}, the accepted rows to {filed_total}")
        rows = await store.filed_rows(INST, "cq", YEAR)
        if len({row.key for row in rows}) != len(rows):
            wrong.append("a key stands twice")
        self.fake.moods = {}
        listed = await self.platform.listing(YEAR)
        found = await filing.desk.reconcile(
            INST, REVIEWER, "cq", YEAR, listed, lambda amount: amount_text(amount, "tenths")
        )  # fmt: skip
        wrong += [f"{one.kind} {one.key}: here {one.here}, there {one.there}" for one in found.differences]
        places = Counter(key.rpartition("/")[0] for key in there)
        wrong += [f"{place} stands {count} times" for place, count in places.items() if count > 1]
        lines = {
            batch: {row["记录编号"] for row in answer if row["结果"] == "不通过"}
            for batch, answer in self.fake.answers.items()
        }
        told = {
            str(row.key) for row in rows
            for line in lines_of(
                str(row.key), row.operation, str(row.key._replace(n=row.replaces)), replaces=self.replaces
            )
            if line.key in lines.get(row.batch_id, ())
        }  # fmt: skip
        if set(self.refused) != told:
            wrong.append(f"{len(told)} rows were refused, {len(self.refused)} cases were seen")
        return wrong


async def simulate(
    folder: Path, days: int, learners: int, seed: int, *, replaces: bool = True
) -> tuple[list[str], dict[str, object]]:
    """Return the findings and the counts of simulated days."""
    async with filing_world(folder / "data", BEGIN_MS) as world:
        run = Days(world, folder, seed, learners, replaces=replaces)
        for day in range(days):
            run.fake.down = day in DOWN
            await run.day()
            world.clock.at_ms += DAY_MS // 2
            await run.night()
            world.clock.at_ms += DAY_MS // 2
        # The platform recovers; nights go on until nothing is under way.
        run.fake.moods, run.fake.down, run.fake.refuse_pct = {}, False, 0
        run.fake.keep_pct = 0
        for _ in range(CALM_NIGHTS):
            await run.night()
            world.clock.at_ms += DAY_MS
        rows = await world.services.store.filed_rows(INST, "cq", YEAR)
        counts: dict[str, object] = {
            "days": days, "learners": learners, "sessions": world.sessions, "rows filed": len(rows),
            "batches": len(await world.services.store.batches(INST, -1)), "rows at the platform": len(run.fake.rows),
            "rows beside an earlier one": sum(row.code.startswith(TWICE) for row in rows),
            "refusals": sum(run.refused.values()), "failed exchanges": sum(run.failed.values()),
            **{f"met {mood}": count for mood, count in sorted(run.fake.met.items())},
        }  # fmt: skip
        return await run.findings(), counts


def main() -> int:
    """Print the counts and the findings; exit 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--learners", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-replace", action="store_true")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        findings, counts = asyncio.run(
            simulate(Path(name), args.days, args.learners, args.seed, replaces=not args.no_replace)
        )
    counts["CPU s"] = round(time.process_time() - begun, 1)
    for what, count in counts.items():
        print(f"{what:22} {count}")
    for finding in findings:
        print(finding)
    good = "nothing lost, nothing twice, every refusal seen, sums equal"
    print(f"{len(findings)} findings" if findings else good)
    if args.json:
        run = {"machine": report.machine(), "commit": report.commit(), "counts": counts, "findings": findings}
        args.json.write_text(json.dumps(run, indent=1))
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
