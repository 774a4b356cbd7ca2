"""A certificate and a statement that the service makes pass an inspection, and do not after the time is taken back."""

from __future__ import annotations

import json
from pathlib import Path

from support.study import FixedVision, ManualClock, service
from unit.review.test_revocations import OWNER, Study, session_wanted, studied
from zaichang.audit.certificate.proof import write_proof
from zaichang.audit.check import Status
from zaichang.audit.inspection.inspect import Inspection, inspect
from zaichang.audit.inspection.papers import KnownRules, Paper
from zaichang.core.civil import parse_moment
from zaichang.core.ids import ReviewerId
from zaichang.hours.certificates import CertificateWanted
from zaichang.hours.fact_files import statement_of
from zaichang.hours.packs import load_rules
from zaichang.hours.stored import stored_facts
from zaichang.ledger.rules import rules_digest

RULES = "cq-pharmacist-2025"


def known(name: str) -> KnownRules:
    rules = load_rules(name)
    return KnownRules(
        version=rules.version, digest=rules_digest(rules), hour_min=str(rules.readings.study_hour_min or "")
    )


async def test_papers_of_the_service_agree_with_its_log(tmp_path: Path) -> None:
    clock = ManualClock(parse_moment("2026-06-01T10:00:00").ms)
    async with service(tmp_path, clock=clock, vision=FixedVision()) as services:
        page = Study(services, clock, await studied(services, clock))
        wanted = CertificateWanted(learner_id=OWNER[1], rules=RULES, year=2026)
        row = await services.certificates.issue(await services.store.institution(OWNER[0]), ReviewerId("ren"), wanted)
        certificate = write_proof(await services.certificates.proof(OWNER[0], row.number))
        facts = await stored_facts(services.store, *OWNER, {})
        stated = json.dumps(statement_of(facts, load_rules(RULES), 2026, None)[1]).encode()
        _, trust = await page.receipt()

        async def inspected() -> Inspection:
            papers = [Paper(name="c", data=certificate), Paper(name="s", data=stated)]
            return inspect(page.log(), [await page.bundle()], trust, None, papers=papers, rules_of=known)

        passed = await inspected()
        assert [(line.kind, line.result) for line in passed.papers] == [("certificate", "pass"), ("statement", "pass")]
        assert not any("not compared" in check.check for line in passed.papers for check in line.checks)
        await page.revoke(session_wanted(page.session_id))
        later = await inspected()
        assert [line.codes for line in later.papers] == [(), ("E_REVOKED",)]
        assert all(check.sid == page.session_id for check in later.papers[1].checks if check.status is Status.FAIL)
