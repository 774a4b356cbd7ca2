"""Facts sorted out: each once, revocations and grants in the order of their decisions."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.ledger.book import open_book
from zaichang.ledger.facts import Claim, Grant, Publication, Revoke


def revoke(key: str, *entries: str, at: int = 10) -> Revoke:
    return Revoke(key=key, entries=entries, reason="proxy", decided_ms=at)


def test_the_same_fact_again_is_the_same_fact() -> None:
    claim = Claim(key="a", item="paper")
    assert open_book([claim, Claim(key="a", item="paper"), claim]).claims == [claim]


def test_two_facts_of_one_key_are_refused() -> None:
    with pytest.raises(EvidenceError, match="Two different"):
        open_book([Claim(key="a", item="paper"), Claim(key="a", item="book")])


def test_claims_stand_in_the_order_of_their_keys() -> None:
    assert [fact.key for fact in open_book([Claim(key="b", item="x"), Claim(key="a", item="x")]).claims] == ["a", "b"]


def test_a_revocation_can_be_revoked() -> None:
    book = open_book([revoke("x", "a", "b"), revoke("y", "x", at=20)])
    assert book.revoked(10) == frozenset()
    assert book.revoked(11) == {"a", "b"}
    assert book.revoked(21) == {"x"}


def test_a_revoked_grant_grants_nothing() -> None:
    grant = Grant(key="g", of=("u",), decided_ms=5)
    assert open_book([grant]).granted(5) == frozenset()
    assert open_book([grant]).granted(6) == {"u"}
    assert open_book([grant, revoke("x", "g")]).granted(11) == frozenset()
    assert open_book([]).granted(6) == frozenset()


def test_publications_by_institution() -> None:
    spans = [Publication(key=f"p{low}", institution="i1", from_ms=low, to_ms=low + 5) for low in (0, 10)]
    assert open_book(spans).published() == {"i1": ((0, 5), (10, 15))}
    assert open_book([]).published() is None


def test_no_other_kind_of_fact_exists() -> None:
    other: Any = type("Other", (), {"key": "o"})()
    with pytest.raises(AssertionError):
        open_book([other])
