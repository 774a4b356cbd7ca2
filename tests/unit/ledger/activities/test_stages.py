"""Steps of an activity: each side takes its own, two persons approve, and no one judges what they handed in."""

from __future__ import annotations

import pytest

from zaichang.core.errors import NotAllowed
from zaichang.ledger.activities.stages import Party, Stage, State, Taken, after, possible, state_of, waits_on

LEARNER, OFFICE, EMPLOYER = Party.LEARNER, Party.OFFICE, Party.EMPLOYER
SUBMIT = (Stage.SUBMIT, LEARNER, "learner")
CHECK, APPROVE = (Stage.CHECK, OFFICE, "ren"), (Stage.APPROVE, OFFICE, "sun")


def steps(*taken: tuple[Stage, Party, str]) -> list[Taken]:
    return [Taken(*each, at_ms) for at_ms, each in enumerate(taken)]


def refused_by(before: list[Taken], stage: Stage, party: Party, actor: str, *, employer: bool = False) -> str:
    with pytest.raises(NotAllowed) as caught:
        after(before, stage, party, actor, employer=employer)
    return caught.value.code


def test_two_persons_of_the_office_approve_what_neither_handed_in() -> None:
    handed_in = steps(SUBMIT)
    assert after([], *SUBMIT, employer=False) is State.SUBMITTED
    assert after(handed_in, *CHECK, employer=False) is State.CHECKED
    checked = steps(SUBMIT, CHECK)
    assert refused_by(checked, Stage.APPROVE, OFFICE, "ren") == "activity.same_person"
    assert after(checked, *APPROVE, employer=False) is State.APPROVED
    by_office = steps((Stage.SUBMIT, OFFICE, "sun"))
    assert refused_by(by_office, Stage.CHECK, OFFICE, "sun") == "activity.same_person"
    assert refused_by([*by_office, Taken(*CHECK, 9)], Stage.APPROVE, OFFICE, "sun") == "activity.same_person"
    assert refused_by(handed_in, Stage.APPROVE, OFFICE, "sun") == "activity.state"


def test_the_employer_speaks_once_and_before_the_office() -> None:
    handed_in = steps(SUBMIT)
    assert refused_by(handed_in, *CHECK, employer=True) == "activity.state"
    assert after(handed_in, Stage.CONFIRM, EMPLOYER, "employer.h", employer=True) is State.CONFIRMED
    assert after(handed_in, Stage.REFUSE, EMPLOYER, "employer.h", employer=True) is State.REFUSED
    confirmed = steps(SUBMIT, (Stage.CONFIRM, EMPLOYER, "employer.h"))
    assert refused_by(confirmed, Stage.REFUSE, EMPLOYER, "employer.h", employer=True) == "activity.state"
    assert after(confirmed, *CHECK, employer=True) is State.CHECKED
    assert refused_by(handed_in, Stage.CONFIRM, EMPLOYER, "employer.h") == "activity.state", "it was not asked for"
    assert refused_by(handed_in, Stage.CONFIRM, OFFICE, "ren", employer=True) == "activity.party"


def test_an_appeal_does_not_stand_for_the_employers_word() -> None:
    appealed = steps(SUBMIT, (Stage.REFUSE, OFFICE, "wu"), (Stage.APPEAL, LEARNER, "learner"))
    assert refused_by(appealed, *CHECK, employer=True) == "activity.state"
    assert possible(appealed, EMPLOYER, "employer.h", employer=True) == (Stage.CONFIRM,)
    assert possible(appealed, EMPLOYER, "employer.h", employer=False) == ()
    heard = [*appealed, Taken(Stage.CONFIRM, EMPLOYER, "employer.h", 9)]
    assert state_of(heard) is State.APPEALED, "the office still answers the appeal"
    assert after(heard, *CHECK, employer=True) is State.CHECKED
    assert refused_by(heard, Stage.CONFIRM, EMPLOYER, "employer.h", employer=True) == "activity.state", "once"
    before = steps(
        SUBMIT, (Stage.CONFIRM, EMPLOYER, "employer.h"), (Stage.REFUSE, OFFICE, "wu"),
        (Stage.APPEAL, LEARNER, "learner"),
    )  # fmt: skip
    assert after(before, *CHECK, employer=True) is State.CHECKED
    assert after(appealed, *CHECK, employer=False) is State.CHECKED


