"""A learner's facts, sorted out: each once, those that people took back set aside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias, assert_never

from zaichang.core.errors import EvidenceError
from zaichang.ledger.facts import (
    Claim,
    Fact,
    Fraud,
    Grant,
    InstitutionFraud,
    MakeUp,
    Move,
    Publication,
    Qualified,
    Revoke,
    Study,
)

_NONE: Final[frozenset[str]] = frozenset()
_Other: TypeAlias = Claim | Revoke | Grant | MakeUp | Fraud | InstitutionFraud | Move | Publication | Qualified


@dataclass(slots=True, kw_only=True)
class Book:
    """The facts by kind, each list in the order of its keys.

    Attributes:
        study: Study facts, also those that were revoked.
        undecided: Keys of study that waits for review, unless it was granted.
        unchecked: Keys of study that was not compared with study in other institutions.
        claims: Claims, also those that were revoked.
    """

    study: list[Study] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    unchecked: set[str] = field(default_factory=set)
    claims: list[Claim] = field(default_factory=list)
    revokes: list[Revoke] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    makeups: list[MakeUp] = field(default_factory=list)
    frauds: list[Fraud] = field(default_factory=list)
    institution_frauds: list[InstitutionFraud] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)
    qualified: list[Qualified] = field(default_factory=list)

    def revoked(self, known_ms: int) -> frozenset[str]:
        """Return the keys that stand revoked before a moment.

        A revocation that was itself revoked takes nothing back; the latest decision is looked at first.
        """
        if not self.revokes:
            return _NONE
        gone: set[str] = set()
        for revoke in sorted(self.revokes, key=lambda fact: (-fact.decided_ms, fact.key)):
            if revoke.decided_ms < known_ms and revoke.key not in gone:
                gone.update(revoke.entries)
        return frozenset(gone)

    def granted(self, known_ms: int) -> frozenset[str]:
        """Return the keys of undecided facts that were granted before a moment."""
        if not self.grants:
            return _NONE
        gone = self.revoked(known_ms)
        return frozenset(
            key for grant in self.grants if grant.decided_ms < known_ms and grant.key not in gone for key in grant.of
        )

    def published(self) -> dict[str, tuple[tuple[int, int], ...]] | None:
        """Return the spans of publication by institution; None where none is known and all count."""
        if not self.publications:
            return None
        spans: dict[str, tuple[tuple[int, int], ...]] = {}
        for fact in self.publications:
            spans[fact.institution] = (*spans.get(fact.institution, ()), (fact.from_ms, fact.to_ms))
        return spans


def open_book(facts: Iterable[Fact]) -> Book:
    """Sort the facts by kind and key; a fact that arrives again is the same fact.

    Raises:
        EvidenceError: ``hours.fact_conflict`` where one key names two different facts.
    """
    book = Book()
    study = book.study
    seen: dict[str, Fact] = {}
    for fact in facts:
        known = seen.get(fact.key)
        if known is None:
            seen[fact.key] = fact
            if isinstance(fact, Study):  # by far the most
                study.append(fact)
                if fact.undecided:
                    book.undecided.append(fact.key)
                if fact.overlap_unchecked:
                    book.unchecked.add(fact.key)
            else:
                _enter(book, fact)
        elif known != fact:
            raise EvidenceError(
                "hours.fact_conflict",
                f"Two different facts have the key {fact.key!r}.",
                "A correction has its own key.",
            )
    for facts_of_kind in (book.claims, book.revokes, book.grants, book.makeups, book.frauds, book.moves):
        facts_of_kind.sort(key=_key)
    return book


def _key(fact: Fact) -> str:
    return fact.key


def _enter(book: Book, fact: _Other) -> None:
    match fact:
        case Claim():
            book.claims.append(fact)
        case Revoke():
            book.revokes.append(fact)
        case Grant():
            book.grants.append(fact)
        case MakeUp():
            book.makeups.append(fact)
        case Fraud():
            book.frauds.append(fact)
        case InstitutionFraud():
            book.institution_frauds.append(fact)
        case Move():
            book.moves.append(fact)
        case Publication():
            book.publications.append(fact)
        case Qualified():
            book.qualified.append(fact)
        case _:
            assert_never(fact)
