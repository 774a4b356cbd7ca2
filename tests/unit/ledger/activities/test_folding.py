"""Steps become facts: waiting, approved, refused, withdrawn, taken back; and late as the rules say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from zaichang.hours.packs import load_rules
from zaichang.ledger.activities.folding import facts_of_folded, folded, step_body
from zaichang.ledger.activities.stages import Stage
from zaichang.ledger.count import count
from zaichang.ledger.facts import Claim, Fact, MakeUp, Move, Revoke
from zaichang.ledger.reasons import Why

OF = "activity/a1"
DEGREE = {"id": OF, "kind": "activity", "item": "degree", "awarded": "2026-06-20", "evidence": ["diploma", "chsi"]}
MAKEUP = {"id": OF, "kind": "makeup", "for_year": "2025", "professional": "10", "evidence": ["employer"]}
MOVE = {"id": OF, "kind": "move", "to_unit": "h2", "date": "2026-03-01"}
TRANSFER = {"id": OF, "kind": "transfer", "professional": "5", "date": "2026-03-01", "registered_nationally": True}
CHECK, APPROVE, REFUSE = Stage.CHECK, Stage.APPROVE, Stage.REFUSE


def bodies(entry: dict[str, Any], *stages: Stage, at: str = "2026-07-01T10:00:00") -> list[dict[str, Any]]:
    first = step_body(OF, 0, Stage.SUBMIT, at, entry)
    rest = [step_body(OF, n, stage, "2026-07-02T10:00:00", None, "other") for n, stage in enumerate(stages, 1)]
    return [first, *rest]


def facts_of_steps(steps: Iterable[dict[str, Any]]) -> list[Fact]:
    return facts_of_folded(folded(steps))


def hours(facts: list[Any]) -> tuple[str, str, tuple[Why, ...]]:
    statement = count(facts, load_rules("cq-pharmacist-2025"), 2026)
    [line] = statement.lines
    return str(statement.sums["total"]), str(statement.pending), line.whys


def test_it_waits_until_two_persons_approved() -> None:
    for stages in ((), (CHECK,), (REFUSE, Stage.APPEAL)):
        total, pending, whys = hours(facts_of_steps(bodies(DEGREE, *stages)))
        assert (total, pending) == ("0", "90") and Why.PENDING in whys
    assert hours(facts_of_steps(bodies(DEGREE, CHECK, APPROVE))) == ("90", "0", ())
    assert hours(facts_of_steps(bodies(DEGREE, CHECK, APPROVE, Stage.DOUBT))) == ("90", "0", ())


def test_what_was_handed_in_after_the_year_is_late_also_once_approved() -> None:
    for stages in ((), (CHECK, APPROVE)):
        total, pending, whys = hours(facts_of_steps(bodies(DEGREE, *stages, at="2027-01-01T00:00:00")))
        assert (total, pending) == ("0", "0") and Why.LATE in whys
    assert hours(facts_of_steps(bodies(DEGREE, CHECK, APPROVE, at="2026-12-31T23:59:59")))[0] == "90"


def test_refused_withdrawn_and_voided_ones_do_not_count() -> None:
    assert hours(facts_of_steps(bodies(DEGREE, REFUSE))) == ("0", "0", (Why.NOT_APPROVED,))
    assert facts_of_steps(bodies(DEGREE, Stage.WITHDRAW)) == []
    voided = facts_of_steps(bodies(DEGREE, CHECK, APPROVE, Stage.DOUBT, Stage.VOID))
    assert isinstance(voided[1], Revoke) and voided[1].reason == "other"
    assert hours(voided)[::2] == ("0", (Why.REVOKED,))


def test_where_the_rules_ask_for_no_approval_only_an_approved_one_counts() -> None:
    assert hours(facts_of_steps(bodies(TRANSFER)))[:2] == ("0", "5")
    assert facts_of_steps(bodies(TRANSFER, REFUSE)) == []
    assert hours(facts_of_steps(bodies(TRANSFER, CHECK, APPROVE)))[0] == "5"


@pytest.mark.parametrize(("entry", "kind"), [(MAKEUP, MakeUp), (MOVE, Move)])
def test_make_up_and_moves_are_facts_once_they_are_approved(entry: dict[str, Any], kind: type) -> None:
    assert facts_of_steps(bodies(entry)) == []
    [fact] = facts_of_steps(bodies(entry, CHECK, APPROVE))
    assert isinstance(fact, kind)
    if isinstance(fact, MakeUp):
        assert fact.approved and fact.decided_ms is not None


def test_signed_results_have_no_day_of_handing_in() -> None:
    entry = {"id": OF, "kind": "project", "form": "remote", "minutes": 180, "passed": True, "date": "2026-05-01"}
    [fact] = facts_of_steps([step_body(OF, 0, Stage.RECORD, "2026-06-01T00:00:00", entry)])
    assert isinstance(fact, Claim) and fact.submitted_ms is None and fact.passed is True


def test_the_order_of_arrival_changes_nothing_and_a_torn_one_waits() -> None:
    all_of = bodies(DEGREE, CHECK, APPROVE)
    assert facts_of_steps(reversed(all_of)) == facts_of_steps(all_of)
    assert facts_of_steps(all_of[1:]) == []
