"""What people took back, and the order of a year's lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from zaichang.core.civil import Date, start_ms
from zaichang.hours.packs import load_rules
from zaichang.ledger.book import open_book
from zaichang.ledger.facts import Claim, Fact, Fraud, InstitutionFraud, Revoke, Run, Study
from zaichang.ledger.place import place, void_keys
from zaichang.ledger.reasons import Why
from zaichang.ledger.window import FAR_MS, window_of

CQ, CS = load_rules("cq-pharmacist-2025"), load_rules("cs-cme-2022")
YEAR = window_of(CS, 2026)
MAY = start_ms(Date(2026, 5, 1))
OLD = start_ms(Date(2025, 5, 1))


def credit(key: str, at_ms: int | None = MAY, institution: str = "i1", item: str = "credit", **more: Any) -> Claim:
    return Claim(key=key, item=item, at_ms=at_ms, institution=institution, amounts=(("", 5),), **more)


def study(key: str, at_ms: int = MAY, institution: str = "i1") -> Study:
    run = Run(at_ms, 60_000, 0, 60_000, 5)
    return Study(key=key, institution=institution, lesson=f"{institution}/c/{key}", category="public", runs=(run,))


def void(*facts: Fact, known_ms: int = FAR_MS) -> set[str]:
    return set(void_keys(open_book(facts), CS, window_of(CS, 2026, known_ms)))


def test_nothing_is_void_without_a_decision() -> None:
    assert void(credit("a"), study("s")) == set()


def test_fraud_voids_the_years_of_its_entries() -> None:
    facts = [credit("a"), credit("b", OLD), credit("c"), credit("p", item="public_hours"), credit("u", None)]
    certificate = credit("y", item="year_certificate", year=2026)
    fraud = Fraud(key="f", entries=("a",), institution="", decided_ms=MAY)
    assert void(*facts, certificate, fraud) == {"a", "c", "u", "y"}
    assert void(*facts, certificate, fraud, known_ms=MAY) == set()


def test_fraud_that_names_no_entry_voids_the_year_of_the_decision() -> None:
    assert void(credit("a"), credit("b", OLD), Fraud(key="f", entries=(), institution="", decided_ms=OLD)) == {"b"}
    by_institution = Fraud(key="f", entries=(), institution="i9", decided_ms=MAY)
    assert void(credit("a"), credit("b", OLD, "i9"), by_institution) == {"b"}


def test_fraud_that_names_a_year_voids_that_year_alone() -> None:
    named = Fraud(key="f", entries=(), institution="", decided_ms=MAY, year=2025)
    assert void(credit("a"), credit("b", OLD), named) == {"b"}
    assert void(credit("a"), credit("b", OLD), replace(named, year=2026)) == {"a"}


def test_an_institution_that_is_struck_off() -> None:
    facts = [credit("a"), credit("b", institution="i2"), study("s"), study("t", institution="i2")]
    strike = InstitutionFraud(key="f", entries=(), institution="i1", decided_ms=MAY)
    assert void(*facts, strike) == {"a", "s"}
    assert void(*facts, strike, known_ms=MAY) == set()
    assert void(*facts, InstitutionFraud(key="f", entries=("b",), institution="i1", decided_ms=MAY + 1)) == {"b"}
    later = InstitutionFraud(key="f", entries=("b",), institution="i1", decided_ms=MAY)
    assert void(*facts, later) == {"a", "b", "s"}
    assert void(credit("u", None), later) == {"b"}


def test_void_lines_say_whether_they_are_of_this_year() -> None:
    facts = [
        study("s"), study("t", OLD), Claim(key="p", item="paper", role="sole", at_ms=MAY),
        Claim(key="q", item="paper", role="sole", at_ms=OLD), Claim(key="z", item="moon", at_ms=MAY),
        Revoke(key="x", entries=("s", "t", "p", "q", "z"), reason="proxy", decided_ms=MAY),
    ]  # fmt: skip
    book = open_book(facts)
    year = window_of(CQ, 2026)
    lines = {line.key: line for line in place(book, CQ, year, void_keys(book, CQ, year))}
    assert {key: line.whys for key, line in lines.items()} == {
        "s": (Why.REVOKED,), "t": (Why.REVOKED, Why.OTHER_YEAR), "p": (Why.REVOKED,),
        "q": (Why.REVOKED, Why.OTHER_YEAR), "z": (Why.REVOKED,),
    }  # fmt: skip
    assert (lines["s"].claimed, lines["p"].claimed, lines["p"].counted) == (300_000, 10, 0)


def test_study_is_shown_only_where_the_rules_do_not_count_it() -> None:
    [line] = place(open_book([study("s")]), CS, YEAR, frozenset())
    assert (line.counted, line.whys) == (0, (Why.SHOWN_ONLY,))
    [counted] = place(open_book([study("s")]), CQ, YEAR, frozenset())
    assert counted.counted == 300_000


def test_study_counts_as_hours_beside_credits() -> None:
    cme = load_rules("cq-cme-2017")
    book = open_book([study("s"), credit("a")])
    assert [(line.key, line.unit) for line in place(book, cme, window_of(cme, 2026), frozenset())] == [
        ("s", "hour"), ("a", "credit")
    ]  # fmt: skip
