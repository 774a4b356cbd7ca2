"""The steps of an activity from handing in to a decision: who may take which, and in which state it is then.

The office decides with two persons: one checks, another approves. Neither of them drafted the activity, added a file
to it or handed it in, and neither refused it before. An approved activity is taken back by two persons too: one doubts
it, another voids or upholds it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from zaichang.core.errors import NotAllowed


class Stage(StrEnum):
    """One step."""

    SUBMIT = "submit"
    CONFIRM = "confirm"
    """The employer says that it is true."""
    CHECK = "check"
    """The first person of the office approves."""
    APPROVE = "approve"
    """The second one does."""
    RECORD = "record"
    """An organiser's signed result counts without the office."""
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    APPEAL = "appeal"
    DOUBT = "doubt"
    """A person of the office proposes to take an approved activity back."""
    UPHOLD = "uphold"
    VOID = "void"


class State(StrEnum):
    """The state of an activity."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    CHECKED = "checked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPEALED = "appealed"
    DOUBTED = "doubted"
    VOIDED = "voided"


class Party(StrEnum):
    """The side that takes a step."""

    LEARNER = "learner"
    PLATFORM = "platform"
    """The institution's learning platform, on the learner's behalf."""
    OFFICE = "office"
    """A person of the institution, with a key of their own."""
    EMPLOYER = "employer"
    SERVICE = "service"
    """This service itself, for results of its own exams."""


class Taken(NamedTuple):
    """A step that was taken.

    Attributes:
        stage: Which one.
        party: The side that took it.
        actor: The person or key.
        at_ms: Server time.
    """

    stage: Stage
    party: Party
    actor: str
    at_ms: int


_NEXT: Final = MappingProxyType(
    {
        (State.DRAFT, Stage.SUBMIT): State.SUBMITTED,
        (State.DRAFT, Stage.RECORD): State.APPROVED,
        (State.SUBMITTED, Stage.CONFIRM): State.CONFIRMED,
        (State.SUBMITTED, Stage.CHECK): State.CHECKED,
        (State.CONFIRMED, Stage.CHECK): State.CHECKED,
        (State.APPEALED, Stage.CONFIRM): State.APPEALED,
        (State.APPEALED, Stage.CHECK): State.CHECKED,
        (State.CHECKED, Stage.APPROVE): State.APPROVED,
        (State.SUBMITTED, Stage.REFUSE): State.REFUSED,
        (State.CONFIRMED, Stage.REFUSE): State.REFUSED,
        (State.CHECKED, Stage.REFUSE): State.REFUSED,
        (State.APPEALED, Stage.REFUSE): State.REFUSED,
        (State.SUBMITTED, Stage.WITHDRAW): State.WITHDRAWN,
        (State.CONFIRMED, Stage.WITHDRAW): State.WITHDRAWN,
        (State.CHECKED, Stage.WITHDRAW): State.WITHDRAWN,
        (State.APPEALED, Stage.WITHDRAW): State.WITHDRAWN,
        (State.REFUSED, Stage.APPEAL): State.APPEALED,
        (State.VOIDED, Stage.APPEAL): State.APPEALED,
        (State.APPROVED, Stage.DOUBT): State.DOUBTED,
        (State.DOUBTED, Stage.UPHOLD): State.APPROVED,
        (State.DOUBTED, Stage.VOID): State.VOIDED,
    }
)
_WAITS: Final = MappingProxyType(
    {
        State.DRAFT: Party.LEARNER,
        State.SUBMITTED: Party.OFFICE,
        State.CONFIRMED: Party.OFFICE,
        State.CHECKED: Party.OFFICE,
        State.APPEALED: Party.OFFICE,
        State.DOUBTED: Party.OFFICE,
        State.APPROVED: None,
        State.REFUSED: None,
        State.WITHDRAWN: None,
        State.VOIDED: None,
    }
)
_OFFICE: Final = frozenset((Party.OFFICE,))
_OWN: Final = frozenset((Party.LEARNER, Party.PLATFORM))
_WHO: Final = MappingProxyType(
    {
        Stage.SUBMIT: _OWN | _OFFICE,
        Stage.RECORD: frozenset((Party.PLATFORM, Party.SERVICE)),
        Stage.CONFIRM: frozenset((Party.EMPLOYER,)),
        Stage.CHECK: _OFFICE,
        Stage.APPROVE: _OFFICE,
        Stage.REFUSE: _OFFICE | {Party.EMPLOYER},
        Stage.WITHDRAW: _OWN,
        Stage.APPEAL: _OWN,
        Stage.DOUBT: _OFFICE,
        Stage.UPHOLD: _OFFICE,
        Stage.VOID: _OFFICE,
    }
)
_AGAINST: Final = frozenset((Stage.REFUSE, Stage.VOID))
_JUDGED: Final = frozenset((Stage.CHECK, Stage.APPROVE, Stage.REFUSE))


def state_of(steps: Sequence[Taken]) -> State:
    """Return the state after these steps; without any it is a draft."""
    state = State.DRAFT
    for step in steps:
        state = _NEXT[state, step.stage]
    return state


def after(
    steps: Sequence[Taken], stage: Stage, party: Party, actor: str, *, employer: bool, hands: Collection[str] = ()
) -> State:
    """Return the state after one more step.

    Args:
        steps: Those taken before, in order.
        stage: The next one.
        party: The side that takes it.
        actor: The person or key.
        employer: Whether the employer must confirm before the office looks, also after an appeal.
        hands: The persons who drafted it or added its files.

    Raises:
        NotAllowed: ``activity.party``, ``activity.state``, ``activity.same_person`` or ``activity.appealed``.
    """
    if party not in _WHO[stage]:
        raise NotAllowed("activity.party", f"The {party} does not take the step {stage!s}.")
    before = state_of(steps)
    found = _NEXT.get((before, stage))
    confirmed = any(step.stage is Stage.CONFIRM for step in steps)
    early = employer and stage is Stage.CHECK and not confirmed
    # An employer speaks before the office does; it may still confirm while an appeal waits. It confirms once.
    foreign = party is Party.EMPLOYER and before is not State.SUBMITTED and stage is not Stage.CONFIRM
    unasked = stage is Stage.CONFIRM and (confirmed or not employer)
    if found is None or early or foreign or unasked:
        raise NotAllowed("activity.state", f"An activity that is {before} does not take the step {stage!s} now.")
    if stage is Stage.APPEAL and any(step.stage is Stage.APPEAL for step in steps):
        raise NotAllowed("activity.appealed", "It was appealed before; the second answer is final.")
    if party is Party.OFFICE and actor in _barred(steps, stage, hands):
        raise NotAllowed(
            "activity.same_person",
            "This step is for another person than one who prepared it, handed it in, checked, refused or doubted it.",
            "Ask a colleague with a key of their own.",
        )
    return found


def possible(
    steps: Sequence[Taken], party: Party, actor: str, *, employer: bool, hands: Collection[str] = ()
) -> tuple[Stage, ...]:
    """Return the steps that a person may take now; see ``after``."""
    found = []
    for stage in Stage:
        try:
            after(steps, stage, party, actor, employer=employer, hands=hands)
        except NotAllowed:
            continue
        found.append(stage)
    return tuple(found)


def waits_on(state: State, *, employer: bool, confirmed: bool) -> Party | None:
    """Return the side that an activity waits for; None where nothing is to be done.

    Args:
        state: Its state.
        employer: Whether the employer must confirm before the office looks, also after an appeal.
        confirmed: Whether the employer did.
    """
    if employer and not confirmed and state in (State.SUBMITTED, State.APPEALED):
        return Party.EMPLOYER
    return _WAITS[state]


def _barred(steps: Sequence[Taken], stage: Stage, hands: Collection[str]) -> set[str]:
    """Return the persons of the office who may not take a step."""
    if stage in (Stage.UPHOLD, Stage.VOID):
        return {step.actor for step in steps[-1:]}
    if stage not in _JUDGED:
        return set()
    barred = {step.actor for step in steps if step.stage is Stage.SUBMIT or step.stage in _AGAINST}
    if stage is not Stage.REFUSE:
        barred.update(hands)
    return barred | ({steps[-1].actor} if stage is Stage.APPROVE else set())