def test_a_person_who_drafted_it_or_added_a_file_does_not_judge_it() -> None:
    handed_in, hands = steps(SUBMIT), frozenset(("ren",))
    with pytest.raises(NotAllowed, match=r"activity\.same_person"):
        after(handed_in, *CHECK, employer=False, hands=hands)
    with pytest.raises(NotAllowed, match=r"activity\.same_person"):
        after(steps(SUBMIT, (Stage.CHECK, OFFICE, "wu")), Stage.APPROVE, OFFICE, "ren", employer=False, hands=hands)
    assert after(handed_in, Stage.CHECK, OFFICE, "sun", employer=False, hands=hands) is State.CHECKED
    assert possible(handed_in, OFFICE, "ren", employer=False, hands=hands) == (Stage.REFUSE,)


def test_an_appeal_goes_to_other_persons_and_comes_once() -> None:
    refused = steps(SUBMIT, (Stage.REFUSE, OFFICE, "ren"))
    assert state_of(refused) is State.REFUSED
    appealed = steps(SUBMIT, (Stage.REFUSE, OFFICE, "ren"), (Stage.APPEAL, LEARNER, "learner"))
    assert state_of(appealed) is State.APPEALED
    for stage in (Stage.CHECK, Stage.REFUSE):
        assert refused_by(appealed, stage, OFFICE, "ren") == "activity.same_person"
    again = [*appealed, Taken(Stage.CHECK, OFFICE, "sun", 9)]
    assert refused_by(again, Stage.APPROVE, OFFICE, "ren") == "activity.same_person"
    assert after(again, Stage.APPROVE, OFFICE, "wu", employer=False) is State.APPROVED
    final = [*appealed, Taken(Stage.REFUSE, OFFICE, "sun", 9)]
    assert refused_by(final, Stage.APPEAL, LEARNER, "learner") == "activity.appealed"


def test_two_persons_take_an_approved_one_back() -> None:
    approved = steps(SUBMIT, CHECK, APPROVE)
    doubted = [*approved, Taken(Stage.DOUBT, OFFICE, "ren", 9)]
    assert state_of(doubted) is State.DOUBTED
    assert refused_by(doubted, Stage.VOID, OFFICE, "ren") == "activity.same_person"
    assert after(doubted, Stage.VOID, OFFICE, "sun", employer=False) is State.VOIDED
    assert after(doubted, Stage.UPHOLD, OFFICE, "sun", employer=False) is State.APPROVED
    assert after(approved, Stage.DOUBT, OFFICE, "ren", employer=False) is State.DOUBTED, "also by one who approved it"


def test_what_is_possible_is_what_is_accepted() -> None:
    handed_in = steps(SUBMIT)
    assert possible([], LEARNER, "learner", employer=False) == (Stage.SUBMIT,)
    assert possible(handed_in, LEARNER, "learner", employer=False) == (Stage.WITHDRAW,)
    assert possible(handed_in, OFFICE, "ren", employer=False) == (Stage.CHECK, Stage.REFUSE)
    assert possible(handed_in, EMPLOYER, "employer.h", employer=True) == (Stage.CONFIRM, Stage.REFUSE)
    assert possible([], Party.SERVICE, "service", employer=False) == (Stage.RECORD,)


@pytest.mark.parametrize("state", State)
def test_each_state_waits_for_one_side_or_for_none(state: State) -> None:
    waits = {employer: waits_on(state, employer=employer, confirmed=False) for employer in (False, True)}
    done = {State.APPROVED, State.REFUSED, State.WITHDRAWN, State.VOIDED}
    assert (waits[False] is None) == (state in done)
    assert (waits[True] is EMPLOYER) == (state in {State.SUBMITTED, State.APPEALED})
    assert waits_on(state, employer=True, confirmed=True) is waits[False], "an employer confirms once"
    assert (waits[False] is LEARNER) == (state is State.DRAFT)
