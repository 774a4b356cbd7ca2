"""Digests of facts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from zaichang.ledger.digest import fact_to_mapping, facts_digest
from zaichang.ledger.facts import Claim, Run, Study

STUDY = Study(key="s", institution="i", lesson="i/c/l", category="public", runs=(Run(1, 2, 3, 4, 5),))
CLAIM = Claim(key="c", item="transfer", amounts=(("public", Fraction(1, 3)),))


def test_a_fact_as_plain_values() -> None:
    assert fact_to_mapping(STUDY) == {
        "kind": "Study", "key": "s", "institution": "i", "lesson": "i/c/l", "category": "public",
        "runs": [[1, 2, 3, 4, 5]],
    }  # fmt: skip
    assert fact_to_mapping(CLAIM) == {"kind": "Claim", "key": "c", "item": "transfer", "amounts": [["public", "1/3"]]}


def test_order_and_repetition_change_nothing_and_anything_else_does() -> None:
    digest = facts_digest([STUDY, CLAIM])
    assert facts_digest([CLAIM, STUDY, CLAIM]) == digest
    others = [[STUDY], [CLAIM], [STUDY, replace(CLAIM, role="x")], [replace(STUDY, undecided=True), CLAIM], []]
    assert len({digest, *(facts_digest(facts) for facts in others)}) == 6
