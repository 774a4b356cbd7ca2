"""From the steps of activities, as they are fed one by one, to the entries that the ledger counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from zaichang.ledger.activities.stages import Party, Stage, State, Taken, state_of
from zaichang.ledger.entries.kinds import fact_of
from zaichang.ledger.facts import Claim, Fact

_ASK_APPROVAL: Final = frozenset(("activity", "practice", "self_study", "further_study", "government_task"))
"""Kinds whose rules ask whether a claim was approved, so that a refused one can say so on its line."""
_ONCE_APPROVED: Final = frozenset(("makeup", "move"))
_COUNT: Final = frozenset((State.APPROVED, State.DOUBTED, State.VOIDED))


def step_body(of: str, number: int, stage: Stage, at: str, entry: Mapping[str, Any] | None, reason: str = "") -> Any:
    """Return the body of a step's fact.

    Args:
        of: Key of the activity's fact.
        number: The step, from 0.
        stage: Which one.
        at: When, RFC 3339.
        entry: The ledger's entry, for the first step.
        reason: Why, where it refuses or takes back.
    """
    more = {"entry": dict(entry)} if entry is not None else {}
    return {"id": f"{of}/{number}", "of": of, "stage": str(stage), "at": at, "reason": reason, **more}


class Folded(NamedTuple):
    """The ledger's entry that an activity's steps give now.

    Attributes:
        entry: The entry.
        undecided: Whether it waits for a decision.
    """

    entry: dict[str, Any]
    undecided: bool = False


def folded(bodies: Iterable[Mapping[str, Any]]) -> list[Folded]:
    """Return the entries of activities.

    A withdrawn one has none. A refused one has one where the rules ask for an approval, else none. Make-up and moves
    have one once they are approved. One that was taken back has a revocation beside it.

    Args:
        bodies: Bodies of the steps' facts, in any order, each once.
    """
    by_activity: dict[str, list[Mapping[str, Any]]] = {}
    for body in bodies:
        by_activity.setdefault(body["of"], []).append(body)
    found: list[Folded] = []
    for key in sorted(by_activity):
        found += _folded(key, sorted(by_activity[key], key=lambda body: int(body["id"].rpartition("/")[2])))
    return found


def facts_of_folded(activities: Iterable[Folded]) -> list[Fact]:
    """Return the facts of folded activities.

    Raises:
        ConfigError: ``hours.invalid``, ``hours.unknown_word``: a stored step is damaged.
    """
    return [
        replace(fact, undecided=True) if undecided and isinstance(fact, Claim) else fact
        for entry, undecided in activities
        for fact in (fact_of(entry),)
    ]


def _folded(key: str, bodies: list[Mapping[str, Any]]) -> list[Folded]:
    if "entry" not in bodies[0]:
        # Steps are fed in their order, so the first is there as soon as any is.
        return []
    state = state_of([Taken(Stage(body["stage"]), Party.OFFICE, "", 0) for body in bodies])
    first, last = bodies[0], bodies[-1]
    entry = dict(first["entry"])
    kind = entry["kind"]
    if first["stage"] != Stage.RECORD:
        entry["submitted"] = first["at"]
    if state is State.WITHDRAWN:
        return []
    if state is State.REFUSED:
        return [Folded(entry | {"approved": False})] if kind in _ASK_APPROVAL else []
    if state not in _COUNT:
        return [] if kind in _ONCE_APPROVED else [Folded(entry, undecided=True)]
    approved = [body["at"] for body in bodies if body["stage"] == Stage.APPROVE]
    if approved:
        entry |= {"approved": approved[-1], **({"decided": approved[-1]} if kind == "makeup" else {})}
    if state is not State.VOIDED:
        return [Folded(entry)]
    gone = {"id": last["id"], "kind": "revoke", "entries": [key], "reason": last["reason"], "decided": last["at"]}
    return [Folded(entry), Folded(gone)]
