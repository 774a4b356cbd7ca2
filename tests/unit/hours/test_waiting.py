"""What waits on whom since when."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from zaichang.hours.packs import load_rules
from zaichang.hours.waiting import WHOM, Wait, Whom, waits_of
from zaichang.ledger.count import count
from zaichang.ledger.facts import Claim, Fact, MakeUp, Run, Study

CQ = load_rules("cq-pharmacist-2025")
SC = load_rules("sc-cme-2025")
CME = load_rules("cq-cme-2017")
AT_MS = 1_780_000_000_000


def waits(rules: Any, *facts: Fact) -> list[Wait]:
    return waits_of(count(facts, rules, 2026), facts)


def paper(**more: Any) -> Claim:
    return Claim(key="p", item="paper", role="sole", at_ms=AT_MS, **more)


def test_study_that_is_undecided_waits_for_the_institution_since_its_last_minutes() -> None:
    runs = (Run(AT_MS, 60_000, 0, 60_000, 45), Run(AT_MS + 9_000_000, 60_000, 2_700_000, 60_000, 45))
    fact = Study(key="s", institution="i", lesson="i/c/l", category="public", runs=runs, undecided=True)
    [wait] = waits(CQ, fact)
    assert wait == Wait("s", Whom.INSTITUTION, AT_MS + 9_000_000, Fraction(2), "hour", reported=False)


def test_material_waits_for_the_institution_since_it_was_handed_in() -> None:
    [wait] = waits(CQ, paper(has_evidence=True, submitted_ms=AT_MS + 5))
    assert (wait.on, wait.since_ms, wait.amount, wait.reported) == (Whom.INSTITUTION, AT_MS + 5, Fraction(10), False)
    assert waits(CQ, paper(has_evidence=True, submitted_ms=AT_MS + 5, approved=True)) == []


@pytest.mark.parametrize(
    ("more", "whom", "since_ms"),
    [
        ({"confirmed": False}, Whom.EMPLOYER, AT_MS),
        ({"confirmed": False, "entered_ms": AT_MS + 7}, Whom.EMPLOYER, AT_MS + 7),
    ],
)
def test_an_employer_who_has_not_confirmed_is_named(more: dict[str, Any], whom: Whom, since_ms: int) -> None:
    claim = Claim(key="f", item="face_to_face", at_ms=AT_MS, amounts=(("", 180),), activity="a", **more)
    [wait] = waits(SC, claim)
    assert (wait.on, wait.since_ms) == (whom, since_ms)


def test_audits_and_recognition_wait_for_the_authority_since_the_report() -> None:
    credit: dict[str, Any] = {"key": "c", "item": "credit", "at_ms": AT_MS, "amounts": (("", 2),)}
    [audit] = waits(CME, Claim(audited=False, **credit))
    [recognition] = waits(CME, Claim(recognised=False, reported_ms=AT_MS + 9, **credit))
    assert (audit.on, audit.since_ms) == (Whom.AUTHORITY, AT_MS)
    assert (recognition.on, recognition.since_ms) == (Whom.AUTHORITY, AT_MS + 9)


def test_reported_hours_wait_for_recognition_until_they_have_it() -> None:
    run = Run(AT_MS, 60_000, 0, 60_000, 45)
    reported: dict[str, Any] = {"key": "s", "institution": "i", "lesson": "l", "category": "", "runs": (run,)}
    [wait] = waits(CQ, Study(**reported, reported_ms=AT_MS + 3))
    assert wait == Wait("s", Whom.AUTHORITY, AT_MS + 3, Fraction(1), "hour", reported=True)
    assert waits(CQ, Study(**reported, reported_ms=AT_MS + 3, recognised_ms=AT_MS + 4)) == []
    assert waits(CQ, Study(**reported)) == []


def test_a_make_up_that_waits_names_no_day() -> None:
    fact = MakeUp(
        key="m", for_year=2026, amounts=(("public", 1),), has_evidence=True, approved=True, decided_ms=AT_MS + 9
    )
    before = count([fact], CQ, 2026, AT_MS)
    found = waits_of(before, [fact])
    assert [(wait.on, wait.since_ms) for wait in found] == [(Whom.INSTITUTION, None)]


def test_everybody_has_a_name_in_both_languages() -> None:
    assert set(WHOM) == set(Whom)
