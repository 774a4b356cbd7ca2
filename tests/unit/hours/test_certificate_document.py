"""A certificate's document follows from its statement."""

from __future__ import annotations

from fractions import Fraction

import pytest

from zaichang.audit.certificate.document import document_bytes, read_document
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import NotAllowed
from zaichang.hours.certificate_document import certificate_of
from zaichang.hours.fact_files import statement_of
from zaichang.hours.packs import load_rules
from zaichang.ledger.facts import Claim, Fact
from zaichang.ledger.rules import Measure
from zaichang.ports.records import Institution

INSTITUTION = Institution(
    institution_id="inst", name_zh="学院", name_en="College", key_digest="k", staff_digest="s", created_ms=1
)  # type: ignore[arg-type]


def made(facts: list[Fact], pack: str = "article-001"):  # type: ignore[no-untyped-def]
    rules = load_rules(pack)
    statement, values = statement_of(facts, rules, 2026, None)
    return certificate_of(
        statement, values, rules, INSTITUTION, number="0" * 16, origin="a/b", learner="l", issued_ms=5
    )


def credits(key: str, category: str, amount: int) -> Claim:
    return Claim(key=key, item="credit", year=2026, category=category, amounts=((category, Fraction(amount)),))


def test_the_sums_items_and_digests_of_the_statement_are_on_the_certificate() -> None:
    found = made([credits("a", "professional", 12), credits("b", "public", 3)])
    assert dict(found.sums)[Measure.TOTAL] == 15 and dict(found.needs)[Measure.TOTAL] == 30
    assert [(each.item, each.unit, each.counted) for each in found.earned] == [("credit", "credit", 15)]
    assert (found.unit, found.year, found.from_day, found.to_day) == ("credit", "2026", "2026-01-01", "2026-12-31")
    assert len(found.facts) == len(found.statement) == len(found.rules.digest) == 64
    assert read_document(parse_canonical_object(document_bytes(found))) == found


def test_a_year_that_begins_in_november_says_its_own_days() -> None:
    found = made([credits("a", "", 2)], "cq-cme-2017")
    assert (found.from_day, found.to_day) == ("2025-11-01", "2026-10-31")


def test_a_year_in_which_nothing_counts_has_no_certificate() -> None:
    with pytest.raises(NotAllowed, match=r"certificate\.nothing"):
        made([])
